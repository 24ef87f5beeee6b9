from __future__ import annotations

import json

import pytest

from composer.cli.failure import report
from composer.cli.global_flags import GlobalOptions
from composer.errors import (
    Cancelled,
    EngineError,
    EngineUnavailable,
    LoginRequired,
    PlanFailed,
    WaitFailed,
)

OPTIONS = GlobalOptions()


def test_each_step_that_failed_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    failed = PlanFailed({"start a": EngineError("port is taken", help="free it"),
                         "start b": EngineError("no")})  # fmt: skip

    assert report(failed, OPTIONS, {}) == 1
    assert capsys.readouterr().err == (
        "error: start a: port is taken\n   = help: free it\n\nerror: start b: no\n"
    )


def test_what_a_container_last_said_stands_below(capsys: pytest.CaptureFixture[str]) -> None:
    failed = WaitFailed("db is unhealthy", help="last lines:\n  one\n\n  two")

    report(PlanFailed({"wait until db is healthy": failed}), OPTIONS, {})
    assert capsys.readouterr().err == (
        "error: db is unhealthy\n   last lines:\n     one\n\n     two\n"
    )


def test_programs_are_told_too_what_a_container_last_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    failed = WaitFailed("db is unhealthy", help="last lines:\n  one")

    report(PlanFailed({"wait until db is healthy": failed}), GlobalOptions(progress="json"), {})
    assert json.loads(capsys.readouterr().err) == {
        "error": True,
        "message": "db is unhealthy",
        "help": "last lines:\n  one",
    }


def test_a_login_that_is_wanted_ends_as_any_failure_does() -> None:
    assert report(PlanFailed({"pull a": LoginRequired("please log in")}), OPTIONS, {}) == 1


def test_who_cancels_need_not_be_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(Cancelled(), OPTIONS, {}) == 130
    assert capsys.readouterr().err == ""


def test_a_step_that_failed_by_a_bug_raises_it() -> None:
    with pytest.raises(ZeroDivisionError):
        report(PlanFailed({"start a": ZeroDivisionError()}), OPTIONS, {})


def test_an_engine_that_went_away_is_told_once_with_what_was_done(
    capsys: pytest.CaptureFixture[str],
) -> None:
    gone = EngineUnavailable("the engine at unix:///x went away: refused", help="run it again")
    failures = {"start a": gone, "wait until b is healthy": gone, "start c": EngineError("no")}

    assert report(PlanFailed(failures, done=["create a", "create b"]), OPTIONS, {}) == 1
    assert capsys.readouterr().err == (
        "error: the engine at unix:///x went away: refused\n"
        "   while: start a, wait until b is healthy\n"
        "   run it again\n"
        "\n"
        "error: start c: no\n"
        "\n"
        "done before: create a, create b\n"
    )


def test_what_became_of_a_plan_stands_below_its_failures(
    capsys: pytest.CaptureFixture[str],
) -> None:
    steps = [f"start {number}" for number in range(14)]
    failed = PlanFailed({"start a": EngineError("no")}, done=["create a"], skipped=steps)
    failed.aftermath = ("web-1 runs as before",)

    report(failed, OPTIONS, {})
    assert capsys.readouterr().err == (
        "error: start a: no\n"
        "\n"
        "web-1 runs as before\n"
        "done before: create a\n"
        f"not done because of it: {', '.join(steps[:12])}, and 2 more\n"
    )
