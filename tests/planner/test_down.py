from __future__ import annotations

from dataclasses import replace

from composer.model.names import Label
from composer.model.observed import Observed, ObservedVolume
from composer.model.options import DownOptions
from composer.model.project import Project
from composer.model.service import Dependency
from composer.planner.down import plan_down
from support.plans import assert_plan, live, project, service, volume, world

DB = service("db", volumes=(volume("data", "/data"),))
WEB = service("web", depends_on={"db": Dependency()})
DEMO = project(WEB, DB, volumes=["data"])
RUNNING = world(DEMO, live(DEMO, "db"), live(DEMO, "web"))
DOWN = DownOptions()


def test_dependents_stop_before_what_they_depend_on_then_the_networks_go() -> None:
    assert_plan(
        plan_down("demo", DEMO, RUNNING, DOWN),
        """
        1. stop demo-web-1 (asked for by down)
        2. stop demo-db-1 (asked for by down) after 1
        3. remove demo-web-1 (asked for by down) after 1
        4. remove demo-db-1 (asked for by down) after 2, 3
        5. remove network demo_default (asked for by down) after 4
        """,
    )


def test_where_only_what_runs_needs_a_network_it_goes_beside_the_containers() -> None:
    whole = project(service("web"), service("db"), service("old"))
    stands, half = live(whole, "db", status="exited"), live(whole, "old", status="removing")
    observed = replace(world(whole, live(whole, "web"), stands, half), lenient_networks=True)
    after = {step.id: step.after for step in plan_down("demo", whole, observed, DOWN).steps}
    assert after["remove network demo_default"] == {"stop demo-web-1", "remove demo-old-1"}


def test_what_stands_between_two_that_run_goes_before_the_one_it_depends_on_stops() -> None:
    mid = service("mid", depends_on={"db": Dependency()})
    whole = project(service("web", depends_on={"mid": Dependency()}), mid, service("db"))
    observed = world(
        whole, live(whole, "web"), live(whole, "mid", status="exited"), live(whole, "db")
    )
    after = {step.id: step.after for step in plan_down("demo", whole, observed, DOWN).steps}
    assert after["stop demo-db-1"] == {"remove demo-mid-1"}
    assert "stop demo-web-1" in after["remove demo-mid-1"]


def test_the_labels_are_enough_without_the_file() -> None:
    assert plan_down("demo", None, RUNNING, DOWN) == plan_down("demo", DEMO, RUNNING, DOWN)


def test_a_volume_goes_only_when_asked_for() -> None:
    plain = {step.id for step in plan_down("demo", DEMO, RUNNING, DOWN).steps}
    asked = {s.id for s in plan_down("demo", DEMO, RUNNING, replace(DOWN, volumes=True)).steps}
    assert asked - plain == {"remove volume demo_data"}


def test_an_external_volume_never_goes() -> None:
    volumes = {"data": replace(DEMO.volumes["data"], external=True)}
    outside = replace(DEMO, volumes=volumes)
    plan = plan_down("demo", outside, RUNNING, replace(DOWN, volumes=True))
    assert "remove volume demo_data" not in {step.id for step in plan.steps}


def test_a_volume_of_another_project_never_goes() -> None:
    other = ObservedVolume(name="demo_data", labels={Label.PROJECT: "other"})
    observed = replace(RUNNING, volumes={"demo_data": other})
    plan = plan_down("demo", DEMO, observed, replace(DOWN, volumes=True))
    assert "remove volume demo_data" not in {step.id for step in plan.steps}


def test_an_orphan_keeps_its_network_unless_it_goes_too() -> None:
    orphan = live(DEMO, "web", container="demo-old-1", labels={Label.SERVICE: "old"})
    observed = replace(RUNNING, containers=(*RUNNING.containers, orphan))

    kept = plan_down("demo", DEMO, observed, DOWN)
    assert "remove demo-old-1" not in {step.id for step in kept.steps}
    assert "remove network demo_default" not in {step.id for step in kept.steps}
    assert [w.message for w in kept.warnings] == [
        "network 'demo_default' stays: demo-old-1 still uses it"
    ]

    run = live(DEMO, "web", container="demo-web-run-1", labels={Label.ONEOFF: "True"})
    several = replace(observed, containers=(*observed.containers, run))
    [warning] = plan_down("demo", DEMO, several, DOWN).warnings
    assert warning.message.endswith("demo-old-1, demo-web-run-1 still use it")
    assert warning.help == (
        "--remove-orphans removes what is not in the file, and what `run` has left"
    )

    gone = plan_down("demo", DEMO, observed, replace(DOWN, remove_orphans=True))
    assert {"remove demo-old-1", "remove network demo_default"} <= {s.id for s in gone.steps}


def test_with_service_names_only_their_containers_go() -> None:
    assert_plan(
        plan_down("demo", DEMO, RUNNING, replace(DOWN, services=("web",), volumes=True)),
        """
        1. stop demo-web-1 (asked for by down)
        2. remove demo-web-1 (asked for by down) after 1
        """,
    )


OWN = project(
    service("db", volumes=(volume("data", "/data"), volume("both", "/b")), networks={"back": None}),
    service("web", volumes=(volume("both", "/b"),), networks={"back": None, "front": None}),
    service("job", volumes=(volume("cache", "/c"),), networks={"back": None}),
    volumes=["data", "both", "cache"],
    networks=["back", "front"],
)


def test_with_service_names_goes_what_nobody_else_has() -> None:
    observed = world(OWN, live(OWN, "db"), live(OWN, "web"))

    def gone(*services: str, volumes: bool, whole: Project | None = OWN) -> set[str]:
        options = replace(DOWN, services=services, volumes=volumes)
        steps = plan_down("demo", whole, observed, options).steps
        return {step.id for step in steps if "network" in step.id or "volume" in step.id}

    assert gone("web", volumes=False) == {"remove network demo_front"}
    assert gone("web", volumes=True) == {"remove network demo_front"}
    assert gone("db", volumes=True) == {"remove volume demo_data"}
    assert gone("job", volumes=True) == {"remove volume demo_cache"}
    assert gone("db", "web", volumes=True) == {
        *("remove network demo_front", "remove network demo_back"),
        *("remove volume demo_data", "remove volume demo_both"),
    }


def test_without_the_file_a_volume_that_another_service_may_have_stays() -> None:
    options = replace(DOWN, services=("db",), volumes=True)
    plan = plan_down("demo", None, world(OWN, live(OWN, "db")), options)
    assert not [step.id for step in plan.steps if "volume" in step.id]
    assert [one.message for one in plan.warnings] == ["volumes of db stay: demo_data, demo_both"]


def test_a_stopped_container_is_removed_without_a_stop() -> None:
    observed = world(DEMO, live(DEMO, "db", status="exited"))
    assert "stop demo-db-1" not in {s.id for s in plan_down("demo", DEMO, observed, DOWN).steps}


def test_labels_that_contradict_each_other_still_end_in_a_plan() -> None:
    a = live(DEMO, "web", labels={Label.DEPENDS_ON: "db:service_started:false"})
    b = live(DEMO, "db", labels={Label.DEPENDS_ON: "web:service_started:false"})
    assert len(plan_down("demo", DEMO, world(DEMO, a, b), DOWN).steps) == 5


def test_nothing_to_take_away_is_an_empty_plan() -> None:
    assert not plan_down("demo", DEMO, Observed(), DOWN)


def test_a_service_that_a_profile_switches_off_stays() -> None:
    """It is in the file, so it is no orphan either."""
    whole = project(
        WEB, DB, volumes=["data"], disabled=[service("debug", profiles=("late", "early"))]
    )
    debug = live(whole, "web", container="demo-debug-1", labels={Label.SERVICE: "debug"})
    for options in (DOWN, replace(DOWN, remove_orphans=True)):
        plan = plan_down("demo", whole, world(whole, debug), options)
        assert [step.id for step in plan.steps] == []
        [warning] = plan.warnings
        assert warning.help == "--profile late before the command removes what it switches on"


def test_what_run_has_left_of_a_service_that_is_switched_off_goes_with_orphans() -> None:
    whole = project(WEB, DB, volumes=["data"], disabled=[service("debug", profiles=("late",))])
    left = {Label.SERVICE: "debug", Label.ONEOFF: "True"}
    run = live(whole, "web", container="demo-debug-run-1", labels=left)

    [warning] = plan_down("demo", whole, world(whole, run), DOWN).warnings
    gone = plan_down("demo", whole, world(whole, run), replace(DOWN, remove_orphans=True))

    assert warning.help.startswith("--remove-orphans removes")
    assert "remove demo-debug-run-1" in {step.id for step in gone.steps}
