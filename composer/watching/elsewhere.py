"""Changes of files where there is no inotify.  The only module that imports watchfiles.

It does not say when it has lost something, but it can have lost only where much
happened: after that everything is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from os.path import dirname, exists, isdir
from queue import SimpleQueue
from threading import Event, Thread

from composer.watching.notices import (
    Missed,
    Notice,
    Noticed,
    Places,
    Prune,
    Unheard,
    without_those_below,
)

_MANY = 1000
_QUIET = 20
"""For how many milliseconds nothing may happen before what happened is told."""


class Elsewhere:
    def __init__(self, places: Places, prune: Prune) -> None:
        self._prune = prune
        self._trees = places.trees
        self._alone = places.directories
        self._stop = Event()
        self._inbox: SimpleQueue[Notice | None] = SimpleQueue()
        trees = without_those_below(_existing(tree) for tree in places.trees)
        for paths, recursive in ((trees, True), (places.directories, False)):
            if paths:
                self._start(paths, recursive=recursive)

    def __iter__(self) -> Iterator[Notice]:
        while (notice := self._inbox.get()) is not None:
            yield notice

    def close(self) -> None:
        self._stop.set()
        self._inbox.put(None)

    def _start(self, paths: tuple[str, ...], *, recursive: bool) -> None:
        ready = Event()
        arguments = (paths, recursive, ready)
        Thread(target=self._listen, args=arguments, name="composer-files", daemon=True).start()
        ready.wait()

    def _listen(self, paths: tuple[str, ...], recursive: bool, ready: Event) -> None:
        from watchfiles import watch

        try:
            changes = watch(
                *paths,
                watch_filter=None,
                debounce=10 * _QUIET,
                step=_QUIET,
                stop_event=self._stop,
                rust_timeout=_QUIET,
                yield_on_timeout=True,
                recursive=recursive,
                ignore_permission_denied=True,
                raise_interrupt=False,
            )
            for batch in changes:
                ready.set()
                self._tell(path for _, path in batch)
        except (OSError, RuntimeError) as error:
            self._inbox.put(Unheard(paths[0], str(error).lower()))
        finally:
            ready.set()

    def _tell(self, changed: Iterator[str]) -> None:
        paths = sorted(path for path in set(changed) if not self._prune(dirname(path)))
        if paths:
            self._inbox.put(Noticed(tuple(paths)))
        if len(paths) >= _MANY or any(isdir(path) for path in paths):
            self._inbox.put(Missed())


def _existing(path: str) -> str:
    """Return `path`, or the nearest directory above it that is there."""
    with suppress(ValueError):
        while not exists(path) and path != "/":
            path = dirname(path)
    return path
