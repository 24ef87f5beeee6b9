"""What flows out of a container: frames → (stream, bytes) → lines.  Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

from composer.errors import AnswerLost, EngineError
from composer.model.events import LogLine

Piece = tuple[str, bytes]

_HEADER = struct.Struct(">BxxxL")
_STREAMS = {0: "stdout", 1: "stdout", 2: "stderr"}


def demultiplexed(chunks: Iterable[bytes]) -> Iterator[Piece]:
    """Yield stream and bytes of each frame, wherever the chunks happen to be cut.

    A frame that ends too early raises AnswerLost: the connection was cut.
    """
    buffer = bytearray()
    for chunk in chunks:
        buffer += chunk
        while len(buffer) >= _HEADER.size:
            stream, size = _HEADER.unpack_from(buffer)
            end = _HEADER.size + size
            if len(buffer) < end:
                break
            data = bytes(buffer[_HEADER.size : end])
            del buffer[:end]
            if stream == 3:
                raise EngineError(data.decode(errors="replace").strip())
            if data:
                yield _STREAMS.get(stream, "stdout"), data
    if buffer:
        raise AnswerLost("the engine broke off in the middle of the output")


def raw(chunks: Iterable[bytes]) -> Iterator[Piece]:
    """Yield what a terminal shows: one stream, no frames."""
    for chunk in chunks:
        yield "stdout", chunk


def lines(
    pieces: Iterable[Piece], container: str, *, timestamps: bool, tty: bool = False
) -> Iterator[LogLine]:
    """Yield whole lines.  One that comes in parts is joined, a last one needs no line end.

    Docker cuts lines of more than 16 KiB and puts the line's time stamp before
    each part.
    """
    unfinished: dict[str, bytes] = {}
    for stream, data in pieces:
        *whole, rest = (unfinished.pop(stream, b"") + data).split(b"\n")
        for text in whole:
            yield _line(text, stream, container, timestamps, tty)
        if rest:
            unfinished[stream] = rest
    for stream, text in unfinished.items():
        yield _line(text, stream, container, timestamps, tty)


def _line(text: bytes, stream: str, container: str, timestamps: bool, tty: bool) -> LogLine:
    if tty:
        text = text.removesuffix(b"\r")
    if not timestamps:
        return LogLine(container, text, stream)
    stamp, space, text = text.partition(b" ")
    return LogLine(container, text.replace(stamp + space, b""), stream, stamp.decode())
