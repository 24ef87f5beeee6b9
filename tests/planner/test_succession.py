"""Who is set aside, when a successor is waited for, and which replacements belong together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from composer.model.names import aside_name
from composer.model.observed import ObservedContainer
from composer.model.operations import Await
from composer.model.options import UpOptions
from composer.model.plan import Plan
from composer.model.project import Project
from composer.model.resources import ContainerConfig
from composer.model.service import Dependency, Healthcheck, Port, Service
from composer.planner.up import plan_up
from support.plans import live, plan_text, project, service, world

UP = UpOptions()
PROBE = Healthcheck(test=("CMD", "true"))
OFF = Healthcheck(disable=True)
RED = {"environment": {"COLOUR": "red"}}


def replaced(new: Service, *, image: Healthcheck | None = None, same: bool = True) -> Plan:
    """The plan that makes `new` of a red web, whose image has a probe or none."""
    whole = project(new)
    old = live(whole, "web", as_it_was=service("web", **RED))
    old = replace(old, defaults=ContainerConfig(image="", healthcheck=image))
    if not same:
        old = replace(old, image_id="sha256:another")
    return plan_up(whole, world(whole, old), UP)


def waits(plan: Plan) -> list[tuple[str, tuple[str, ...]]]:
    found = [step.operation for step in plan.steps if isinstance(step.operation, Await)]
    return [(wait.condition, wait.successors) for wait in found]


def test_a_successor_with_a_probe_is_waited_for() -> None:
    plan = replaced(service("web", healthcheck=PROBE))
    assert waits(plan) == [("running_or_healthy", ("demo-web-1",))]


def test_a_successor_whose_image_has_a_probe_is_waited_for() -> None:
    assert waits(replaced(service("web"), image=PROBE)) != []


def test_a_successor_of_another_image_may_have_a_probe_and_is_looked_at() -> None:
    assert waits(replaced(service("web"), same=False)) != []


@pytest.mark.parametrize("image", [None, OFF, Healthcheck(test=("NONE",))])
def test_nobody_waits_for_a_successor_without_a_probe(image: Healthcheck | None) -> None:
    assert waits(replaced(service("web"), image=image)) == []


def test_nobody_waits_for_a_successor_whose_probe_is_switched_off() -> None:
    assert waits(replaced(service("web", healthcheck=OFF), image=PROBE)) == []


def test_the_old_one_is_removed_after_the_wait_that_others_need_too() -> None:
    needs = {"db": Dependency(condition="service_healthy")}
    whole = project(service("db", healthcheck=PROBE), service("web", depends_on=needs))
    old = live(whole, "db", as_it_was=service("db", healthcheck=PROBE, **RED))
    plan = plan_up(whole, world(whole, old), UP)

    assert waits(plan) == [("service_healthy", ("demo-db-1",))]
    assert "wait until db is healthy" in plan.steps[-1].after
    assert plan.steps[-1].id == f"remove {aside_name(old.id, 'demo-db-1')}"


def halfway(status: str, *, old: str = "exited", health: str | None = None) -> Plan:
    """The plan for web when an interrupted replacement left both, the new one as `status`."""
    whole = project(service("web", healthcheck=PROBE))
    return plan_up(whole, world(whole, *both(whole, status, old, health)), UP)


def both(
    whole: Project, status: str, old: str, health: str | None
) -> tuple[ObservedContainer, ObservedContainer]:
    red = live(whole, "web", status=old, as_it_was=service("web", healthcheck=PROBE, **RED))
    new = live(whole, "web", status=status, health=health)
    return replace(red, id="f" * 64, name=f"{'f' * 12}_demo-web-1"), new


def test_a_replacement_cut_off_before_the_stop_goes_on_with_it() -> None:
    assert [step.id for step in halfway("created", old="running").steps] == [
        "stop ffffffffffff_demo-web-1",
        "start demo-web-1",
        "wait until web is up",
        "remove ffffffffffff_demo-web-1",
    ]


def test_a_replacement_cut_off_while_it_waited_waits_on() -> None:
    plan = halfway("running", health="starting")
    assert [step.id for step in plan.steps] == [
        "wait until web is up",
        "remove ffffffffffff_demo-web-1",
    ]


def test_a_replacement_cut_off_when_the_new_one_was_unhealthy_gives_it_another_chance() -> None:
    plan = halfway("running", health="unhealthy")
    assert [step.id for step in plan.steps] == [
        "stop demo-web-1",
        "start demo-web-1",
        "wait until web is up",
        "remove ffffffffffff_demo-web-1",
    ]
    assert plan.steps[1].reason == "it is unhealthy, and what it replaces is still there"


def test_a_replacement_cut_off_before_its_end_only_lacks_the_removal() -> None:
    plan = halfway("running", health="healthy")
    assert [step.id for step in plan.steps] == ["remove ffffffffffff_demo-web-1"]


def test_who_was_set_aside_and_has_no_successor_takes_its_name_back_if_it_fits_again() -> None:
    whole = project(service("web"))
    old = replace(live(whole, "web"), id="f" * 64, name=f"{'f' * 12}_demo-web-1")
    text = plan_text(plan_up(whole, world(whole, old), UP))
    assert text == (
        "1. rename ffffffffffff_demo-web-1 to demo-web-1 (an interrupted replacement goes on)"
    )


def test_who_was_set_aside_and_fits_no_more_is_replaced_without_another_rename() -> None:
    whole = project(service("web"))
    old = live(whole, "web", as_it_was=service("web", **RED))
    old = replace(old, id="f" * 64, name=f"{'f' * 12}_demo-web-1")
    assert [step.id for step in plan_up(whole, world(whole, old), UP).steps] == [
        "create container demo-web-1",
        "stop ffffffffffff_demo-web-1",
        "start demo-web-1",
        "remove ffffffffffff_demo-web-1",
    ]


def test_of_two_that_fit_no_more_the_one_that_runs_is_replaced() -> None:
    whole = project(service("web", environment={"COLOUR": "blue"}))
    old, new = both(whole, "created", "running", None)
    new = live(whole, "web", status="created", as_it_was=service("web", user="green"))
    steps = [step.id for step in plan_up(whole, world(whole, old, new), UP).steps]
    assert steps.index("remove demo-web-1") < steps.index("create container demo-web-1")
    assert steps[-1] == f"remove {old.name}"


def test_without_rollback_the_old_one_goes_before_the_new_one_starts() -> None:
    whole = project(service("web", healthcheck=PROBE))
    old = live(whole, "web", as_it_was=service("web", **RED))
    plan = plan_up(whole, world(whole, old), replace(UP, rollback=False))
    aside = aside_name(old.id, "demo-web-1")
    assert [step.id for step in plan.steps] == [
        f"rename demo-web-1 to {aside}",
        "create container demo-web-1",
        f"stop {aside}",
        f"remove {aside}",
        "start demo-web-1",
    ]
    assert plan.replacements == ()


def test_who_is_only_created_replaces_at_once() -> None:
    whole = project(service("web", healthcheck=PROBE))
    old = live(whole, "web", as_it_was=service("web", **RED))
    plan = plan_up(whole, world(whole, old), replace(UP, start=False))
    assert plan.steps[-1].id == f"remove {aside_name(old.id, 'demo-web-1')}"
    assert waits(plan) == []


def test_nobody_is_stopped_before_its_successor_could_be_started() -> None:
    needs = {"db": Dependency(condition="service_healthy")}
    whole = project(service("db", healthcheck=PROBE), service("web", depends_on=needs))
    db = live(whole, "db", as_it_was=service("db", healthcheck=PROBE, **RED))
    web = live(whole, "web", as_it_was=service("web", depends_on=needs, **RED))
    plan = plan_up(whole, world(whole, db, web), UP)

    [stop] = [step for step in plan.steps if step.id.endswith("_demo-web-1") and "stop" in step.id]
    assert "wait until db is healthy" in stop.after


def test_who_gives_its_port_to_what_it_waits_for_is_stopped_at_once() -> None:
    needs = {"db": Dependency(condition="service_healthy")}
    port = {"ports": (Port(target=1, published="80", protocol="tcp"),)}
    whole = project(service("db", healthcheck=PROBE, **port), service("web", depends_on=needs))
    db = live(whole, "db", as_it_was=service("db", healthcheck=PROBE))
    web = live(whole, "web", as_it_was=service("web", depends_on=needs, **port))
    ids = [step.id for step in plan_up(whole, world(whole, db, web), UP).steps]

    assert ids.index(f"stop {aside_name(web.id, web.name)}") < ids.index("start demo-db-1")


@pytest.mark.parametrize("status", ["dead", "removing"])
def test_who_is_half_gone_is_removed_before_its_successor_is_made(status: str) -> None:
    whole = project(service("web"))
    plan = plan_up(whole, world(whole, live(whole, "web", status=status)), UP)
    assert [step.id for step in plan.steps] == [
        "remove demo-web-1",
        "create container demo-web-1",
        "start demo-web-1",
    ]
