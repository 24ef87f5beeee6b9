"""What flows out of a container: frames → (stream, bytes).  Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

from composer.errors import AnswerLost, EngineError

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
