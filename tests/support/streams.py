"""The fake engine's streams: events, logs, and commands in containers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from queue import SimpleQueue

from composer.actions.moments import parse_moment
from composer.errors import EngineError
from composer.model.events import LogBatch, LogLine
from composer.model.observed import EngineEvent


class FakeEvents:
    """What the engine posts, until closed; `break_off` ends it like a cut connection."""

    def __init__(self, project: str, forget: Callable[[FakeEvents], None]) -> None:
        self.project = project
        self._forget = forget
        self._inbox: SimpleQueue[EngineEvent | EngineError | None] = SimpleQueue()

    def post(self, event: EngineEvent) -> None:
        self._inbox.put(event)

    def break_off(self) -> None:
        self._inbox.put(EngineError("the engine ended its stream of events"))

    def close(self) -> None:
        self._forget(self)
        self._inbox.put(None)

    def __iter__(self) -> Iterator[EngineEvent]:
        while (item := self._inbox.get()) is not None:
            if isinstance(item, EngineError):
                raise item
            yield item
        self._inbox.put(None)


def within(time: int, since: str | None, until: str | None) -> bool:
    """Say whether a moment in nanoseconds lies between two in seconds."""
    after = since is None or time >= parse_moment(since, 0)
    return after and (until is None or time <= parse_moment(until, 0))


class FakeLogs:
    """`read(position, waits)` returns further lines, waiting for them or not; None is the end."""

    def __init__(
        self,
        read: Callable[[int, bool], list[LogLine] | None],
        wake: Callable[[], None],
        since: str | None,
        until: str | None,
        *,
        timestamps: bool,
        follow: bool,
        halts: bool,
    ) -> None:
        self._read = read
        self._wake = wake
        self._since = since
        self._until = until
        self._timestamps = timestamps
        self._follow = follow
        self._halts = halts
        self._position = 0
        self.closed = False

    def close(self) -> None:
        self.closed = True
        self._wake()

    def __iter__(self) -> Iterator[LogLine]:
        for batch in self.batches():
            for line in batch.lines():
                yield line if self._timestamps else replace(line, time="")

    def batches(self) -> Iterator[LogBatch]:
        waits, self._halts = self._follow and not self._halts, False
        while not self.closed and (lines := self._read(self._position, waits)) is not None:
            self._position += len(lines)
            for line in filter(self._wanted, lines):
                if self.closed:
                    return
                stream = bytearray([2 if line.stream == "stderr" else 1])
                yield LogBatch(line.container, [line.text], [line.time.encode()], stream)

    def _wanted(self, line: LogLine) -> bool:
        """Say whether `line` is within the times asked for, seconds or time stamps."""
        time = parse_moment(line.time, 0)
        since = parse_moment(self._since, 0) if self._since else time
        until = parse_moment(self._until, 0) if self._until else time
        return since <= time <= until


class FakeExec:
    """A command that has said what it says; one that reads echoes its input."""

    def __init__(
        self, output: list[tuple[str, bytes]], exit_code: int, *, reads: bool, tty: bool
    ) -> None:
        self._inbox: SimpleQueue[tuple[str, bytes] | None] = SimpleQueue()
        self._exit_code = exit_code
        self._tty = tty
        self.size: tuple[int, int] | None = None
        for stream, data in output:
            self._put(stream, data)
        if not reads:
            self._inbox.put(None)

    def _put(self, stream: str, data: bytes) -> None:
        if self._tty:
            stream, data = "stdout", data.replace(b"\n", b"\r\n")
        self._inbox.put((stream, data))

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        while (item := self._inbox.get()) is not None:
            yield item
        self._inbox.put(None)

    def write(self, data: bytes) -> None:
        self._put("stdout", data)

    def close_input(self) -> None:
        self._inbox.put(None)

    def resize(self, rows: int, columns: int) -> None:
        self.size = (rows, columns)

    def close(self) -> None:
        self._inbox.put(None)

    def exit_code(self) -> int:
        return self._exit_code
