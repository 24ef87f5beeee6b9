"""What has changed on this machine and nobody has acted upon yet, in the order of its changes."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable

from composer.watching.tree import Stamp, alike, by_time, is_directory, look

QUIET = 0.01
"""For how many seconds nothing may change before what changed is acted upon."""

LONGEST = 0.2
"""After how many seconds it is acted upon all the same."""

_RACY = 0.1
"""For how many seconds after a change another one may leave the same times behind."""

_ODD = 10**9
"""By how many ns a file is dated later than now only where another machine keeps it."""


class Changes:
    """What is `known` of paths; `note` which may have changed, and `take` those that have.

    Of two files the one that changed first is taken first, or both are at once.  What is
    looked at may have changed since it was heard of, and after something that is not heard
    of yet: it is `early`, and waits until all is heard that came before.
    """

    def __init__(self) -> None:
        self.known: dict[str, Stamp] = {}
        self._noted: dict[str, None] = {}
        self._first = self._last = 0.0
        self._heard: int | None = None
        self._early: dict[str, float] = {}

    def heard(self, until: int | None) -> None:
        """Note before which moment all changes were heard of; None: nobody can tell."""
        self._heard = until

    def note(self, paths: Iterable[str]) -> None:
        now = time.monotonic()
        self._first = self._first if self._noted else now
        self._last = now
        for path in paths:
            self._noted.pop(path, None)
            self._noted[path] = None

    def due(self) -> float | None:
        """Return when to take what was noted, by the monotonic clock; None for nothing."""
        return min(self._last + QUIET, self._first + LONGEST) if self._noted else None

    def take(self, trees: Collection[str], now: float) -> tuple[Collection[str], list[str]]:
        """Return what was noted, and what of it is not as it was, or was below what is gone."""
        noted, self._noted = self._noted, {}
        since, self._early = self._early, {}
        moved: dict[str, None] = {}
        for path in noted:
            stamp = look(path)
            if self._is_early(stamp) and now - since.get(path, now) < LONGEST:
                self._early[path] = since.get(path, now)
            else:
                self._compare(path, stamp, trees, moved)
        if self._early:
            self.note(self._early)
        return noted, by_time(moved, self.known)

    def _is_early(self, stamp: Stamp | None) -> bool:
        """Say whether something that is not heard of yet may have changed before."""
        ahead = stamp.st_ctime_ns - self._heard if stamp and self._heard is not None else -1
        return 0 <= ahead < _ODD

    def _compare(
        self, path: str, new: Stamp | None, trees: Collection[str], moved: dict[str, None]
    ) -> None:
        old = self.known.get(path)
        if new is None:
            self.known.pop(path, None)
            if is_directory(old) or (old is None and path in trees):
                below = path.rstrip("/") + "/"
                for one in [one for one in self.known if one.startswith(below)]:
                    del self.known[one]
                    moved[one] = None
            if path not in trees or not is_directory(old):
                moved[path] = None  # the directory that a rule names stays, with what others put in
        elif path in trees and is_directory(new):
            self.known[path] = new  # what it is in containers is not for us to say
        elif not alike(old, new) or _is_racy(new):
            self.known[path] = new
            moved.pop(path, None)
            moved[path] = None


def _is_racy(stamp: Stamp) -> bool:
    """Say whether a path changed so recently that its times do not tell one change from another."""
    return time.time() - max(stamp.st_mtime, stamp.st_ctime) < _RACY
