"""A proxy in front of the engine's socket that is bad at its job.

Each request meets a fate: it passes, waits, is cut off before it is forwarded, or
after that and before its answer, or in the middle of its answer, or is answered
with 500 by the proxy itself.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from support.sockets import accept


class Kind(Enum):
    PASSED = "passed"
    DELAYED = "delayed"
    CUT_BEFORE = "cut before the request was forwarded"
    CUT_AFTER = "cut before the answer was passed on"
    CUT_WITHIN = "cut in the middle of the answer"
    REFUSED = "answered with 500"


@dataclass(frozen=True)
class Fate:
    """`seconds` is for how long a request waits; `bytes` how much of an answer passes."""

    kind: Kind = Kind.PASSED
    seconds: float = 0
    bytes: int = 0


PASS = Fate()
_END = b"\r\n0\r\n\r\n"
_REFUSAL = (
    b"HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\n"
    b"Content-Length: 13\r\n\r\nproxy failure"
)


class Proxy:
    """Listens at `path`.  `fates` is asked for each request, "POST /v1.41/containers/create"."""

    def __init__(self, upstream: Path, path: Path) -> None:
        self.path = path
        self.fates: Callable[[str], Fate] = lambda request: PASS
        self.met: list[tuple[str, Kind]] = []
        self._upstream = upstream
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(256)
        accept(self._listener, self._serve)

    @property
    def host(self) -> str:
        return f"unix://{self.path}"

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.path.unlink(missing_ok=True)

    def _serve(self, plug: socket.socket) -> None:
        with suppress(OSError), plug, socket.socket(socket.AF_UNIX) as upstream:
            upstream.connect(str(self._upstream))
            client, engine = End(plug), End(upstream)
            while (head := client.head()) and self._pass_on(head, client, engine):
                pass

    def _pass_on(self, head: bytes, client: End, engine: End) -> bool:
        """Pass on one request and its answer; say whether the connection goes on."""
        request = b" ".join(head.split(b" ", 2)[:2]).decode()
        fate = self.fates(request)
        self.met.append((request, fate.kind))
        body = client.read(int(_header(head, b"content-length") or 0))
        if fate.kind is Kind.CUT_BEFORE:
            return False
        if fate.kind is Kind.REFUSED:
            client.plug.sendall(_REFUSAL)
            return True
        time.sleep(fate.seconds)
        engine.plug.sendall(head + body)
        if b"chunked" in _header(head, b"transfer-encoding"):
            return _pipe(client, engine)
        reply = engine.head()
        if fate.kind is Kind.CUT_AFTER or not reply:
            return False
        client.plug.sendall(reply)
        if _header(head, b"upgrade"):
            return _pipe(client, engine)
        limit = fate.bytes if fate.kind is Kind.CUT_WITHIN else None
        return _answer(reply, client, engine, limit)


class End:
    """One of the two sockets, and what has been read from it too early."""

    def __init__(self, plug: socket.socket) -> None:
        self.plug = plug
        self.buffer = b""

    def head(self) -> bytes:
        """Return a message up to its empty line, b"" at the end."""
        while b"\r\n\r\n" not in self.buffer:
            data = self.plug.recv(65536)
            if not data:
                return b""
            self.buffer += data
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        return head + b"\r\n\r\n"

    def read(self, size: int) -> bytes:
        while len(self.buffer) < size:
            data = self.plug.recv(65536)
            if not data:
                break
            self.buffer += data
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def some(self, other: End) -> bytes:
        """Return what comes next; b"" at the end, and when the `other` one has ended."""
        data, self.buffer = self.buffer, b""
        if data:
            return data
        ready, _, _ = select.select([self.plug, other.plug], [], [])
        return self.plug.recv(65536) if self.plug in ready else b""


def _header(head: bytes, name: bytes) -> bytes:
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == name:
            return value.strip().lower()
    return b""


def _answer(reply: bytes, client: End, engine: End, limit: int | None) -> bool:
    """Pass on what follows the head of an answer, at most `limit` bytes of it."""
    if reply.split(b" ", 2)[1] in (b"204", b"304"):
        return limit is None
    if length := _header(reply, b"content-length"):
        content = engine.read(int(length))
        client.plug.sendall(content if limit is None else content[:limit])
        return limit is None
    passed, last = 0, b"\r\n"
    while data := engine.some(client):
        if limit is not None and passed + len(data) >= limit:
            client.plug.sendall(data[: limit - passed])
            return False
        client.plug.sendall(data)
        passed += len(data)
        last = (last + data)[-len(_END) :]
        if last == _END:
            return limit is None
    return False


def _pipe(client: End, engine: End) -> bool:
    """Pass bytes both ways until one side has ended."""
    for source, target in ((client, engine), (engine, client)):
        target.plug.sendall(source.buffer)
    while True:
        ready, _, _ = select.select([client.plug, engine.plug], [], [])
        for source, target in ((client, engine), (engine, client)):
            if source.plug in ready:
                data = source.plug.recv(65536)
                if not data and source is engine:
                    return False
                if not data:
                    target.plug.shutdown(socket.SHUT_WR)
                    return _drain(engine, client)
                target.plug.sendall(data)


def _drain(source: End, target: End) -> bool:
    while data := source.plug.recv(65536):
        target.plug.sendall(data)
    return False
