"""What a picture looks like on terminals of several sizes."""

from __future__ import annotations

import pytest

from composer.executor.progress import Phase, Picture, Row, advance
from composer.model.events import (
    Event,
    Outcome,
    PlanStarted,
    Progress,
    StepFinished,
    StepProgressed,
    StepStarted,
)
from composer.model.operations import Await, CreateNetwork, PullImage, Start
from composer.model.plan import Step
from composer.model.resources import NetworkSpec
from composer.render.table import width
from composer.render.view import bar, view

NETWORK = Step(CreateNetwork(NetworkSpec(key="n", name="demo_default")), "why")
DB = Step(Start("demo-db-1"), "why", frozenset({NETWORK.id}))
CACHE = Step(Start("demo-cache-1"), "why", frozenset({NETWORK.id}))
HEALTHY = Step(Await("db", ("demo-db-1",), "service_healthy"), "why", frozenset({DB.id}))
WEB = Step(Start("demo-web-1"), "why", frozenset({HEALTHY.id, DB.id}))
PROXY = Step(Start("demo-proxy-1"), "why", frozenset({WEB.id, CACHE.id}))
PLAN = PlanStarted((NETWORK, DB, CACHE, HEALTHY, WEB, PROXY))
DB_RUNS = (
    PLAN,
    StepStarted(NETWORK),
    StepFinished(NETWORK, Outcome.DONE, 0.1),
    StepStarted(DB),
    StepFinished(DB, Outcome.DONE, 0.2),
    StepStarted(HEALTHY),
    StepProgressed(HEALTHY, Progress("db: starting, probe 3 of 5 failed (exit 1): no route")),
)


def after(*events: Event) -> Picture:
    picture = Picture()
    for event in events:
        picture = advance(picture, event)
    return picture


def drawn(picture: Picture, columns: int = 100, height: int | None = 24) -> list[str]:
    begun = dict.fromkeys(picture.rows, 0.0)
    lines = [line.plain for line in view(picture, "up", begun, 2.5, columns, height)]
    assert all(width(line) <= columns for line in lines)
    assert height is None or len(lines) <= height
    return [line.rstrip() for line in lines]


def of(*rows: Row) -> Picture:
    return Picture({row.subject: row for row in rows})


def test_everything_has_its_line_from_the_beginning() -> None:
    assert drawn(after(PLAN)) == [
        "[+] up 0/5",
        "· Network demo_default",
        "· Container demo-db-1     waits for demo_default",
        "· Container demo-cache-1  waits for demo_default",
        "· Container demo-web-1    waits for db",
        "· Container demo-proxy-1  waits for demo-cache-1, demo-web-1",
    ]


def test_who_waits_names_for_whom_and_how_that_one_stands() -> None:
    lines = drawn(after(*DB_RUNS), 120)

    assert lines[2].split() == [
        "⠴",
        "Container",
        "demo-db-1",
        "Waiting",
        "starting,",
        "probe",
        "3",
        "of",
        "5",
        "failed",
        "(exit",
        "1):",
        "no",
        "route",
        "2.7s",
    ]
    assert lines[4].split() == [
        "·",
        "Container",
        "demo-web-1",
        "waits",
        "for",
        "db:",
        "starting,",
        "probe",
        "3",
        "of",
        "5",
        "failed",
        "(exit",
        "1):",
        "no",
        "route",
    ]


def test_forty_columns_are_enough() -> None:
    assert drawn(after(*DB_RUNS), 40) == [
        "[+] up 1/5",
        "✔ Network demo_default   Created   0.1s",
        "⠴ Container demo-db-1    Waiting   2.7s",
        "  └ starting, probe 3 of 5 failed (exit…",
        "· Container demo-cache-1",
        "· Container demo-web-1",
        "  └ waits for db: starting, probe 3 of …",
        "· Container demo-proxy-1",
        "  └ waits for demo-cache-1, demo-web-1",
    ]


def test_with_less_room_the_names_stay() -> None:
    assert drawn(after(*DB_RUNS), 32)[1:3] == [
        "✔ demo_default Created      0.1s",
        "⠴ demo-db-1    Waiting      2.7s",
    ]


@pytest.mark.parametrize("columns", [1, 5, 12, 20, 39, 41, 200])
@pytest.mark.parametrize("height", [2, 3, 5, 24])
def test_no_size_is_exceeded(columns: int, height: int) -> None:
    picture = after(*DB_RUNS)
    wide = Row("Image 数据库/数据库数据库数据库:最新", "Pulling", text="数据库数据库数据库数据库")
    many = {row.subject: row for row in (wide, *(Row(f"Container c{n}", "") for n in range(30)))}
    drawn(
        Picture({**picture.rows, **many}, left=picture.left, begun=picture.begun), columns, height
    )


def test_names_of_double_width_stay_in_their_column() -> None:
    lines = drawn(
        of(Row("Image 数据库", "Pulled", Phase.DONE), Row("Image ab", "Pulled", Phase.DONE))
    )
    assert [width(line.partition("Pulled")[0]) for line in lines[1:]] == [15, 15]


def test_a_failure_says_why_in_its_first_line() -> None:
    lines = drawn(of(Row("Network n", "Error", Phase.FAILED, text="no\nlines", seconds=1)), 40)
    assert [line.split() for line in lines[1:]] == [["✘", "Network", "n", "Error", "no", "1.0s"]]


def test_a_pull_has_a_bar() -> None:
    parts = {"a": Progress("Downloading", "a", 1 << 20, 4 << 20)}
    lines = drawn(of(Row("Image nginx", "Pulling", parts=parts)))

    assert "[⣿⣿⣿⣿⣿               ] 1 MiB / 4 MiB" in lines[1]


def test_a_bar_fits_into_forty_columns() -> None:
    parts = {"a": Progress("Downloading", "a", 12 << 20, 60 << 20)}
    lines = drawn(of(Row("Image nginx", "Pulling", parts=parts)), 40)

    assert lines[2] == "  └ [⣿⣿        ] 12 MiB / 60 MiB"


def test_a_build_shows_its_last_lines_below_it_without_control_characters() -> None:
    lines = drawn(
        of(Row("Image web", "Building", lines=("Step 1", "a\033[2Jb")), Row("Image x", ""))
    )

    assert lines[2:4] == ["    Step 1", "    a [2Jb"]


def test_a_low_screen_shows_what_is_busy_then_what_waits_and_counts_the_rest() -> None:
    rows = [Row(f"Container c{n}", "Started", Phase.DONE) for n in range(20)]
    picture = of(
        *rows, Row("Container busy", "Waiting"), Row("Container bad", "Error", Phase.FAILED)
    )
    lines = drawn(picture, height=6)

    assert [line.split()[2] for line in lines[1:5]] == ["c18", "c19", "busy", "bad"]
    assert lines[5] == "  and 18 more"


def test_on_a_low_screen_builds_say_less_before_others_go() -> None:
    building = Row("Image web", "Building", lines=("one", "two", "three"))
    others = [Row(f"Container c{n}", "Starting") for n in range(3)]
    lines = drawn(of(building, *others), height=5)

    assert [line.split()[2] for line in lines[1:]] == ["web", "c0", "c1", "c2"]


def test_after_a_failure_the_sum_counts_what_is_done() -> None:
    skipped = [
        StepFinished(step, Outcome.SKIPPED, cause=DB.id) for step in (CACHE, HEALTHY, WEB, PROXY)
    ]
    failed = StepFinished(DB, Outcome.FAILED, 1, ValueError("no"))
    network = StepFinished(NETWORK, Outcome.DONE, 0.1)
    lines = drawn(after(PLAN, StepStarted(NETWORK), network, StepStarted(DB), failed, *skipped))

    assert lines[0] == "[+] up 1/5"
    assert [line[0] for line in lines[1:]] == ["✔", "✘", "-", "-", "-"]


def test_what_was_never_begun_is_not_in_the_last_picture() -> None:
    picture = after(PLAN, StepStarted(NETWORK), StepFinished(NETWORK, Outcome.DONE, 0.1))
    assert drawn(picture, height=None)[0] == "[+] up 1/5"
    assert [line.split()[1:3] for line in drawn(picture, height=None)[1:]] == [
        ["Network", "demo_default"]
    ]


def test_a_pull_is_waited_for_by_its_name() -> None:
    pull = Step(PullImage("nginx"), "why")
    start = Step(Start("web"), "why", frozenset({pull.id}))
    lines = drawn(after(PlanStarted((pull, start)), StepStarted(pull)))
    assert lines[2].split() == ["·", "Container", "web", "waits", "for", "nginx"]


def test_long_times_are_in_minutes_and_hours() -> None:
    done = [
        Row(f"Image i{n}", "Pulled", Phase.DONE, seconds=s) for n, s in enumerate((99, 101, 7300))
    ]
    assert [line.split()[-1] for line in drawn(of(*done))[1:]] == ["99.0s", "1m41s", "2h01m"]


def test_a_bar_of_unknown_length_is_empty() -> None:
    assert bar(0, 0).startswith("[                    ]")


def test_a_pull_shows_its_pace_and_the_layers_on_their_way() -> None:
    pull = Step(PullImage("app:1"), "why")
    mib = 1024 * 1024
    picture = after(
        PlanStarted((pull,)),
        StepStarted(pull),
        StepProgressed(pull, Progress("Downloading", "aaaaaaaaaaaa", 10 * mib, 40 * mib)),
        StepProgressed(pull, Progress("Downloading", "bbbbbbbbbbbb", 20 * mib, 20 * mib)),
        StepProgressed(pull, Progress("Extracting", "bbbbbbbbbbbb", 5 * mib, 20 * mib)),
        StepProgressed(pull, Progress("Waiting", "cccccccccccc")),
    )

    shown = view(picture, "pull", {"Image app:1": 0.0}, 2.5, 98, 24, {"Image app:1": 2.0 * mib})

    assert [" ".join(line.plain.split()) for line in shown[1:]] == [
        "⠴ Image app:1 Pulling [⣿⣿⣿⣿⣿ ] 30 / 60 MiB, 2 MiB/s, 15 s left 2.5s",
        "aaaaaaaaaaaa Downloading [⣿⣿⣿⣿⣿ ] 10 MiB / 40 MiB",
        "bbbbbbbbbbbb Extracting 25% [⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿] 20 MiB / 20 MiB",
    ]
    narrow = view(picture, "pull", {"Image app:1": 0.0}, 2.5, 60, 24, {"Image app:1": 2.0 * mib})
    assert " ".join(narrow[1].plain.split()) == "⠴ Image app:1 Pulling 50%, 15 s left 2.5s"
