"""A plan: steps in an order, each with a reason."""

from __future__ import annotations

from collections.abc import Mapping

from composer.errors import Problem
from composer.model.operations import Operation
from composer.model.units import print_bytes
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """A container that is kept, stopped, until the one in its place is known to work.

    `old` is its id, `former` its name, which it gives up for `aside`; `ran` says whether
    it is started when it comes back.  `new` is the name of its successor.  Those of one
    `group` are replicas, or take something from each other: they come back together.
    """

    service: str
    old: str
    former: str
    aside: str
    new: str
    ran: bool
    volumes: bool = False
    group: int = 0


@dataclass(frozen=True, slots=True)
class Loss:
    """A volume with data that a plan destroys.

    `users` are the containers that mount it, or did last.  `target` is where an
    anonymous volume, which has no name worth telling, is mounted.  `size` is in bytes.
    `outside` is where its files really are and stay, None if they go with it.
    """

    volume: str
    reason: str
    users: tuple[str, ...] = ()
    target: str | None = None
    size: int | None = None
    changes: tuple[Change, ...] = ()
    outside: str | None = None

    def __str__(self) -> str:
        said = [f"volume {self.volume}"]
        if self.target is not None:
            said = [f"anonymous volume at {self.target} of {', '.join(self.users)}"]
        if self.size is not None:
            said.append(print_bytes(self.size))
        if self.target is None and self.users:
            said.append(f"last used by {', '.join(self.users)}")
        if self.outside is not None:
            said.append(f"whose files stay in {self.outside}")
        return ", ".join(said)


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in topological order.

    `errors` is what stands in the way: such a plan is not to be run, and its steps are
    only there to see what else does.  `losses` is data that is destroyed: nobody may
    run the plan who was not told to.  `open_questions` are what only the run itself
    will show, such as whether a pull brings another image.  `effects` says of each
    service, in a word, what its containers will feel of the steps, and `causes` why.
    `replacements` are those of its steps that can be undone.
    """

    steps: tuple[Step, ...] = ()
    warnings: tuple[Problem, ...] = ()
    errors: tuple[Problem, ...] = ()
    losses: tuple[Loss, ...] = ()
    open_questions: tuple[str, ...] = ()
    effects: Mapping[str, str] = default(default_factory=dict, compare=False)
    causes: Mapping[str, Cause] = default(default_factory=dict, compare=False)
    replacements: tuple[Replacement, ...] = default(default=(), compare=False)

    def __bool__(self) -> bool:
        return bool(self.steps)
