"""What a file may say, and no plan can bring about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from composer.model.options import UpOptions
from composer.model.plan import Plan
from composer.model.project import Network, Project, Volume
from composer.model.service import Dependency
from composer.planner.up import plan_up
from support.plans import live, project, service, volume, world

UP = UpOptions()


def refusals(whole: Project, options: UpOptions = UP) -> list[str]:
    plan = plan_up(whole, world(whole, resources=False), options)
    return [error.message for error in plan.errors]


@pytest.mark.parametrize("own", ["demo-db-1", "demo-db-2"])
def test_a_container_name_cannot_be_the_usual_name_of_another_service(own: str) -> None:
    whole = project(service("aa", container_name=own), service("db", scale=2))
    assert refusals(whole) == [f"services 'db' and 'aa' would both have a container {own!r}"]


def test_a_container_name_may_be_a_name_that_nobody_gets() -> None:
    whole = project(service("aa", container_name="demo-db-2"), service("db"))
    assert refusals(whole) == []
    assert refusals(whole, replace(UP, scale={"db": 2})) != []


def test_two_services_cannot_have_one_container_name() -> None:
    whole = project(service("a", container_name="x"), service("b", container_name="x"))
    assert refusals(whole) == ["services 'a' and 'b' would both have a container 'x'"]


def test_two_services_may_share_a_container_name_that_only_one_uses() -> None:
    whole = project(service("a", container_name="x"), service("b", container_name="x", scale=0))
    assert refusals(whole) == []


@pytest.mark.parametrize("attribute", ["network_mode", "ipc", "pid"])
def test_a_namespace_of_a_service_that_is_switched_off_cannot_be_shared(attribute: str) -> None:
    web = service("web", networks={}, **{attribute: "service:db"})
    assert refusals(project(web, disabled=[service("db")])) == [
        "service 'web' shares what 'db' has, which is switched off"
    ]
    assert refusals(project(web, service("db"))) == []


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("network_mode", "service:db"),
        ("ipc", "service:db"),
        ("pid", "service:db"),
        ("volumes_from", ("db:ro",)),
    ],
)
def test_nothing_can_be_shared_with_a_service_without_containers(
    attribute: str, value: object
) -> None:
    networks = {} if attribute == "network_mode" else {"default": None}
    web = service("web", networks=networks, **{attribute: value})
    empty = project(web, service("db", scale=0))
    refused = ["service 'web' shares what 'db' has, which has no container"]
    assert refusals(empty) == refused
    assert refusals(empty, replace(UP, scale={"db": 1})) == []
    assert refusals(empty, replace(UP, scale={"web": 0})) == []
    alone = replace(UP, services=("web",), no_deps=True)
    whole = project(web, service("db"))
    assert refusals(whole, alone) == refused
    there = world(whole, live(whole, "db"), resources=False)
    assert plan_up(whole, there, alone).errors == ()


def test_all_that_stands_in_the_way_is_told_at_once() -> None:
    whole = project(
        service("a", container_name="x", scale=2),
        service("b", container_name="x"),
        service("c", networks={}, network_mode="service:off"),
        disabled=[service("off")],
    )
    assert refusals(whole) == [
        "service 'a' has a container_name and cannot have 2 replicas",
        "services 'a' and 'b' would both have a container 'x'",
        "service 'c' shares what 'off' has, which is switched off",
    ]


WAITING = project(
    service("web", depends_on={"db": Dependency(condition="service_healthy")}), service("db")
)


def up_with_db_paused(options: UpOptions) -> Plan:
    paused = live(WAITING, "db", status="paused", health="healthy")
    return plan_up(WAITING, world(WAITING, paused, live(WAITING, "web")), options)


def test_a_paused_container_stands_in_the_way_and_is_named() -> None:
    [error] = up_with_db_paused(UP).errors
    assert error.message == "container 'demo-db-1' is paused"
    assert error.help == "let it go on with: composer unpause db"


def test_a_paused_container_that_nobody_asked_for_is_left_alone() -> None:
    assert up_with_db_paused(replace(UP, services=("web",), no_deps=True)) == Plan()


def test_two_networks_of_one_name_are_one_unless_they_differ() -> None:
    web = service("web", networks={"a": None, "b": None})
    same = replace(project(web), networks={"a": Network(name="s"), "b": Network(name="s")})
    assert refusals(same) == []
    networks = {"a": Network(name="s"), "b": Network(name="s", internal=True)}
    assert refusals(replace(same, networks=networks)) == [
        "'a' and 'b' have one name, 's', and differ"
    ]


def test_two_volumes_of_one_name_are_one_unless_they_differ() -> None:
    db = service("db", volumes=(volume("a", "/a"), volume("b", "/b")))
    same = replace(project(db), volumes={"a": Volume(name="s"), "b": Volume(name="s")})
    assert refusals(same) == []
    volumes = {"a": Volume(name="s"), "b": Volume(name="s", driver="nfs")}
    assert refusals(replace(same, volumes=volumes)) == [
        "'a' and 'b' have one name, 's', and differ"
    ]


@pytest.mark.parametrize(
    ("mode", "hint"),
    [
        ("hsot", "did you mean 'host'?"),
        ("lan", "a network of the file is joined with networks: [lan]"),
        ("a", "bridge, host, none, service:NAME, container:NAME, or such a network"),
    ],
)
def test_a_network_mode_that_names_nothing_is_refused(mode: str, hint: str) -> None:
    web = service("web", networks={}, network_mode=mode)
    whole = project(web, networks=("lan",))
    [error] = plan_up(whole, world(whole, resources=False), UP).errors
    assert (error.message, error.help) == (
        f"network_mode {mode!r} of service 'web' is no network of the engine",
        hint,
    )


@pytest.mark.parametrize(
    "mode", ["host", "default", "disabled", "demo_lan", "container:x", "0123456789ab"]
)
def test_a_network_mode_that_the_engine_may_know_is_left_to_it(mode: str) -> None:
    web = service("web", networks={}, network_mode=mode)
    whole = project(web, networks=("lan",))
    assert refusals(whole) == []


def test_a_network_may_come_before_what_is_only_created_starts() -> None:
    whole = project(service("web", networks={}, network_mode="later"))
    assert refusals(whole, replace(UP, start=False)) == []
    assert refusals(whole) != []
