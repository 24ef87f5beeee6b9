from __future__ import annotations

import io
import json

import pytest

from composer.model.build import Build
from composer.model.events import (
    Outcome,
    PlanStarted,
    Progress,
    StepFinished,
    StepProgressed,
    StepStarted,
)
from composer.model.operations import Await, BuildImage, Operation, PullImage, RunHook, Start
from composer.model.plan import Step
from composer.model.resources import BuildSpec
from composer.model.service import Hook
from composer.render.console import Console, wants_colour
from composer.render.progress import JsonLines, Lines, Live, Quiet, reporter, without_progress

START = Step(Start("demo-web-1"), "a test")
PULL = Step(PullImage("nginx"), "a test")
BUILD = Step(
    BuildImage(BuildSpec(service="web", tags=("demo-web",), build=Build(context="."))), "a test"
)


def console(progress: str = "plain", prefix: str = "") -> tuple[Console, io.StringIO]:
    err = io.StringIO()
    return Console(out=io.StringIO(), err=err, progress=progress, prefix=prefix), err


def test_lines_tell_each_change_of_status_once() -> None:
    made, err = console()
    report = Lines(made)
    report(StepStarted(PULL))
    report(StepProgressed(PULL, Progress("Downloading", "a", 1, 2)))
    report(StepFinished(PULL, Outcome.DONE))
    report(StepFinished(START, Outcome.SKIPPED, cause=PULL.id))

    assert err.getvalue() == " Image nginx  Pulling\n Image nginx  Pulled\n"


def test_lines_show_all_that_a_build_prints() -> None:
    made, err = console()
    report = Lines(made)
    report(StepStarted(BUILD))
    report(StepProgressed(BUILD, Progress("Step 1\nStep 2\n")))

    assert err.getvalue() == " Image demo-web  Building\n web | Step 1\n web | Step 2\n"


@pytest.mark.parametrize(
    ("operation", "who"),
    [
        (RunHook("web-1", "web", "pre_stop", 0, Hook(command=("a",))), "web-1 pre_stop[0]"),
        (
            RunHook("0123456789ab_web-1", "web", "pre_stop", 0, Hook(command=("a",))),
            "web-1 pre_stop[0]",
        ),
        (Await("web", ("web-pre_start-0",), "hook_completed"), "web-pre_start-0"),
    ],
)
def test_lines_show_all_that_a_hook_prints(operation: Operation, who: str) -> None:
    made, err = console()
    Lines(made)(StepProgressed(Step(operation, "a test"), Progress("one")))

    assert err.getvalue() == f" {who} | one\n"


def test_every_line_of_a_dry_run_says_so() -> None:
    made, err = console(prefix="DRY-RUN MODE - ")
    Lines(made)(StepStarted(START))

    assert err.getvalue() == "DRY-RUN MODE -  Container demo-web-1  Starting\n"


def test_json_lines_hold_status_amounts_steps_and_times() -> None:
    made, err = console()
    moments = iter((100.0, 100.25, 101.5))
    report = JsonLines(made, lambda: next(moments))
    report(PlanStarted((PULL,)))
    report(StepStarted(PULL))
    report(StepProgressed(PULL, Progress("Downloading", "a", 1, 2)))
    report(StepFinished(PULL, Outcome.DONE, 1.5))

    step = {"id": "Image nginx", "step": "pull image nginx"}
    moved = {"text": "Downloading", "current": 1, "total": 2, "parent": "a"}
    assert [json.loads(line) for line in err.getvalue().splitlines()] == [
        {**step, "status": "Pulling", "time": 100.0},
        {"id": "Image nginx", **moved, "time": 100.25},
        {**step, "status": "Pulled", "seconds": 1.5, "time": 101.5},
    ]


def test_what_is_only_planned_is_no_line() -> None:
    for kind in (Lines, JsonLines):
        made, err = console()
        kind(made)(PlanStarted((PULL, START)))
        assert err.getvalue() == ""


def test_a_settled_picture_goes_on_as_lines() -> None:
    made, err = console("tty")
    with reporter(made, "up") as report:
        report(StepStarted(START))
        report.settle()
        drawn = err.getvalue()
        report(StepFinished(START, Outcome.DONE))

    assert err.getvalue().removeprefix(drawn) == " Container demo-web-1  Started\n"


@pytest.mark.parametrize(
    ("progress", "kind"),
    [("tty", Live), ("plain", Lines), ("json", JsonLines), ("quiet", Quiet)],
)
def test_the_console_decides_what_reports(progress: str, kind: type) -> None:
    assert type(reporter(console(progress)[0], "up")) is kind


def test_progress_of_some_kinds_can_be_kept_away() -> None:
    heard: list[object] = []
    report = without_progress(heard.append, PullImage)
    moved = StepProgressed(PULL, Progress("x"))
    other = StepProgressed(BUILD, Progress("x"))
    for event in (StepStarted(PULL), moved, other):
        report(event)

    assert heard == [StepStarted(PULL), other]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("ansi", "stream", "environment", "wanted"),
    [
        ("auto", Terminal(), {}, True),
        ("auto", io.StringIO(), {}, False),
        ("auto", Terminal(), {"NO_COLOR": "1"}, False),
        ("auto", Terminal(), {"TERM": "dumb"}, False),
        ("never", Terminal(), {}, False),
        ("always", io.StringIO(), {"NO_COLOR": "1"}, True),
    ],
)
def test_colours_are_for_terminals_and_those_who_ask(
    ansi: str, stream: io.StringIO, environment: dict[str, str], wanted: bool
) -> None:
    assert wants_colour(stream, ansi, environment) is wanted


@pytest.mark.parametrize(
    ("stream", "ansi", "progress", "settled"),
    [
        (Terminal(), "auto", "auto", "tty"),
        (io.StringIO(), "auto", "auto", "plain"),
        (Terminal(), "never", "auto", "plain"),
        (io.StringIO(), "auto", "tty", "tty"),
        (Terminal(), "auto", "json", "json"),
    ],
)
def test_progress_is_live_on_terminals(
    stream: io.StringIO, ansi: str, progress: str, settled: str
) -> None:
    made = Console.on(io.StringIO(), stream, {}, ansi=ansi, progress=progress)

    assert made.progress == settled


@pytest.mark.parametrize("progress", ["auto", "tty"])
def test_a_dumb_terminal_gets_lines(progress: str) -> None:
    made = Console.on(io.StringIO(), Terminal(), {"TERM": "dumb"}, progress=progress)
    assert made.progress == "plain"
