"""Problems, and the exceptions that carry them to the command line.

    ComposerError                 exit code 1
    ├── InvalidProject            the files: every problem found, each with its mark
    │   └── PlanOutdated          a saved plan: what has moved since
    ├── UsageError                the command line
    ├── FetchFailed               a reference to a file elsewhere; the loader gives it its mark
    ├── EngineError               the engine refused, or broke
    │   ├── EngineUnavailable     nobody answers, or nobody any more
    │   ├── AnswerLost            what was asked was done, or not: nobody knows
    │   ├── NotFound
    │   │   └── Vanished          a container or network: somebody else may have removed it
    │   ├── Conflict
    │   │   └── NameTaken         by a container: somebody else may have made it
    │   ├── NoProgram             the image has no such command, or none that may be executed
    │   ├── Unstartable           a container of which the engine has lost track
    │   ├── BrokenOff             a transfer from or to a registry: it may go better next time
    │   └── LoginRequired         by a registry
    ├── WaitFailed                what others waited for cannot happen any more
    │   └── Unprobed              the engine does not run its probe any more
    ├── HookFailed                a hook ended with another code than 0
    ├── PlanFailed                failures by step
    └── Cancelled                 exit code 130

A wall lets only its own through: the loader raises InvalidProject, the engine
EngineError, the executor PlanFailed or Cancelled, the planner nothing.  Anything
else is a bug.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import ClassVar, Final, Literal

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
    """The root.  `help` says what to do about it, if we know; `mark` is where it stems from."""

    exit_code: ClassVar[int] = 1
    mark: SourceMark | None = None

    def __init__(self, message: str, *, help: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


class InvalidProject(ComposerError):
    """The files do not make a project.  Holds every problem that was found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problem.message for problem in self.problems))


class PlanOutdated(InvalidProject):
    """A saved plan is not what would be done now."""


class UsageError(ComposerError):
    """The command line asks for something that does not exist or does not go together."""


class FetchFailed(ComposerError):
    """What a reference names could not be fetched."""


class EngineError(ComposerError):
    """The engine refused, or broke."""


class EngineUnavailable(EngineError):
    """Nobody answers at the engine's address."""


class AnswerLost(EngineError):
    """The connection broke after something was asked: it was done, or was not, or is being done."""


class NotFound(EngineError):
    """The engine does not have it."""


class Vanished(NotFound):
    """There is no such container or network, or not any more."""


class Conflict(EngineError):
    """The name, the address or the resource is in use."""


class NameTaken(Conflict):
    """Another container has the name, perhaps only since a moment ago."""


class NoProgram(EngineError):
    """The image of `container` has no `program`, or it may not be executed."""

    def __init__(self, message: str, program: str, container: str, *, help: str) -> None:
        super().__init__(message, help=help)
        self.program = program
        self.container = container


class Unstartable(EngineError):
    """The engine has lost track of a container: it cannot be started any more, only replaced."""


class BrokenOff(EngineError):
    """A registry, or the way to it, failed in the middle of a transfer."""


class LoginRequired(EngineError):
    """The registry wants credentials."""


class WaitFailed(ComposerError):
    """What others waited for cannot happen any more.

    `service` is the one whose command was not found, or could not be executed, if that is why.
    """

    service = ""


class Unprobed(WaitFailed):
    """The engine has forgotten the probe of a container, which has to be started anew."""


class HookFailed(ComposerError):
    """A hook ended with another code than 0."""


class PlanFailed(ComposerError):
    """Steps failed.  `failures` maps the id of a step to its error.

    `done` are those before it, `skipped` those that never began; `aftermath` tells, a
    line each, what became of what was there before.
    """

    def __init__(
        self,
        failures: Mapping[str, BaseException],
        *,
        done: Iterable[str] = (),
        skipped: Iterable[str] = (),
    ) -> None:
        self.failures = dict(failures)
        self.done = tuple(done)
        self.skipped = tuple(skipped)
        self.aftermath: tuple[str, ...] = ()
        super().__init__("; ".join(f"{step}: {error}" for step, error in failures.items()))


class Cancelled(ComposerError):
    """The user asked to stop."""

    exit_code: ClassVar[int] = 130

    def __init__(self, message: str = "cancelled") -> None:
        super().__init__(message)


def of_step(step: str, failure: BaseException) -> str:
    """Return what failed and why, without a subject named twice: "container web-1: …"."""
    message = str(failure)
    subject, separator, rest = message.partition(": ")
    named = separator and subject.split()[-1:] == step.split()[-1:]
    return f"{step}: {rest if named else message}"


def did_you_mean(word: str, known: Iterable[str], *, but: str | None = None) -> str | None:
    """Return "did you mean 'x'?" for the known word nearest to `word`, or None; never `but`."""
    near = nearest(word, known, but=but)
    return f"did you mean {near!r}?" if near is not None else None


def service_meant(word: str, services: Iterable[str]) -> str | None:
    """Return help for `word`, which is no service: perhaps it is a container of one."""
    known = tuple(services)
    name, _, number = word.rpartition("-")
    owners = [one for one in known if number.isdecimal() and f"-{name}".endswith(f"-{one}")]
    if owners:
        return f"{word} is a container: number {number} of service {max(owners, key=len)!r}"
    return did_you_mean(word, known)


def nearest(
    word: str, known: Iterable[str], *, but: str | None = None, cutoff: float = 0.6
) -> str | None:
    """Return the known word nearest to `word`, but not `but`, or None if none is near.

    The same letters in another order, as in `bd` or `first-start`, are nearest.  Among
    more than a few hundred words only those one typing error away are looked for: a
    large file may have a problem in every line.
    """
    words = known if isinstance(known, Collection) else list(known)
    found: Iterable[str]
    if len(words) > _MANY:
        found = _one_typing_error_away(word, words)
    else:
        from difflib import get_close_matches

        others = [one for one in words if one != but]
        letters = sorted(word.lower())
        alike = (one for one in others if len(one) == len(word))
        found = [one for one in alike if sorted(one.lower()) == letters]
        found += get_close_matches(word, others, n=1, cutoff=cutoff)
    return next((one for one in found if one != but), None)


_MANY: Final = 300
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz0123456789-_."


def _one_typing_error_away(word: str, known: Collection[str]) -> Iterator[str]:
    """Yield the known words that differ by one letter missing, added, other or exchanged."""
    for at in range(len(word) + 1 if len(word) <= 100 else 0):
        head, tail = word[:at], word[at:]
        near = [head + tail[1:], head + tail[1:2] + tail[:1] + tail[2:]]
        near += (head + letter + rest for letter in _LETTERS for rest in (tail[1:], tail))
        yield from (one for one in near if one != word and one in known)
