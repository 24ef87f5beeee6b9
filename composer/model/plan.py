"""A plan: steps in an order, each with a reason."""

from __future__ import annotations

from collections.abc import Mapping

from composer.errors import Problem
from composer.model.operations import Operation
from composer.record import dataclass
from composer.record import field as default
from composer.source import SourceMark


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs: `old` is what the engine has, `new` what the file says.

    Both are text for people; None is "not set".  `mark` is where `new` stands.
    `consequence` is what this change alone asks for: "live update", "replacement".
    """

    field: str
    old: str | None
    new: str | None
    mark: SourceMark | None = None
    consequence: str = default(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Cause:
    """The one thing that has an effect: the name of a field, with its mark, or a reason."""

    what: str
    mark: SourceMark | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """An operation and why.  `reason` is for people; nothing may branch on it.

    A `tolerant` step that meets a Conflict, what it would remove is still in use,
    is a warning and the plan goes on.
    """

    operation: Operation
    reason: str
    after: frozenset[str] = frozenset()
    changes: tuple[Change, ...] = ()
    tolerant: bool = False

    @property
    def id(self) -> str:
        return str(self.operation)


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in topological order.

    `errors` is what stands in the way: such a plan is not to be run, and its steps are
    only there to see what else does.  `losses` is data that would be destroyed: ask
    first.  `open_questions` are what only the run itself will show, such as whether a
    pull brings another image.  `effects` says of each service, in a word, what its
    containers will feel of the steps, and `causes` why.
    """

    steps: tuple[Step, ...] = ()
    warnings: tuple[Problem, ...] = ()
    errors: tuple[Problem, ...] = ()
    losses: tuple[str, ...] = ()
    open_questions: tuple[str, ...] = ()
    effects: Mapping[str, str] = default(default_factory=dict, compare=False)
    causes: Mapping[str, Cause] = default(default_factory=dict, compare=False)

    def __bool__(self) -> bool:
        return bool(self.steps)
