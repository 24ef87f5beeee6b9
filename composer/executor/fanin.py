"""Many blocking streams read as one: logs of all containers, events of the engine.

One thread reads each stream and posts what it reads to one queue; whoever
iterates is alone in acting on it.  There is room for so much of what is read: when
nobody takes anything, a container that talks too much waits in the engine, not in
memory.  Words from outside always find room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from queue import SimpleQueue
from threading import Lock, Semaphore, Thread
from typing import Generic, Protocol, TypeAlias, TypeVar

from composer.record import dataclass

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_ROOM = 2000


class Stream(Protocol[T_co]):
    """What is read: it blocks until there is something, and ends when it is closed."""

    def __iter__(self) -> Iterator[T_co]: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Arrived(Generic[T]):
    """`item` came out of the stream called `source`."""

    source: str
    item: T


@dataclass(frozen=True, slots=True)
class Ended:
    """The stream called `source` is over; `error` is why, if it broke."""

    source: str
    error: Exception | None = None


Message: TypeAlias = Arrived[T] | Ended


class FanIn(Generic[T]):
    """Streams by name.  Iteration ends when all have ended, or after `close`."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[tuple[Arrived[T] | Ended, bool] | None] = SimpleQueue()
        self._room = Semaphore(_ROOM)
        self._lock = Lock()
        self._open: dict[str, Stream[T] | None] = {}
        self._closed = False

    def add(self, source: str, open_stream: Callable[[], Stream[T]]) -> bool:
        """Read one more stream, opened on its own thread; False if `source` is being read."""
        with self._lock:
            if self._closed or source in self._open:
                return False
            self._open[source] = None
        Thread(
            target=self._read, args=(source, open_stream), name=f"composer-{source}", daemon=True
        ).start()
        return True

    def post(self, source: str, item: T) -> None:
        """Put in a word from outside, at once: who says it has more to do than to wait."""
        self._queue.put((Arrived(source, item), False))

    def __iter__(self) -> Iterator[Arrived[T] | Ended]:
        while not self._closed and (self._open or not self._queue.empty()):
            taken = self._queue.get()
            if taken is None:
                return
            message, was_read = taken
            if was_read:
                self._room.release()
            if isinstance(message, Ended):
                with self._lock:
                    self._open.pop(message.source, None)
            yield message

    def close(self) -> None:
        """End every stream and the iteration, from any thread."""
        with self._lock:
            self._closed = True
            streams = [stream for stream in self._open.values() if stream is not None]
            readers = len(self._open)
        for stream in streams:
            stream.close()
        self._room.release(readers + 1)  # so that nobody waits who has something to say
        self._queue.put(None)

    def _read(self, source: str, open_stream: Callable[[], Stream[T]]) -> None:
        error: Exception | None = None
        try:
            stream = open_stream()
            if not self._register(source, stream):
                stream.close()
                return
            for item in stream:
                self._room.acquire()
                if self._closed:
                    return
                self._queue.put((Arrived(source, item), True))
        except Exception as caught:  # a silent reader would leave the iteration asleep
            error = caught
        if not self._closed:
            self._queue.put((Ended(source, error), False))

    def _register(self, source: str, stream: Stream[T]) -> bool:
        with self._lock:
            if not self._closed:
                self._open[source] = stream
            return not self._closed
