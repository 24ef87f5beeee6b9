"""Who is waited for, and who is not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from composer.model.operations import Await
from composer.model.options import UpOptions
from composer.model.plan import Plan
from composer.model.project import Ipam, IpamPool, Network
from composer.model.service import Dependency, NetworkReference, Port, Service
from composer.planner.up import plan_up
from support.plans import live, project, service, world

HEALTHY = Dependency(condition="service_healthy")
COMPLETED = Dependency(condition="service_completed_successfully")
UP = UpOptions()


def waits(plan: Plan) -> list[str]:
    return [step.id for step in plan.steps if isinstance(step.operation, Await)]


def app(**depends_on: Dependency) -> Service:
    return service("app", depends_on=depends_on)


def test_a_service_with_no_replicas_is_not_waited_for() -> None:
    whole = project(app(db=HEALTHY), service("db", scale=0))
    plan = plan_up(whole, world(whole), UP)
    assert waits(plan) == []
    assert "start demo-app-1" in [step.id for step in plan.steps]


def test_a_service_scaled_to_nothing_is_not_waited_for() -> None:
    whole = project(app(db=HEALTHY), service("db"))
    assert waits(plan_up(whole, world(whole), replace(UP, scale={"db": 0}))) == []


def test_a_service_that_is_switched_off_is_not_waited_for() -> None:
    optional = Dependency(condition="service_healthy", required=False)
    whole = project(app(db=optional), disabled=[service("db")])
    assert waits(plan_up(whole, world(whole), UP)) == []


def test_without_its_dependencies_a_service_waits_for_nobody() -> None:
    whole = project(app(db=HEALTHY), service("db"))
    plan = plan_up(whole, world(whole), replace(UP, services=("app",), no_deps=True))
    assert waits(plan) == []


def test_all_replicas_are_waited_for_in_one_wait() -> None:
    whole = project(app(db=HEALTHY), service("db", scale=2))
    [wait] = [s.operation for s in plan_up(whole, world(whole), UP).steps if "wait" in s.id]
    assert isinstance(wait, Await)
    assert wait.containers == ("demo-db-1", "demo-db-2")


ROOMY = Network(name="demo_net")
FEW = Network(name="demo_net", ipam=Ipam(config=(IpamPool(subnet="10.0.0.0/30"),)))


@pytest.mark.parametrize(
    ("fields", "network", "at_once"),
    [
        ({}, ROOMY, True),
        ({"networks": {"net": NetworkReference(aliases=("work",))}}, ROOMY, True),
        ({"ports": (Port(target=80, published="8080"),)}, ROOMY, False),
        ({"mac_address": "02:42:ac:11:00:02"}, ROOMY, False),
        ({"networks": {"net": NetworkReference(ipv4_address="10.0.0.2")}}, ROOMY, False),
        ({"networks": {"net": None}}, FEW, False),
    ],
)
def test_the_end_of_a_job_counts_at_once_if_it_leaves_nothing_that_others_may_need(
    fields: dict[str, Any], network: Network, at_once: bool
) -> None:
    whole = replace(
        project(app(job=COMPLETED), service("job", **fields)), networks={"net": network}
    )
    [wait] = [s.operation for s in plan_up(whole, world(whole), UP).steps if "wait" in s.id]
    assert isinstance(wait, Await)
    assert wait.at_once == at_once


@pytest.mark.parametrize(
    ("status", "health", "waited"),
    [
        ("running", "healthy", []),
        ("running", "starting", ["wait until db is healthy"]),
        ("running", "unhealthy", ["wait until db is healthy"]),
        ("running", None, ["wait until db is healthy"]),
        ("restarting", None, ["wait until db is healthy"]),
        ("exited", None, ["wait until db is healthy"]),
    ],
)
def test_only_what_is_healthy_already_needs_no_wait(
    status: str, health: str | None, waited: list[str]
) -> None:
    whole = project(app(db=HEALTHY), service("db"))
    observed = world(whole, live(whole, "db", status=status, health=health))
    assert waits(plan_up(whole, observed, UP)) == waited


def test_a_job_that_ended_well_before_is_run_again_and_waited_for() -> None:
    whole = project(app(job=COMPLETED), service("job"))
    observed = world(whole, live(whole, "job", status="exited"))
    assert waits(plan_up(whole, observed, UP)) == ["wait until job has completed"]


@pytest.mark.parametrize(
    ("status", "health", "waited"),
    [
        ("running", None, []),
        ("running", "healthy", []),
        ("running", "starting", ["wait until app is up"]),
        ("restarting", None, ["wait until app is up"]),
    ],
)
def test_wait_looks_only_at_what_is_not_up_yet(
    status: str, health: str | None, waited: list[str]
) -> None:
    whole = project(app())
    observed = world(whole, live(whole, "app", status=status, health=health))
    assert waits(plan_up(whole, observed, replace(UP, wait=True))) == waited


def test_the_timeout_bounds_the_waits_of_wait_and_no_others() -> None:
    whole = project(app(db=HEALTHY), service("db"))
    plan = plan_up(whole, world(whole), replace(UP, wait=True, wait_timeout=5))
    found = {s.id: s.operation.timeout for s in plan.steps if isinstance(s.operation, Await)}
    assert found == {
        "wait until db is healthy": None,
        "wait until db is up": 5,
        "wait until app is up": 5,
    }


def test_one_wait_that_both_want_has_the_timeout() -> None:
    whole = project(app(job=COMPLETED), service("job"))
    plan = plan_up(whole, world(whole), replace(UP, wait=True, wait_timeout=5))
    found = {s.id: s.operation.timeout for s in plan.steps if isinstance(s.operation, Await)}
    assert found == {"wait until job has completed": 5, "wait until app is up": 5}
