from __future__ import annotations

from collections.abc import Iterable

from composer.executor.progress import Phase, Picture, Row, advance
from composer.model.build import Build
from composer.model.events import (
    Event,
    Outcome,
    PlanStarted,
    Progress,
    StepFinished,
    StepProgressed,
    StepStarted,
)
from composer.model.names import Label
from composer.model.operations import (
    Await,
    BuildImage,
    CreateContainer,
    CreateNetwork,
    Operation,
    PullImage,
    Remove,
    Rename,
    Start,
    Stop,
)
from composer.model.plan import Step
from composer.model.resources import BuildSpec, ContainerConfig, ContainerSpec, NetworkSpec
from composer.record import replace

ASIDE = "0123456789ab_demo-web-1"


def started(operation: Operation) -> StepStarted:
    return StepStarted(Step(operation, "a test"))


def moved(operation: Operation, progress: Progress) -> StepProgressed:
    return StepProgressed(Step(operation, "a test"), progress)


def done(operation: Operation, seconds: float = 1) -> StepFinished:
    return StepFinished(Step(operation, "a test"), Outcome.DONE, seconds)


def create(name: str) -> CreateContainer:
    config = ContainerConfig(image="nginx")
    return CreateContainer(
        ContainerSpec(service="web", number=1, name=name, digest="", config=config)
    )


def successor(name: str, instead_of: str | None = None) -> CreateContainer:
    spec = replace(create(name).spec, labels={Label.REPLACE: name})
    return CreateContainer(spec, instead_of)


def fold(*events: Event) -> Picture:
    picture = Picture()
    for event in events:
        picture = advance(picture, event)
    return picture


def statuses(events: Iterable[Event]) -> list[str]:
    """Return the status of the only row after each event."""
    picture, seen = Picture(), []
    for event in events:
        picture = advance(picture, event)
        (row,) = picture.rows.values()
        seen.append(row.status)
    return seen


def test_a_container_has_one_row_from_its_creation_to_its_start() -> None:
    operations = (create("demo-web-1"), Start("demo-web-1"))
    events = [event for one in operations for event in (started(one), done(one))]

    assert statuses(events) == ["Creating", "Created", "Starting", "Started"]


def test_a_replacement_is_one_thing_whatever_steps_it_takes() -> None:
    operations = (
        Rename("demo-web-1", ASIDE),
        successor("demo-web-1", instead_of=ASIDE),
        Stop(ASIDE),
        Start("demo-web-1"),
        Remove(ASIDE),
    )
    events = [event for one in operations for event in (started(one), done(one))]

    words = [*["Recreate"] * 5, "Recreated", "Starting", *["Started"] * 3]
    assert statuses(events) == words


def test_who_does_not_run_is_replaced_without_a_stop() -> None:
    operations = (Rename("demo-web-1", ASIDE), successor("demo-web-1"), Start("demo-web-1"))
    events = [event for one in operations for event in (started(one), done(one))]

    assert statuses(events) == [*["Recreate"] * 3, "Recreated", "Starting", "Started"]


def test_who_comes_back_is_restored_and_not_made() -> None:
    successor = Start("demo-web-1")
    operations = (successor, Rename(ASIDE, "demo-web-1"), Start("demo-web-1"))
    events = [event for one in operations for event in (started(one), done(one))]

    assert statuses(events)[2:] == ["Renaming", "Renamed", "Starting", "Restored"]


def test_the_removal_of_who_is_left_over_has_a_row_of_its_own() -> None:
    picture = fold(started(Remove(ASIDE)), done(Remove(ASIDE)))

    assert [(row.subject, row.status) for row in picture.rows.values()] == [
        (f"Container {ASIDE}", "Removed")
    ]


def test_a_predecessor_that_cannot_be_removed_is_told_of_in_the_row_of_its_successor() -> None:
    step = Step(Remove(ASIDE), "a test")
    failed = StepFinished(step, Outcome.FAILED, 2, error=ValueError("no"))
    picture = fold(started(Start("demo-web-1")), started(step.operation), failed)

    assert [(row.subject, row.status) for row in picture.rows.values()] == [
        ("Container demo-web-1", "Error")
    ]


def test_rows_stand_in_order_of_appearance() -> None:
    picture = fold(started(CreateNetwork(NetworkSpec(key="b", name="b"))), started(Start("a")))

    assert list(picture.rows) == ["Network b", "Container a"]


def test_a_wait_is_about_each_of_its_containers() -> None:
    wait = Await("db", ("db-1", "db-2"), "service_healthy")
    picture = fold(started(wait), moved(wait, Progress("db-2 is starting")))

    assert [(row.subject, row.status, row.text) for row in picture.rows.values()] == [
        ("Container db-1", "Waiting", "db-2 is starting"),
        ("Container db-2", "Waiting", "db-2 is starting"),
    ]
    assert {row.status for row in advance(picture, done(wait)).rows.values()} == {"Healthy"}


def test_only_downloads_count_towards_a_pull() -> None:
    pull = PullImage("nginx:alpine")
    picture = fold(
        started(pull),
        moved(pull, Progress("Downloading", "a", 30, 100)),
        moved(pull, Progress("Pulling fs layer", "b")),
        moved(pull, Progress("Downloading", "b", 50, 50)),
        moved(pull, Progress("Extracting", "b", 1, 50)),
    )
    (row,) = picture.rows.values()

    assert (row.current, row.total) == (80, 150)


def test_a_build_keeps_its_last_lines() -> None:
    build = BuildImage(BuildSpec(service="web", tags=("demo-web",), build=Build(context=".")))
    picture = fold(
        started(build), *(moved(build, Progress(f"line {number}\n")) for number in range(9))
    )
    (row,) = picture.rows.values()

    assert row.lines == tuple(f"line {number}" for number in range(3, 9))


def test_a_failure_says_why() -> None:
    failed = StepFinished(
        Step(Start("web-1"), "a test"), Outcome.FAILED, 2, error=ValueError("port is taken")
    )
    picture = fold(started(Start("web-1")), failed)

    assert picture.rows == {
        "Container web-1": Row("Container web-1", "Error", Phase.FAILED, "port is taken", seconds=2)
    }


def test_what_the_user_interrupts_has_not_failed() -> None:
    begun = Step(PullImage("nginx"), "a test")
    later = Step(Start("web-1"), "a test", frozenset({begun.id}))
    ended = (StepFinished(begun, Outcome.SKIPPED, 1), StepFinished(later, Outcome.SKIPPED))
    picture = fold(PlanStarted((begun, later)), StepStarted(begun), *ended)

    assert [row.status for row in picture.rows.values()] == ["Interrupted", "Interrupted"]


def test_a_step_that_never_began_has_no_row() -> None:
    skipped = StepFinished(Step(Start("web-1"), "a test"), Outcome.SKIPPED, cause="start db-1")

    assert fold(skipped).rows == {}


def test_an_optional_wait_that_fails_is_no_failure() -> None:
    wait = Await("db", ("db-1",), "service_healthy", required=False)
    finished = StepFinished(
        Step(wait, "a test"), Outcome.DONE, error=ValueError("db-1 is unhealthy")
    )
    (row,) = fold(started(wait), finished).rows.values()

    assert (row.phase, row.text) == (Phase.SKIPPED, "db-1 is unhealthy")
