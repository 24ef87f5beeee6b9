"""What is said while something more important goes on, which must not wait for the terminal."""

from __future__ import annotations

from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from types import TracebackType
from typing import TypeVar

T = TypeVar("T")


class Aside:
    """Does what it is told in that order, on a thread of its own.

    At the end it is waited for, `patience` seconds at most: who should read what is said may
    be away.  What went wrong is raised then; until then the rest is done all the same.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._work: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._bug: BaseException | None = None
        self._thread = Thread(target=self._run, name="composer-aside", daemon=True)

    def __enter__(self) -> Aside:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._work.put(None)
        self._thread.join(self._patience)
        if self._bug is not None and isinstance(error, Exception | None):
            raise self._bug

    def do(self, work: Callable[[], object]) -> None:
        self._work.put(work)

    def told(self, hear: Callable[[T], object]) -> Callable[[T], None]:
        """Return what has `hear` called aside."""
        return lambda said: self.do(lambda: hear(said))

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            try:
                work()
            except OSError:
                pass  # nobody listens
            except BaseException as bug:  # a thread that is gone would do nothing more
                self._bug = self._bug or bug
