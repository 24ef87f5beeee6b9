"""inotify: what the kernel of Linux tells of directories.  The only module that imports it.

It tells of each directory alone, so those below are added one by one, and a new one is
listed after it was added: what came in before is found by that, what comes later is told.
A directory that moves is forgotten and added again where it arrives.
"""

from __future__ import annotations

import errno
import os
import select
import time
from collections.abc import Iterator
from contextlib import suppress
from threading import Lock

from inotify_simple import Event, INotify, flags

from composer.watching.notices import (
    Heard,
    Missed,
    Notice,
    Noticed,
    Places,
    Prune,
    Unheard,
    without_those_below,
)

_CONTENT = (
    flags.CREATE | flags.DELETE | flags.MOVED_FROM | flags.MOVED_TO
    | flags.CLOSE_WRITE | flags.MODIFY | flags.ATTRIB
)  # fmt: skip
_MASK = _CONTENT | flags.DELETE_SELF | flags.MOVE_SELF | flags.ONLYDIR | flags.EXCL_UNLINK
_TICK = 5
"""After how many milliseconds the kernel's clock should have ticked, by which files are dated."""

_COARSE = 5
"""Linux's CLOCK_REALTIME_COARSE, for which Python has no name."""

_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
_LIMIT = "fs.inotify.max_user_watches is how many directories may be watched: raise it with sysctl"


class Inotify:
    def __init__(self, places: Places, prune: Prune) -> None:
        self._trees = without_those_below(places.trees)
        self._alone = frozenset(places.directories)
        self._prune = prune
        self._kernel = INotify(nonblocking=True)
        self._until, self._done = os.pipe()
        self._lock = Lock()
        self._closed = False
        self._paths: dict[int, str] = {}
        self._numbers: dict[str, int] = {}
        self._whole: set[str] = set()
        self._unheard: dict[str, Unheard] = {}
        self._told: set[str] = set()
        self._listen_everywhere()

    def __iter__(self) -> Iterator[Notice]:
        yield from self._troubles()
        poll = select.poll()
        poll.register(self._kernel.fileno(), select.POLLIN)
        poll.register(self._until, select.POLLIN | select.POLLHUP)
        told, until = 0, 1
        try:
            while not self._closed:
                poll.poll(None if until > told else _TICK)
                until = _now()
                for notice in self._read():
                    yield notice
                    told = _now()  # within this tick more may have happened
                yield Heard(until)
            yield from self._read()  # what happened before the end, and nobody has taken yet
        finally:
            self._release()

    def close(self) -> None:
        with self._lock:
            if not self._closed:
                self._closed = True
                os.close(self._done)

    def _release(self) -> None:
        self.close()
        self._kernel.close()
        os.close(self._until)

    def _read(self) -> Iterator[Notice]:
        paths: dict[str, None] = {}
        missed = False
        for event in self._kernel.read(timeout=0):
            if event.mask & flags.Q_OVERFLOW:
                missed = True
            else:
                for path in self._happened(event):
                    paths.pop(path, None)
                    paths[path] = None
        if missed:
            self._listen_everywhere()
        yield from self._troubles()
        if paths:
            yield Noticed(tuple(paths))
        if missed:
            yield Missed()

    def _troubles(self) -> Iterator[Unheard]:
        """Yield what is not heard, each once."""
        for which in sorted(self._unheard.keys() - self._told):
            self._told.add(which)
            yield self._unheard[which]

    def _happened(self, event: Event) -> Iterator[str]:
        """Yield the paths that an event is about."""
        directory = self._paths.get(event.wd)
        if directory is None:
            return
        if event.mask & (flags.IGNORED | flags.UNMOUNT):
            self._paths.pop(event.wd, None)
            self._numbers.pop(directory, None)
            return
        if event.mask & (flags.DELETE_SELF | flags.MOVE_SELF):
            if directory in self._trees or directory in self._whole:
                yield directory
            if any(self._leads_to(directory, tree) for tree in self._trees):
                self._forget(directory)
                yield from self._found_again()
            return
        path = os.path.join(directory, event.name) if event.name else directory
        if directory in self._whole or directory in self._alone:
            yield path
        if event.mask & flags.ISDIR:
            if event.mask & (flags.MOVED_FROM | flags.DELETE):
                self._forget(path)
            if event.mask & (flags.CREATE | flags.MOVED_TO) and directory in self._whole:
                yield from self._add_tree(path, tell=True)
        if directory not in self._whole:
            yield from self._found_again()

    def _found_again(self) -> Iterator[str]:
        """Yield what is there of trees that were missing, and come nearer to the others."""
        for tree in self._trees:
            if tree not in self._numbers:
                yield from self._begin(tree, tell=True)

    def _listen_everywhere(self) -> None:
        for directory in self._alone:
            self._add(directory)
        for tree in self._trees:
            for _ in self._begin(tree, tell=False):
                pass
        for directory in sorted(self._whole):  # what came while nothing was heard
            for _ in self._add_tree(directory, tell=False):
                pass

    def _begin(self, tree: str, *, tell: bool) -> Iterator[str]:
        """Listen to a tree; to the nearest directory above it if there is none."""
        if os.path.isdir(tree) and not os.path.islink(tree):
            if tell:
                yield tree
            yield from self._add_tree(tree, tell=tell)
            return
        above = os.path.dirname(tree)
        while not self._add(above) and above != "/":
            above = os.path.dirname(above)
        if os.path.lexists(tree):
            self._alone |= {os.path.dirname(tree)}
            if tell:
                yield tree

    @staticmethod
    def _leads_to(directory: str, tree: str) -> bool:
        return tree == directory or tree.startswith(directory.rstrip("/") + "/")

    def _add_tree(self, top: str, *, tell: bool) -> Iterator[str]:
        """Listen to a directory and all below it, and yield what is in there."""
        waiting = [top]
        while waiting:
            directory = waiting.pop()
            if self._prune(directory) or not self._add(directory):
                continue
            self._whole.add(directory)
            try:
                with os.scandir(directory) as entries:
                    for entry in sorted(entries, key=lambda one: one.name):
                        if tell:
                            yield entry.path
                        if entry.is_dir(follow_symlinks=False):
                            waiting.append(entry.path)
            except OSError as error:
                self._not_heard(directory, error)

    def _add(self, directory: str) -> bool:
        """Listen to one directory; return whether it is there."""
        try:
            number = self._kernel.add_watch(directory, _MASK)
        except OSError as error:
            if error.errno not in _GONE:
                self._not_heard(directory, error)
            return False
        self._paths[number] = directory
        self._numbers[directory] = number
        return True

    def _not_heard(self, directory: str, error: OSError) -> None:
        if error.errno in _GONE:
            return
        if error.errno == errno.ENOSPC:  # one word for all of them
            reason = "the kernel watches no more directories for this user"
            self._unheard.setdefault("", Unheard(directory, reason, _LIMIT))
        else:
            reason = (error.strerror or str(error)).lower()
            self._unheard.setdefault(directory, Unheard(directory, reason))

    def _forget(self, top: str) -> None:
        """Listen no more to a directory that went away, and to all that went with it."""
        below = top.rstrip("/") + "/"
        for directory in [one for one in self._numbers if one == top or one.startswith(below)]:
            number = self._numbers.pop(directory)
            self._paths.pop(number, None)
            self._whole.discard(directory)
            with suppress(OSError):  # it is gone, and its watch with it
                self._kernel.rm_watch(number)


def _now() -> int:
    """Return the moment with which the kernel dates a file that changes now, in ns."""
    return time.clock_gettime_ns(_COARSE)
