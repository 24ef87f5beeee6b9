from __future__ import annotations

from dataclasses import replace

from composer.model.observed import Observed, ObservedContainer
from composer.model.project import Project
from composer.model.service import Dependency, Service
from composer.planner.dependents import services_of
from composer.planner.lifecycle import (
    plan_kill,
    plan_pause,
    plan_restart,
    plan_rm,
    plan_start,
    plan_stop,
    plan_unpause,
)
from support.plans import assert_plan, live, project, service, world

HEALTHY = Dependency(condition="service_healthy")
DB = service("db")
MID = service("mid", depends_on={"db": Dependency(restart=True)})
WEB = service("web", depends_on={"mid": Dependency()})
CHAIN = project(WEB, MID, DB)


def chain(**statuses: str) -> Observed:
    """Return the chain web → mid → db, running but for `statuses`; "" is no container."""
    names = ("web", "mid", "db")
    known = {name: statuses.get(name, "running") for name in names}
    return world(CHAIN, *(live(CHAIN, name, status=s) for name, s in known.items() if s))


# -- start --------------------------------------------------------------------------------


def test_what_stands_still_is_started_after_what_it_depends_on() -> None:
    observed = chain(web="exited", mid="created", db="exited")
    assert_plan(
        plan_start(CHAIN, CHAIN.services, observed, None),
        """
        1. start demo-db-1 (asked for by start)
        2. start demo-mid-1 (asked for by start) after 1
        3. start demo-web-1 (asked for by start) after 2
        """,
    )


def test_a_service_is_started_with_what_it_depends_on_and_nothing_else() -> None:
    observed = chain(web="exited", mid="exited", db="running")
    assert_plan(
        plan_start(CHAIN, CHAIN.services, observed, ("mid",)),
        "1. start demo-mid-1 (asked for by start)",
    )


def halfway(old: str, new: str) -> Observed:
    """db in the middle of a replacement: the old one set aside, the new one under the name."""
    aside = replace(live(CHAIN, "db", status=old), id="f" * 64, name=f"{'f' * 12}_demo-db-1")
    return world(CHAIN, aside, live(CHAIN, "db", status=new))


def test_of_two_in_the_middle_of_a_replacement_one_is_started() -> None:
    assert_plan(
        plan_start(CHAIN, CHAIN.services, halfway("exited", "created"), ("db",)),
        "1. start demo-db-1 (asked for by start)",
    )


def test_a_successor_is_not_started_beside_the_one_that_still_runs() -> None:
    observed = halfway("running", "created")
    assert not plan_start(CHAIN, CHAIN.services, observed, ("db",)).steps
    assert_plan(
        plan_restart(CHAIN, CHAIN.services, observed, ("db",), None, no_deps=True),
        f"1. restart {'f' * 12}_demo-db-1 (asked for by restart)",
    )


def test_a_start_waits_for_the_health_of_what_it_depends_on() -> None:
    app = service("app", depends_on={"db": HEALTHY})
    whole = project(app, DB)
    observed = world(whole, live(whole, "app", status="exited"), live(whole, "db", status="exited"))
    assert_plan(
        plan_start(whole, whole.services, observed, None),
        """
        1. start demo-db-1 (asked for by start)
        2. wait until db is healthy ('app' starts when it is so) after 1
        3. start demo-app-1 (asked for by start) after 2
        """,
    )


def test_with_wait_everything_is_waited_for_that_is_not_up_yet() -> None:
    assert_plan(
        plan_start(CHAIN, CHAIN.services, chain(web="exited"), None, wait=True),
        """
        1. start demo-web-1 (asked for by start)
        2. wait until web is up (asked for by --wait) after 1
        """,
    )


def test_what_has_no_container_is_told_before_anything_is_started() -> None:
    plan = plan_start(CHAIN, CHAIN.services, chain(db="", mid="", web="exited"), None)
    assert [error.message for error in plan.errors] == [
        "service 'db' has no container to start",
        "service 'mid' has no container to start",
    ]
    assert not plan.steps


def test_a_service_with_no_replicas_needs_no_container() -> None:
    whole = project(service("web", scale=0))
    assert plan_start(whole, whole.services, world(whole), None).errors == ()


def test_a_dependency_that_is_not_required_may_have_no_container() -> None:
    app = service("app", depends_on={"db": Dependency(required=False)})
    whole = project(app, DB)
    observed = world(whole, live(whole, "app", status="exited"))
    assert_plan(
        plan_start(whole, whole.services, observed, ("app",)),
        "1. start demo-app-1 (asked for by start)",
    )


def test_a_paused_container_is_not_started() -> None:
    [error] = plan_start(CHAIN, CHAIN.services, chain(db="paused"), None).errors
    assert error.message == "container 'demo-db-1' is paused"
    assert error.help == "let it go on with: composer unpause db"


def test_without_a_file_the_labels_tell_the_order_and_the_conditions() -> None:
    app = service("app", depends_on={"db": HEALTHY})
    whole = project(app, DB)
    observed = world(whole, live(whole, "app", status="exited"), live(whole, "db", status="exited"))
    assert plan_start(None, services_of(None, observed), observed, ("app",)) == plan_start(
        whole, whole.services, observed, ("app",)
    )


# -- stop ---------------------------------------------------------------------------------


def test_everything_stops_as_soon_as_its_own_dependents_have() -> None:
    alone = service("alone")
    whole = project(WEB, MID, DB, alone)
    observed = world(whole, *(live(whole, name) for name in whole.services))
    assert_plan(
        plan_stop(None, observed, None, 3),
        """
        1. stop demo-web-1 (asked for by stop)
        2. stop demo-mid-1 (asked for by stop) after 1
        3. stop demo-db-1 (asked for by stop) after 2
        4. stop demo-alone-1 (asked for by stop)
        """,
    )


def test_the_order_holds_across_a_service_that_does_not_run() -> None:
    assert_plan(
        plan_stop(None, chain(mid="exited"), None, None),
        """
        1. stop demo-web-1 (asked for by stop)
        2. stop demo-db-1 (asked for by stop) after 1
        """,
    )


def test_only_the_services_asked_for_stop() -> None:
    assert_plan(plan_stop(None, chain(), ("mid",), None), "1. stop demo-mid-1 (asked for by stop)")
    assert not plan_stop(None, chain(), (), None)


# -- restart ------------------------------------------------------------------------------


def test_what_depends_with_restart_follows_and_nothing_else() -> None:
    assert_plan(
        plan_restart(None, CHAIN.services, chain(), ("db",), None),
        """
        1. restart demo-db-1 (asked for by restart)
        2. restart demo-mid-1 (it depends on what is restarted, with 'restart: true') after 1
        """,
    )


def test_only_dependencies_with_restart_have_an_order() -> None:
    assert_plan(
        plan_restart(None, CHAIN.services, chain(), None, None),
        """
        1. restart demo-web-1 (asked for by restart)
        2. restart demo-db-1 (asked for by restart)
        3. restart demo-mid-1 (asked for by restart) after 2
        """,
    )


def test_a_dependent_alone_is_restarted_without_a_wait() -> None:
    app = service("app", depends_on={"db": Dependency(condition="service_healthy", restart=True)})
    whole = project(app, DB)
    observed = world(whole, live(whole, "app"), live(whole, "db"))
    assert_plan(
        plan_restart(None, whole.services, observed, ("app",), None),
        "1. restart demo-app-1 (asked for by restart)",
    )


def test_no_deps_restarts_what_is_named_alone() -> None:
    assert_plan(
        plan_restart(None, CHAIN.services, chain(), ("db",), None, no_deps=True),
        "1. restart demo-db-1 (asked for by restart)",
    )


def test_what_follows_waits_until_the_restarted_one_is_healthy() -> None:
    app = service("app", depends_on={"db": Dependency(condition="service_healthy", restart=True)})
    whole = project(app, DB)
    observed = world(whole, live(whole, "app"), live(whole, "db"))
    expected = """
        1. restart demo-db-1 (asked for by restart)
        2. wait until db is healthy ('app' is restarted when it is so) after 1
        3. restart demo-app-1 (it depends on what is restarted, with 'restart: true') after 2
        """
    assert_plan(plan_restart(None, whole.services, observed, ("db",), None), expected)
    assert_plan(plan_restart(None, services_of(None, observed), observed, ("db",), None), expected)


# -- kill, pause, unpause, rm -------------------------------------------------------------


def oneoff(whole: Project, name: str, status: str = "running") -> ObservedContainer:
    labels = {"com.docker.compose.oneoff": "True"}
    return live(whole, name, container=f"demo-{name}-run-1", labels=labels, status=status)


def test_kill_reaches_one_off_containers_only_when_asked_to() -> None:
    whole = project(DB)
    observed = world(whole, live(whole, "db"), oneoff(whole, "db"))
    assert_plan(plan_kill(observed, ("db",), "TERM"), "1. kill demo-db-1 (asked for by kill)")
    assert_plan(
        plan_kill(observed, ("db",), "TERM", oneoffs=True),
        """
        1. kill demo-db-1 (asked for by kill)
        2. kill demo-db-run-1 (asked for by kill)
        """,
    )


def test_only_what_runs_is_paused_and_only_what_is_paused_goes_on() -> None:
    observed = chain(mid="paused", db="exited")
    assert_plan(plan_pause(observed, None), "1. pause demo-web-1 (asked for by pause)")
    assert_plan(plan_unpause(observed, None), "1. unpause demo-mid-1 (asked for by unpause)")


def test_only_what_stands_still_is_removed() -> None:
    whole = project(WEB, MID, DB)
    observed = world(
        whole,
        live(whole, "web", status="exited"),
        live(whole, "mid", status="paused"),
        live(whole, "db"),
        oneoff(whole, "db", "exited"),
    )
    assert_plan(
        plan_rm(None, observed, None, stop=False, volumes=False),
        "1. remove demo-web-1 (asked for by rm)",
    )
    assert_plan(
        plan_rm(None, observed, ("mid", "db"), stop=True, volumes=True),
        """
        1. stop demo-mid-1 (asked for by rm)
        2. remove demo-mid-1 (asked for by rm) after 1
        3. stop demo-db-1 (asked for by rm) after 1
        4. remove demo-db-1 (asked for by rm) after 2, 3
        """,
    )


# -- labels -------------------------------------------------------------------------------


def labelled(name: str, depends_on: str) -> ObservedContainer:
    whole = project(Service(name=name))
    return live(whole, name, labels={"com.docker.compose.depends_on": depends_on})


def test_labels_tell_services_and_their_dependencies() -> None:
    observed = Observed(
        containers=(
            labelled("app", "db:service_healthy:true,cache:service_started:false,gone"),
            labelled("db", ""),
            labelled("cache", "db"),
        )
    )
    assert {name: one.depends_on for name, one in services_of(None, observed).items()} == {
        "app": {
            "db": Dependency(condition="service_healthy", restart=True),
            "cache": Dependency(),
        },
        "db": {},
        "cache": {"db": Dependency()},
    }


def test_labels_that_make_a_cycle_are_not_followed_round() -> None:
    observed = Observed(
        containers=(
            labelled("a", "b:service_started:true"),
            labelled("b", "a:service_started:true"),
        )
    )
    services = services_of(None, observed)
    assert {name: tuple(one.depends_on) for name, one in services.items()} == {"a": ("b",), "b": ()}
    assert len(plan_stop(None, observed, None, None).steps) == 2
    assert len(plan_restart(None, services, observed, None, None).steps) == 2
