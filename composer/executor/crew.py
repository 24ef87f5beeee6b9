"""Threads that carry out one task at a time, at most so many, made when there is work for one.

What `concurrent.futures` does, which imports logging and keeps a lock for each task.  One
thread, the coordinator, hands out the tasks; whoever takes one posts its result itself.
"""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeAlias

_Task: TypeAlias = tuple[Callable[..., None], tuple[Any, ...]]


class Crew:
    """At most `most` workers.  A task must not raise."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._size = 0
        self._given = 0
        self._done: list[None] = []

    def do(self, task: Callable[..., None], *arguments: Any) -> None:
        """Have a worker carry out `task`; the next one that is free, when all are at work."""
        self._given += 1
        if self._size < self._most and self._given - len(self._done) > self._size:
            self._size += 1
            name = f"composer-worker-{self._size}"
            Thread(target=self._work, name=name, daemon=True).start()
        self._tasks.put((task, arguments))

    def dismiss(self) -> None:
        """Let the workers go, each after its task; tasks that nobody has begun are forgotten."""
        try:
            while True:
                self._tasks.get_nowait()
        except Empty:
            pass
        for _ in range(self._size):
            self._tasks.put(None)

    def _work(self) -> None:
        while (given := self._tasks.get()) is not None:
            task, arguments = given
            task(*arguments)
            self._done.append(None)
