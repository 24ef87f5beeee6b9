"""A command that is run in a container which runs already."""

from __future__ import annotations

from composer.record import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """`environment` are `KEY=VALUE`; who is not `interactive` finds its input at its end.

    Without a user or a directory the command has those of the container.
    """

    words: tuple[str, ...]
    environment: tuple[str, ...] = ()
    interactive: bool = False
    privileged: bool = False
    tty: bool = False
    user: str | None = None
    workdir: str | None = None
