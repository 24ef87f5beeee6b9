"""Problems, and the exceptions that carry them to the command line.

    ComposerError                 exit code 1
    ├── InvalidProject            the files: every problem found, each with its mark
    ├── UsageError                the command line
    ├── EngineError               the engine refused, or broke
    │   ├── EngineUnavailable     nobody answers
    │   ├── NotFound
    │   ├── Conflict
    │   └── LoginRequired         exit code 5
    ├── WaitFailed                what others waited for cannot happen any more
    ├── PlanFailed                failures by step
    └── Cancelled                 exit code 130

A wall lets only its own through: the loader raises InvalidProject, the engine
EngineError, the executor PlanFailed or Cancelled, the planner nothing.  Anything
else is a bug.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import ClassVar, Literal

from composer.record import dataclass, field
from composer.source import Path, SourceMark

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to tell the user.  `notes` are further places: "first defined here".

    A warning has a `name`, by which it can be silenced; an error has none.  `path`
    is where in the model it stands, empty when the pass that found it does not know.
    """

    message: str
    mark: SourceMark | None = None
    help: str | None = None
    severity: Severity = "error"
    notes: tuple[tuple[str, SourceMark], ...] = ()
    name: str = ""
    path: Path = field(default=(), compare=False)


class ComposerError(Exception):
    """The root.  `help` says what to do about it, if we know."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, help: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


class InvalidProject(ComposerError):
    """The files do not make a project.  Holds every problem that was found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problem.message for problem in self.problems))


class UsageError(ComposerError):
    """The command line asks for something that does not exist or does not go together."""


class EngineError(ComposerError):
    """The engine refused, or broke."""


class EngineUnavailable(EngineError):
    """Nobody answers at the engine's address."""


class NotFound(EngineError):
    """The engine does not have it."""


class Conflict(EngineError):
    """The name, the address or the resource is in use."""


class LoginRequired(EngineError):
    """The registry wants credentials."""

    exit_code: ClassVar[int] = 5


class WaitFailed(ComposerError):
    """What others waited for cannot happen any more."""


class PlanFailed(ComposerError):
    """Steps failed.  `failures` maps the id of a step to its error."""

    def __init__(self, failures: Mapping[str, BaseException]) -> None:
        self.failures = dict(failures)
        super().__init__("; ".join(f"{step}: {error}" for step, error in failures.items()))


class Cancelled(ComposerError):
    """The user asked to stop."""

    exit_code: ClassVar[int] = 130

    def __init__(self, message: str = "cancelled") -> None:
        super().__init__(message)


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return "did you mean 'x'?" for the known word nearest to `word`, or None."""
    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else None
