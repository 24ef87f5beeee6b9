"""Answers that go on and on: read by one thread, closed by any, honest about being cut."""

from __future__ import annotations

import json
import select
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from io import BufferedReader
from time import sleep
from typing import Any, Protocol

from composer.engine.docker.http import HTTPConnection, HTTPException, HTTPResponse
from composer.errors import AnswerLost, EngineError

_SMALL = 8 * 1024
_BREATH = 0.001
_AT_ONCE = 128 * 1024


class _HasClose(Protocol):
    def close(self) -> None: ...


class _Flow:
    """A socket that one thread reads and any thread may close."""

    def __init__(self, plug: socket.socket, *readers: _HasClose) -> None:
        self._socket = plug
        self._readers = readers
        self._being_read = False
        self.closed = False

    def close(self) -> None:
        self.closed = True
        self._shut()
        if not self._being_read:
            self._release()

    def _shut(self) -> None:
        """End what others read or write: to close a socket does not wake them."""
        with suppress(OSError):  # not the method of a TLS socket, which forgets its state
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def _chunks(self, read: Callable[[int], bytes]) -> Iterator[bytes]:
        self._being_read = True
        try:
            while not self.closed and (chunk := read(_AT_ONCE)):
                yield chunk
        except (OSError, HTTPException, ValueError, AttributeError) as error:
            if not self.closed:
                raise AnswerLost(f"the engine broke off its answer ({why(error)})") from error
        finally:
            self._release()

    def _release(self) -> None:
        self._shut()
        for reader in (*self._readers, self._socket):
            reader.close()


class Download(_Flow):
    """The bytes of an answer, as they come.  A cut connection raises EngineError."""

    def __init__(
        self, connection: HTTPConnection, plug: socket.socket, response: HTTPResponse
    ) -> None:
        super().__init__(plug, response, connection)
        self._response = response
        self.headers = response.headers

    def __iter__(self) -> Iterator[bytes]:
        """Yield what arrives, at once; then let more come before it is looked at again.

        An engine sends each line of a log by itself, and to wake up for each of millions
        takes longer than all that is done with them.
        """
        for chunk in self._chunks(self._response.arrived):
            yield chunk
            if len(chunk) < _SMALL:
                sleep(_BREATH)

    def is_quiet(self, seconds: float) -> bool:
        """Say whether nothing arrives for so long; not before the first bytes were read."""
        pending = getattr(self._socket, "pending", None)  # TLS reads more than it gives
        if self.closed or (pending and pending()):
            return False
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return not poll.poll(seconds * 1000)


class Hijacked(_Flow):
    """Bytes both ways."""

    def __init__(self, connection: socket.socket, reader: BufferedReader) -> None:
        super().__init__(connection, reader)
        self._reader = reader

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks(self._reader.read1)

    def write(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError as error:
            if not self.closed:
                raise EngineError(f"the input is closed ({why(error)})") from error

    def close_input(self) -> None:
        with suppress(OSError):
            socket.socket.shutdown(self._socket, socket.SHUT_WR)


def json_lines(chunks: Iterable[bytes]) -> Iterator[Mapping[str, Any]]:
    """Yield the JSON of each line, wherever the chunks happen to be cut.  Raises AnswerLost."""
    buffer = b""
    for chunk in chunks:
        *whole, buffer = (buffer + chunk).split(b"\n")
        for line in whole:
            if line.strip():
                yield _object(line)
    if buffer.strip():
        yield _object(buffer)


def _object(line: bytes) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = json.loads(line)
    except ValueError:
        text = line[:100].decode(errors="replace").strip()
        raise AnswerLost(f"the engine broke off its answer in mid-line: {text}") from None
    return found


def why(error: Exception) -> str:
    """Return what went wrong, in the words of the system."""
    return str(error).lower() or type(error).__name__
