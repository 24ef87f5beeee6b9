"""What is on this machine: paths, with what `lstat` says of them."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Mapping
from stat import S_ISDIR
from typing import TypeAlias

from composer.ignorefile import patterns_of
from composer.model.service import Service
from composer.model.watch import IgnoreFile, Unread
from composer.record import dataclass, field
from composer.watching.notices import Prune, without_those_below

Stamp: TypeAlias = os.stat_result
_GONE = (FileNotFoundError, NotADirectoryError)


@dataclass(slots=True)
class Survey:
    """All paths below some trees, and the directories that could not be looked into."""

    stamps: dict[str, Stamp] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)


def look(path: str) -> Stamp | None:
    """Return what is at `path`, None for nothing, and for what may not be looked at."""
    try:
        return os.lstat(path)
    except (OSError, ValueError):
        return None


def is_directory(stamp: Stamp | None) -> bool:
    return stamp is not None and S_ISDIR(stamp.st_mode)


def alike(one: Stamp | None, other: Stamp | None) -> bool:
    """Say whether nothing has happened between two looks; of a directory its mode counts."""
    if one is None or other is None:
        return one is other
    if (one.st_mode, one.st_ino) != (other.st_mode, other.st_ino):
        return False
    if S_ISDIR(one.st_mode):
        return True
    return (one.st_size, one.st_mtime_ns, one.st_ctime_ns) == (
        *(other.st_size, other.st_mtime_ns, other.st_ctime_ns),
    )


def survey(trees: Iterable[str], prune: Prune) -> Survey:
    """Return all that is below `trees`, but not where `prune` says so."""
    found = Survey()
    for tree in without_those_below(trees):
        if (stamp := look(tree)) is not None:
            found.stamps[tree] = stamp
            if S_ISDIR(stamp.st_mode):
                _walk(tree, prune, found)
    return found


def differences(before: Mapping[str, Stamp], now: Mapping[str, Stamp]) -> list[str]:
    """Return the paths that came, went or changed, what is gone last."""
    changed = [path for path, stamp in now.items() if not alike(before.get(path), stamp)]
    return [*changed, *(path for path in before if path not in now)]


def by_time(paths: Iterable[str], known: Mapping[str, Stamp]) -> list[str]:
    """Return paths as they changed: what came with a directory was heard of in another order.

    What is gone comes first.  A kernel's clock ticks every few milliseconds only: of one tick
    is first what was written first, else what was heard of first.
    """

    def moment(path: str) -> tuple[int, int]:
        stamp = known.get(path)
        return (stamp.st_ctime_ns, stamp.st_mtime_ns) if stamp is not None else (0, 0)

    return sorted(paths, key=moment)


def as_known(
    now: Mapping[str, Stamp], before: Mapping[str, Stamp], trees: Iterable[str], prune: Prune
) -> dict[str, Stamp]:
    """Return what is known of the paths `now`: where `trees` were looked at, what was known then.

    So `differences` are what has happened since then, and all is as it is where nobody had
    looked.
    """
    tops = frozenset(trees)
    looked_into: set[str] = set()
    left = (path for path in before if path not in now and not os.path.lexists(path))
    known = {path: before[path] for path in left}
    for path, stamp in now.items():  # a directory comes before what is in it
        if path not in tops and posixpath.dirname(path) not in looked_into:
            known[path] = stamp
            continue
        if path in before:
            known[path] = before[path]
        if S_ISDIR(stamp.st_mode) and not prune(path):
            looked_into.add(path)
    return known


def ignore_file(service: Service) -> IgnoreFile | None:
    """Return what the ignore file of a service's build context says, None without a context.

    One that belongs to the Dockerfile counts instead of that of the context.  Raises OSError.
    """
    if service.build is None or not service.build.context.startswith("/"):
        return None
    context = os.path.realpath(service.build.context)  # as are the paths of rules
    own = f"{service.build.dockerfile or 'Dockerfile'}.dockerignore"
    for name in (own, ".dockerignore"):
        path = posixpath.join(context, name)
        try:
            with open(path, encoding="utf-8", errors="surrogateescape") as file:
                return IgnoreFile(root=context, path=path, patterns=tuple(patterns_of(file.read())))
        except _GONE:
            continue
    return IgnoreFile(root=context)


def _walk(top: str, prune: Prune, found: Survey) -> None:
    waiting = [top]
    while waiting:
        directory = waiting.pop()
        if prune(directory):
            continue
        try:
            with os.scandir(directory) as entries:
                for entry in sorted(entries, key=lambda one: one.name):
                    if (stamp := look(entry.path)) is not None:
                        found.stamps[entry.path] = stamp
                        if S_ISDIR(stamp.st_mode):
                            waiting.append(entry.path)
        except _GONE:
            continue
        except OSError as error:
            found.unread.append(Unread(directory, (error.strerror or "unreadable").lower()))
