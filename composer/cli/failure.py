"""Errors → what the user reads on stderr, and the exit code."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence

from composer.cli.global_flags import GlobalOptions
from composer.cli.spelling import respelled
from composer.errors import (
    Cancelled,
    ComposerError,
    EngineUnavailable,
    HookFailed,
    InvalidProject,
    NoProgram,
    PlanFailed,
    Problem,
    WaitFailed,
    of_step,
)
from composer.render.console import wants_colour
from composer.render.problem import MOST, more, render_long

_STEPS = 12
"""How many steps are named one by one when a plan failed."""


def report(error: ComposerError, options: GlobalOptions, environment: Mapping[str, str]) -> int:
    """Show `error` on stderr and return its exit code.

    A step that failed for no reason of its own is a bug, and is raised as it is.
    """
    if isinstance(error, PlanFailed):
        for failure in error.failures.values():
            if not isinstance(failure, ComposerError | OSError):
                raise failure
    sys.stdout.flush()
    problems = list(problems_of(error))
    if (options.progress or environment.get("COMPOSE_PROGRESS")) == "json":
        from composer.render.problem_json import record

        for problem in problems:
            print(_line(record(respelled(problem, options.program))), file=sys.stderr)
        for line in _aftermath(error):
            print(_line({"message": line}), file=sys.stderr)
    elif not isinstance(error, Cancelled) or error.args != Cancelled().args:
        colour = wants_colour(sys.stderr, options.ansi or "auto", environment)
        shown = [respelled(problem, options.program) for problem in problems[:MOST]]
        texts = [render_long(problem, colour=colour) for problem in shown]
        texts += filter(None, [more(len(problems), "errors"), "\n".join(_aftermath(error))])
        sys.stderr.write("\n\n".join(texts) + "\n")
    return error.exit_code


def _line(told: Mapping[str, object]) -> str:
    """Return an object as Docker Compose writes it: scripts look for `"error":true`."""
    return json.dumps(told, separators=(",", ":"))


def problems_of(error: ComposerError) -> Iterator[Problem]:
    """Yield what `error` has to say, one problem for each failure in it."""
    match error:
        case InvalidProject():
            yield from error.problems
        case PlanFailed():
            yield from _without_engine(error)
            for step, failure in error.failures.items():
                if isinstance(failure, EngineUnavailable):
                    continue
                if isinstance(failure, WaitFailed | HookFailed):
                    yield Problem(failure.message, failure.mark, help=failure.help)
                    continue
                mark = getattr(failure, "mark", None)
                if mark is not None and not isinstance(failure, NoProgram):
                    assert isinstance(failure, ComposerError)
                    yield Problem(failure.message, mark, help=failure.help)
                    continue
                text = of_step(step, failure)
                yield Problem(text, mark, help=getattr(failure, "help", None))
        case _:
            yield Problem(error.message, error.mark, help=error.help)


def _without_engine(error: PlanFailed) -> Iterator[Problem]:
    """Yield one problem for all steps that failed because the engine is gone."""
    gone = {s: f for s, f in error.failures.items() if isinstance(f, EngineUnavailable)}
    if not gone:
        return
    first = next(iter(gone.values()))
    yield Problem(
        first.message, help="\n".join(filter(None, [f"while: {_some(list(gone))}", first.help]))
    )


def _aftermath(error: ComposerError) -> Iterator[str]:
    """Yield what became of a plan that failed: what is as before, what was done, what was not."""
    if isinstance(error, PlanFailed):
        yield from error.aftermath
        for what, steps in (("done before", error.done), ("not done because of it", error.skipped)):
            if steps:
                yield f"{what}: {_some(steps)}"


def _some(steps: Sequence[str]) -> str:
    more = [f"and {len(steps) - _STEPS} more"] if len(steps) > _STEPS else []
    return ", ".join([*steps[:_STEPS], *more])
