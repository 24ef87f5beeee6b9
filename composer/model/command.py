"""What a user talks to: a command in a container that runs, or the process of one."""

from __future__ import annotations

from composer.record import dataclass

Window = tuple[int, int]
"""Rows and columns."""


@dataclass(frozen=True, slots=True)
class Command:
    """`environment` are `KEY=VALUE`; who is not `interactive` finds its input at its end.

    Without a user or a directory the command has those of the container.  `detach_keys` are
    those that the engine is to heed, as it writes them.  An engine that can begins with a
    terminal as large as `window`.
    """

    words: tuple[str, ...]
    environment: tuple[str, ...] = ()
    interactive: bool = False
    privileged: bool = False
    tty: bool = False
    user: str | None = None
    workdir: str | None = None
    detach_keys: str = ""
    window: Window | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """How to join the process of a container, which may be yet to be started.

    `tty` is whether it has a terminal.  With `removed` its end is over when the engine has
    removed the container.  `detach_keys` are those that the engine is to heed, as it
    writes them.
    """

    interactive: bool = False
    tty: bool = False
    removed: bool = False
    detach_keys: str = ""
