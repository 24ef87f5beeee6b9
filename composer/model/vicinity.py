"""What else is where the engine runs: other projects' containers, processes, files.

Looked at once something is to be made or started, and handed to the planner as values.
"""

from __future__ import annotations

from collections.abc import Mapping

from composer.errors import EngineError
from composer.model.observed import ObservedContainer
from composer.record import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The engine's machine, as seen from here.

    `remote` is the engine's address when it runs on another machine.  `files` says
    that it sees the files which we see, `builds` that builds read theirs from here.
    `process` is one that lives in the network in which ports are published, None when
    there is none that we can see.  `superuser` says that the engine reads every file.
    """

    remote: str = ""
    files: bool = False
    builds: bool = False
    process: int | None = None
    superuser: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A socket that takes a port.  `address` is 0.0.0.0 or :: for all of them.

    `process` and `pid` are "" and 0 when we may not know them; `container` is the id of
    the container that the process lives in, "" for none.
    """

    port: int
    protocol: str
    address: str
    process: str = ""
    pid: int = 0
    container: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wants:
    """What a plan takes: (port, protocol), paths that must be there, and images to pull.

    `files` are those that the engine mounts, `contexts` those that builds read; `names` are
    of containers, `networks` those in which others may be in the way.
    """

    ports: frozenset[tuple[int, str]] = frozenset()
    files: frozenset[str] = frozenset()
    contexts: frozenset[str] = frozenset()
    images: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    networks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Vicinity:
    """`containers` run, whatever their project; `bearers` have names that are wanted.

    `unusable` maps a path to why it cannot be had,
    `refused` maps an image to what its registry said instead of giving it away; one whose
    registry was not reached is not in it.  `remote` is the engine's address when it runs
    on another machine.
    """

    containers: tuple[ObservedContainer, ...] = ()
    bearers: Mapping[str, ObservedContainer] = field(default_factory=dict)
    listeners: tuple[Listener, ...] = ()
    unusable: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, EngineError] = field(default_factory=dict)
    remote: str = ""
