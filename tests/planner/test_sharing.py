"""Services that live in another one's namespaces, or use its volumes or links."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from composer.engine.port import Report
from composer.errors import EngineError, PlanFailed
from composer.model.names import Label
from composer.model.observed import MountPoint
from composer.model.one_form import joining_order
from composer.model.operations import CreateContainer
from composer.model.options import Recreate, UpOptions
from composer.model.plan import Plan
from composer.model.project import Network, Project
from composer.model.resources import ContainerConfig, ContainerSpec
from composer.model.service import Dependency, Mount, NetworkReference, Service
from composer.planner.up import plan_up
from composer.reconciler import bring_up
from support.engine import FakeEngine
from support.plans import live, project, service, volume, world

UP = UpOptions()
IMAGES = ("db:1", "side:1", "web:1")


def sleeper(name: str, **attributes: object) -> Service:
    return service(name, command=("sleep", "infinity"), **attributes)


def sharing(attribute: str = "network_mode", **owner: object) -> Project:
    """A project in which side lives in a namespace of db."""
    needs = {"db": Dependency(restart=True)}
    networks = {} if attribute == "network_mode" else {"default": None}
    side = sleeper("side", networks=networks, depends_on=needs, **{attribute: "service:db"})
    return project(sleeper("db", **owner), side)


def up(whole: Project, engine: FakeEngine, options: UpOptions = UP) -> None:
    bring_up(whole, engine, options, lambda event: None)


def assert_side_lives_in_its_owner(engine: FakeEngine, owner: str, side: str) -> None:
    live = engine.containers[side]
    assert live.running
    assert set(live.owners.values()) == {engine.containers[owner].id}


def configs(plan: Plan) -> dict[str, ContainerConfig]:
    """Return what is created, by service."""
    made = [s.operation.spec for s in plan.steps if isinstance(s.operation, CreateContainer)]
    return {spec.service: spec.config for spec in made}


@pytest.mark.parametrize("attribute", ["network_mode", "ipc", "pid"])
def test_who_was_left_in_a_namespace_of_the_past_is_replaced(attribute: str) -> None:
    engine = FakeEngine(images=IMAGES)
    up(sharing(attribute), engine)
    changed = sharing(attribute, environment={"COLOUR": "red"})
    up(changed, engine, replace(UP, services=("db",)))
    up(changed, engine)
    assert_side_lives_in_its_owner(engine, "demo-db-1", "demo-side-1")


def test_who_shares_a_namespace_is_replaced_when_its_owner_was_removed_by_hand() -> None:
    engine = FakeEngine(images=IMAGES)
    up(sharing(), engine)
    engine.remove("demo-db-1", force=True)
    up(sharing(), engine)
    assert_side_lives_in_its_owner(engine, "demo-db-1", "demo-side-1")


class NoSecondSide(FakeEngine):
    """An engine that refuses to make side anew, once."""

    refusals = 1

    def create_container(self, spec: ContainerSpec, report: Report | None = None) -> str:
        if self.refusals and Label.REPLACE in spec.labels and spec.service == "side":
            self.refusals -= 1
            raise EngineError("not now")
        return super().create_container(spec, report)


def test_an_up_cut_off_between_owner_and_sharer_is_finished_by_the_next() -> None:
    engine = NoSecondSide(images=IMAGES)
    up(sharing(), engine)
    changed = sharing(environment={"COLOUR": "red"})
    with pytest.raises(PlanFailed):
        up(changed, engine)
    up(changed, engine)
    assert_side_lives_in_its_owner(engine, "demo-db-1", "demo-side-1")


def test_an_owner_that_lost_its_first_replica_is_found() -> None:
    engine = FakeEngine(images=IMAGES)
    up(project(sleeper("db", scale=2)), engine)
    engine.remove("demo-db-1", force=True)
    up(sharing(), engine)
    assert_side_lives_in_its_owner(engine, "demo-db-2", "demo-side-1")


def test_an_owner_named_before_compatibility_mode_is_found() -> None:
    engine = FakeEngine(images=IMAGES)
    up(project(sleeper("db")), engine)
    up(replace(sharing(), separator="_"), engine)
    assert_side_lives_in_its_owner(engine, "demo-db-1", "demo_side_1")


@pytest.mark.parametrize(
    ("attribute", "value", "taken"),
    [
        ("links", ("db:base",), lambda config: config.links),
        ("volumes_from", ("db:ro",), lambda config: config.volumes_from),
    ],
)
def test_nothing_is_taken_from_a_service_that_is_switched_off(
    attribute: str, value: object, taken: Callable[[ContainerConfig], Any]
) -> None:
    web, db = service("web", **{attribute: value}), service("db")
    without, whole = project(web, disabled=[db]), project(web, db)
    assert taken(configs(plan_up(without, world(without), UP))["web"]) == ()
    assert taken(configs(plan_up(whole, world(whole), UP))["web"]) != ()


def test_what_links_to_a_successor_is_created_once_that_bears_its_name() -> None:
    links = service("web", links=("db",), depends_on={"db": Dependency()})
    whole = project(links, service("db"))
    old = live(whole, "db", as_it_was=service("db", environment={"COLOUR": "red"}))
    steps = plan_up(whole, world(whole, old), UP).steps
    [web] = [step for step in steps if step.id == "create container demo-web-1"]
    assert "create container demo-db-1" in web.after


def test_a_link_has_the_names_that_docker_compose_gives_it() -> None:
    whole = project(service("web", links=("db", "db:base")), service("db", container_name="own"))
    assert configs(plan_up(whole, world(whole), UP))["web"].links == (
        "own:db",
        "own:db-1",
        "own:demo-db-1",
        "own:base",
        "own:db-1",
        "own:demo-db-1",
    )


def test_nothing_is_linked_to_a_service_without_containers() -> None:
    whole = project(service("web", links=("db",)), service("db", scale=0))
    assert configs(plan_up(whole, world(whole), UP))["web"].links == ()


def test_networks_are_joined_in_the_order_of_their_keys() -> None:
    web = service("web", networks={"b": None, "c": NetworkReference(priority=1), "a": None})
    whole = project(web, networks=["a", "b", "c"])
    named = replace(whole, networks={**whole.networks, "a": Network(name="zzz")})
    joined = configs(plan_up(named, world(named), UP))["web"].networks
    assert joining_order(joined) == ("demo_c", "zzz", "demo_b")


def anonymous(target: str, digit: str) -> MountPoint:
    return MountPoint(type="volume", target=target, name=digit * 64)


@pytest.mark.parametrize(
    ("has", "fate"),
    [
        ("a", "nothing"),
        ("b", "replacement"),
    ],
)
def test_who_has_the_volume_of_a_container_that_is_gone_is_replaced(has: str, fate: str) -> None:
    side = service("side", volumes_from=("db", "web"))
    whole = project(service("db"), service("web"), side)
    containers = (
        live(whole, "db", mounts=[anonymous("/data", "a")]),
        live(whole, "web", mounts=[anonymous("/data", "c")]),
        live(whole, "side", mounts=[anonymous("/data", has)]),
    )
    assert plan_up(whole, world(whole, *containers), UP).effects["side"] == fate


def test_a_volume_of_its_own_where_its_source_has_one_too_is_as_it_should_be() -> None:
    side = service("side", volumes_from=("db",), volumes=(volume(None, "/data"),))
    whole = project(service("db"), side)
    containers = (
        live(whole, "db", mounts=[anonymous("/data", "a")]),
        live(whole, "side", mounts=[anonymous("/data", "b")]),
    )
    assert plan_up(whole, world(whole, *containers), UP) == Plan()


def test_a_service_called_container_is_not_the_container_that_it_names() -> None:
    own = service("container", volumes_from=("container:other:ro",), volumes=(volume(None, "/d"),))
    whole = project(own)
    changed = replace(own, environment={"COLOUR": "red"})
    before = live(whole, "container", as_it_was=changed, mounts=[anonymous("/d", "a")])

    steps = plan_up(whole, world(whole, before), UP).steps

    [made] = [step.operation.spec for step in steps if isinstance(step.operation, CreateContainer)]
    assert [(one.source, one.target) for one in made.config.mounts] == [("a" * 64, "/d")]


def keeping(*own: Mount) -> tuple[Project, FakeEngine]:
    """A project up in which side has the volumes of db, both of images that ask for /data."""
    engine = FakeEngine(images=IMAGES)
    for ref in list(engine.images):
        engine.images[ref] = replace(engine.images[ref], volumes=("/data",))
    side = sleeper("side", volumes_from=("db",), depends_on={"db": Dependency()}, volumes=own)
    whole = project(sleeper("db"), side)
    up(whole, engine)
    return whole, engine


def volume_at(target: str, engine: FakeEngine, container: str) -> str | None:
    [point] = [one for one in engine.containers[container].mounts if one.target == target]
    return point.name


def test_who_lost_the_volumes_of_another_has_those_of_its_successor_at_last() -> None:
    whole, engine = keeping()
    engine.remove("demo-db-1", force=True, volumes=True)
    up(whole, engine)
    up(whole, engine)
    assert volume_at("/data", engine, "demo-side-1") == volume_at("/data", engine, "demo-db-1")
    before = engine.containers["demo-side-1"].id
    up(whole, engine)
    assert engine.containers["demo-side-1"].id == before


def test_a_volume_of_its_own_is_carried_over_though_a_source_has_one_there() -> None:
    whole, engine = keeping(volume(None, "/data"))
    own = volume_at("/data", engine, "demo-side-1")
    assert own != volume_at("/data", engine, "demo-db-1")
    up(whole, engine, replace(UP, recreate=Recreate.FORCE))
    assert volume_at("/data", engine, "demo-side-1") == own


def test_who_lost_the_volumes_of_another_has_those_of_its_successor_at_once() -> None:
    whole, engine = keeping()
    engine.remove("demo-db-1", force=True, volumes=True)
    up(whole, engine)
    assert volume_at("/data", engine, "demo-side-1") == volume_at("/data", engine, "demo-db-1")


def test_a_volume_that_a_source_to_come_does_not_have_is_no_reason_to_be_replaced() -> None:
    whole, engine = keeping()
    [db] = [ref for ref in engine.images if "db:1" in ref]
    engine.images[db] = replace(engine.images[db], volumes=())
    before = engine.containers["demo-side-1"].id
    engine.remove("demo-db-1", force=True, volumes=True)
    up(whole, engine)
    assert engine.containers["demo-side-1"].id == before
