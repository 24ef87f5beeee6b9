"""What is said while something more important goes on, which must not wait for the terminal."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from types import TracebackType
from typing import TypeVar

T = TypeVar("T")


class Aside:
    """Does what it is told in that order, on a thread of its own.

    At the end it is waited for, `patience` seconds at most: who should read what is said may
    be away.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._work: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
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

    def do(self, work: Callable[[], object]) -> None:
        self._work.put(work)

    def told(self, hear: Callable[[T], object]) -> Callable[[T], None]:
        """Return what has `hear` called aside."""
        return lambda said: self.do(lambda: hear(said))

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            with suppress(OSError):  # nobody listens
                work()
