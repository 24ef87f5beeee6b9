"""What watching is about: ignore files, what is sent, and what is told while it goes on."""

from __future__ import annotations

from typing import Literal, TypeAlias

from composer.errors import ComposerError
from composer.record import dataclass

What = Literal["rebuild", "restart", "command", "reload"]
"""What follows a change, beside the sending of files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoreFile:
    """The ignore file of a build context: where it is, "" if there is none, and what it says."""

    root: str
    path: str = ""
    patterns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unread:
    """A path of this machine that cannot be read, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Enabled:
    """From now on nothing that happens is missed."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What is `under_way` is brought to its end, but for what can be let go."""

    under_way: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Disabled:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A batch has arrived in a container, whose status is `status`.

    `first`: it is what a new one is given.
    """

    service: str
    container: str
    status: str
    changed: int
    removed: int
    seconds: float
    first: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """What changed is kept for a container, until it can be had again."""

    container: str
    reason: str


@dataclass(frozen=True, slots=True)
class Began:
    what: What
    services: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """It is done; `note` says more of how it ended."""

    what: What
    services: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """It could not be done, and watching goes on."""

    what: What | Literal["send"]
    services: tuple[str, ...]
    error: ComposerError


@dataclass(frozen=True, slots=True)
class LetGo:
    """It was broken off, because watching ends."""

    what: What
    services: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """A line of what a command printed that was run in a container."""

    container: str
    line: str


@dataclass(frozen=True, slots=True)
class Compared:
    """Changes were missed, so everything was looked at; so many paths were not as they were."""

    differing: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something is not as it should be, which is told once."""

    message: str
    help: str = ""


News: TypeAlias = (
    Enabled
    | Ending
    | Disabled
    | Sent
    | Waiting
    | Began
    | Ended
    | Failed
    | LetGo
    | Said
    | Compared
    | Trouble
)
