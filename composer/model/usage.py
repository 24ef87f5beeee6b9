"""What containers use: their processes, and samples of what they have taken so far."""

from __future__ import annotations

from composer.record import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Processes:
    """The processes of a container as the engine's host tells them, a tuple for each.

    `titles` are those of the columns; which there are depends on the host.
    """

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What a container has used up to a moment, and what it uses then.

    `cpu` and `system` are nanoseconds of processor time, of the container and of all
    `cpus` of its host together; only the difference of two samples says how busy it is.
    The others are in bytes.  A limit is None where there is none; `memory_limit` then is
    what the host has.
    """

    cpu: int = 0
    system: int = 0
    cpus: int = 0
    memory: int = 0
    memory_limit: int = 0
    received: int = 0
    sent: int = 0
    read: int = 0
    written: int = 0
    pids: int = 0
    pids_limit: int | None = None
