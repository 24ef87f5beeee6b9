"""The output of a container as the engine sends it → lines, a batch for each piece that arrives.

Every line begins with the engine's time stamp.  Docker cuts lines of more than 16 KiB and
puts the stamp of the line before each part; a last line needs no end.  Lines are what
there may be millions of: the loop does as little as possible for a usual one, which is a
frame of its own.
"""

from __future__ import annotations

import struct
from typing import Any

from composer.errors import AnswerLost, EngineError
from composer.model.events import STDERR, STDOUT, LogBatch

_HEADER = struct.Struct(">BxxxL")
_FAILURE = 3
_STAMP = 30
"""How long a stamp is: 2026-01-31T12:00:00.000000000Z."""
_PART = 16384


class _Open:
    """A line whose end has not come yet."""

    __slots__ = ("last", "stamp", "text")

    def __init__(self, stamp: bytes, text: bytes) -> None:
        self.stamp = stamp
        self.text = bytearray(text)
        self.last = len(text)

    def goes_on(self, stamp: bytes) -> bool:
        """Say whether what comes next is of this line: one without an end may just be over."""
        return stamp == self.stamp or self.last == _PART

    def add(self, text: bytes) -> None:
        self.text += text
        self.last = len(text)


class Frames:
    """Lines of a container without a terminal: each frame says of which stream it is."""

    def __init__(self, container: str) -> None:
        self._container = container
        self._rest = b""
        self._open: dict[int, _Open] = {}

    def batch(self, chunk: bytes) -> LogBatch:
        """Return the lines that end in `chunk`, wherever that was cut."""
        buffer = self._rest + chunk if self._rest else chunk
        batch = LogBatch(self._container, [], [], bytearray())
        add_text, add_time, add_stream = (
            batch.texts.append,
            batch.times.append,
            batch.streams.append,
        )
        unpack, find, unfinished = _HEADER.unpack_from, buffer.find, self._open
        at, last = 0, len(buffer) - 8
        while at <= last:
            stream, size = unpack(buffer, at)
            text = at + 8
            end = text + size
            if end - 8 > last:
                break
            space = text + _STAMP
            if find(b"\n", text, end) == end - 1 > space and buffer[space] == 32 and not unfinished:
                add_time(buffer[text:space])
                add_text(buffer[space + 1 : end - 1])
                add_stream(stream)
            elif size:
                self._unusual(stream, buffer[text:end], batch)
            at = end
        self._rest = buffer[at:]
        return batch

    def rest(self) -> LogBatch:
        """Return the lines that have no end.  Raises AnswerLost if a frame has none."""
        if self._rest:
            raise AnswerLost("the engine broke off in the middle of the output")
        batch = LogBatch(self._container, [], [], bytearray())
        for stream, line in self._open.items():
            _add(batch, line.stamp, bytes(line.text), stream)
        self._open.clear()
        return batch

    def _unusual(self, stream: int, content: bytes, batch: LogBatch) -> None:
        """Take a frame that is not just one whole line."""
        if stream == _FAILURE:
            raise EngineError(content.decode(errors="replace").strip())
        stream = STDERR if stream == STDERR else STDOUT
        *whole, part = content.split(b"\n")
        for line in whole:
            self._take(stream, line, batch)
            done = self._open.pop(stream)
            _add(batch, done.stamp, bytes(done.text), stream)
        if part:
            self._take(stream, part, batch)

    def _take(self, stream: int, line: bytes, batch: LogBatch) -> None:
        """Put a line, or a part of one, behind what there is of it."""
        stamp, _, text = line.partition(b" ")
        known = self._open.get(stream)
        if known is not None and known.goes_on(stamp):
            known.add(text)
            return
        if known is not None:
            _add(batch, known.stamp, bytes(known.text), stream)
        self._open[stream] = _Open(stamp, text)


class Terminal:
    """Lines of a container with a terminal: one stream, carriage returns at their ends."""

    def __init__(self, container: str) -> None:
        self._container = container
        self._rest = bytearray()

    def batch(self, chunk: bytes) -> LogBatch:
        self._rest += chunk
        if b"\n" not in chunk:  # a line may be long, and come in small pieces
            return self._batch([])
        *whole, rest = bytes(self._rest).split(b"\n")
        self._rest = bytearray(rest)
        return self._batch(whole)

    def rest(self) -> LogBatch:
        rest, self._rest = bytes(self._rest), bytearray()
        return self._batch([rest] if rest else [])

    def _batch(self, lines: list[bytes]) -> LogBatch:
        batch = LogBatch(self._container, [], [], bytearray())
        for line in lines:
            stamp, space, text = line.partition(b" ")
            if len(text) > _PART:
                text = _joined(text, stamp + space)
            _add(batch, stamp, text.removesuffix(b"\r"), STDOUT)
        return batch


def _joined(text: bytes, stamp: bytes) -> bytes:
    """Return a long line without the stamps before its further parts."""
    parts = []
    while len(text) > _PART and text.startswith(stamp, _PART):
        parts.append(text[:_PART])
        text = text[_PART + len(stamp) :]
    return b"".join([*parts, text])


def _add(batch: LogBatch, stamp: bytes, text: bytes, stream: int) -> None:
    texts: Any = batch.texts
    texts.append(text)
    batch.times.append(stamp)
    batch.streams.append(stream)
