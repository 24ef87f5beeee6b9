"""Errors → what the user reads on stderr, and the exit code."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping

from composer.cli.global_flags import GlobalOptions
from composer.errors import Cancelled, ComposerError, InvalidProject, PlanFailed, Problem
from composer.render.console import wants_colour
from composer.render.problem import render_all


def report(error: ComposerError, options: GlobalOptions, environment: Mapping[str, str]) -> int:
    """Show `error` on stderr and return its exit code."""
    problems = list(problems_of(error))
    if (options.progress or environment.get("COMPOSE_PROGRESS")) == "json":
        for problem in problems:
            print(json.dumps({"error": True, "message": problem.message}), file=sys.stderr)
    elif not isinstance(error, Cancelled):
        colour = wants_colour(sys.stderr, options.ansi or "auto", environment)
        sys.stderr.write(render_all(problems, colour).rstrip("\n") + "\n")
    return exit_code(error)


def problems_of(error: ComposerError) -> Iterator[Problem]:
    """Yield what `error` has to say, one problem for each failure in it."""
    match error:
        case InvalidProject():
            yield from error.problems
        case PlanFailed():
            for step, failure in error.failures.items():
                yield Problem(f"{step}: {failure}", help=getattr(failure, "help", None))
        case _:
            yield Problem(error.message, help=error.help)


def exit_code(error: ComposerError) -> int:
    """Return the code of `error`; a plan that failed has that of its failures, if they agree."""
    if isinstance(error, PlanFailed):
        codes = {getattr(failure, "exit_code", 1) for failure in error.failures.values()}
        return codes.pop() if len(codes) == 1 else 1
    return error.exit_code
