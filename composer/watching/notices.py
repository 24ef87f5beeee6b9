"""What changes below directories of this machine, as it happens.

Linux tells it by inotify, which says so when it has lost something; elsewhere a
library that hides that from us is asked.  Both speak in the words of this module.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeAlias

from composer.record import dataclass

Prune: TypeAlias = Callable[[str], bool]
"""Says of a directory that nothing below it is of interest."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """These paths came, went or changed, in that order; of a directory that came, all below too."""

    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Missed:
    """Something changed that nobody can tell any more: everything has to be looked at."""


@dataclass(frozen=True, slots=True)
class Unheard:
    """What happens in `directory` is not heard, and why; the rest is."""

    directory: str
    reason: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """All that changed before the moment `until`, in ns as files bear it, has been told."""

    until: int


Notice: TypeAlias = Noticed | Missed | Unheard | Heard


@dataclass(frozen=True, slots=True)
class Places:
    """Where to listen: below `trees`, in `directories` alone.  A tree may be a file, or missing."""

    trees: tuple[str, ...]
    directories: tuple[str, ...] = ()


class Notices(Protocol):
    """Iterate to hear what happens; it ends after `close`, which any thread may call.

    Nothing that happens after it was made is missed unheard.
    """

    def __iter__(self) -> Iterator[Notice]: ...

    def close(self) -> None: ...


def listen(places: Places, prune: Prune) -> Notices:
    """Return what is heard in `places` from now on, but not where `prune` says so."""
    if str(sys.platform) == "linux":
        from composer.watching.inotify import Inotify

        return Inotify(places, prune)
    from composer.watching.elsewhere import Elsewhere

    return Elsewhere(places, prune)


def without_those_below(paths: Iterable[str]) -> tuple[str, ...]:
    """Return `paths` without those that are below another one of them."""
    kept: list[str] = []
    for path in sorted(set(paths)):
        if not any(path == one or path.startswith(one.rstrip("/") + "/") for one in kept):
            kept.append(path)
    return tuple(kept)
