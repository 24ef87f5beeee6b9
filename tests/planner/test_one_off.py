"""A service that is run once, beside its replicas."""

from __future__ import annotations

from dataclasses import replace

from composer.model.one_off import RunOptions
from composer.model.operations import CreateContainer
from composer.model.options import ImageOptions, UpOptions
from composer.model.plan import Plan
from composer.model.project import Project
from composer.model.service import Dependency, Healthcheck, Hook
from composer.planner.early import early
from composer.planner.images import plan_images
from composer.planner.one_off import parted, with_one_off
from composer.planner.up import plan_up
from support.plans import assert_plan, live, project, service, world

RUN = RunOptions(service="web", slug="ab" * 32, command=("true",))
UP = UpOptions(services=("web",), one_off=RUN)
HEALTHY = {"db": Dependency(condition="service_healthy")}
NAME = "demo-web-run-abababababab"


def demo(**attributes: object) -> Project:
    probe = Healthcheck(test=("CMD", "true"))
    db, web = service("db", healthcheck=probe), service("web", depends_on=HEALTHY, **attributes)
    return project(web, db)


def plan(whole: Project, options: UpOptions = UP) -> Plan:
    return plan_up(with_one_off(whole, RUN), world(whole), options)


def test_its_container_is_made_when_all_that_it_depends_on_is_ready() -> None:
    assert_plan(
        plan(demo()),
        f"""
        1. create container demo-db-1 (no container yet)
        2. start demo-db-1 (new container) after 1
        3. wait until db is healthy ('web' starts when it is so) after 2
        4. create container {NAME} (asked for by run) after 3
        5. start {NAME} (asked for by run) after 4
        """,
    )


def test_replicas_of_the_service_are_left_alone_whatever_they_are() -> None:
    whole = demo()
    changed = replace(whole, services={**whole.services, "web": service("web", user="5")})
    observed = world(whole, live(changed, "web"), live(whole, "db"))

    ids = [step.id for step in plan_up(with_one_off(whole, RUN), observed, UP).steps]

    assert ids == [
        "wait until db is healthy",
        f"create container {NAME}",
        f"start {NAME}",
    ]


def test_its_start_is_left_to_whoever_joins_it_with_all_that_comes_after() -> None:
    whole = demo(post_start=(Hook(command=("a",)),), pre_start=(Hook(command=("b",)),))

    before, later = parted(plan(whole))

    assert before.steps[-1].id == f"create container {NAME}"
    assert_plan(
        later,
        f"""
        1. start {NAME} (asked for by run)
        2. run post_start[0] in {NAME} (post_start of service 'web') after 1
        """,
    )


def test_it_is_never_made_beside_pulls_for_then_it_would_be_made_twice() -> None:
    alone = replace(RUN, no_deps=True)
    whole = with_one_off(demo(), alone)
    options = replace(UP, no_deps=True, one_off=alone)
    images = plan_images(whole, [whole.services["db"]], {}, ImageOptions())

    made = early(whole, world(whole), images, plan_up(whole, world(whole), options))

    assert [step.id for step in made if isinstance(step.operation, CreateContainer)] == []
