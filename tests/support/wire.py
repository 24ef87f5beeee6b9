"""A scripted engine on a unix socket: it answers as told, or breaks off."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from http.client import parse_headers
from io import BufferedIOBase
from pathlib import Path
from tempfile import TemporaryDirectory

from composer.engine.docker.address import Address
from composer.engine.docker.patience import PATIENCE, Patience
from composer.engine.docker.wire import Wire
from support.sockets import Serve, accept

Handler = Callable[[str, socket.socket], None]


class Script:
    """`answers` maps a request such as "GET /info" to what is done on its connection.

    Once it is `gone`, every connection is closed unheard; `silent`, it answers nothing
    before that event.
    """

    def __init__(self, answers: dict[str, Handler | object], api: str = "1.41") -> None:
        self.answers = answers
        self.seen: list[str] = []
        self.connections = 0
        self.closed = 0
        self.gone = False
        self.silent: threading.Event | None = None
        self._api = api

    def serve(self, plug: socket.socket) -> None:
        self.connections += 1
        # the other side may hang up at any time
        with suppress(OSError), plug, plug.makefile("rb") as reader:
            while (line := reader.readline()) and not self.gone:
                _read_content(reader)
                if self.silent is not None:
                    self.silent.wait(10)
                method, path = line.decode().split()[:2]
                self.seen.append(f"{method} {path}")
                if not self._answer(method, path, plug):
                    break
        self.closed += 1

    def _answer(self, method: str, path: str, plug: socket.socket) -> bool:
        if path == "/_ping":
            plug.sendall(response("OK", headers=f"Api-Version: {self._api}\r\n"))
            return True
        key = f"{method} {path.split('?')[0].removeprefix(f'/v{self._api}')}"
        answer = self.answers[key]
        if callable(answer):
            answer(path, plug)
            return False
        plug.sendall(response(json.dumps(answer)))
        return True


def _read_content(reader: BufferedIOBase) -> None:
    """Read headers and content of a request, and forget them."""
    headers = parse_headers(reader)
    reader.read(int(headers.get("Content-Length", 0)))
    if headers.get("Transfer-Encoding") == "chunked":
        while size := int(reader.readline(), 16):
            reader.read(size + 2)
        reader.readline()


def response(body: str, status: int = 200, headers: str = "") -> bytes:
    head = f"HTTP/1.1 {status} X\r\n{headers}Content-Length: {len(body.encode())}\r\n\r\n"
    return head.encode() + body.encode()


def refused(status: int, message: str) -> Handler:
    def answer(path: str, plug: socket.socket) -> None:
        plug.sendall(response(json.dumps({"message": message}), status))

    return answer


def chunks(*parts: bytes, end: bool = True) -> Handler:
    """Answer in chunks; without `end` the connection is cut before the last one."""

    def answer(path: str, plug: socket.socket) -> None:
        plug.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for part in parts:
            plug.sendall(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        if end:
            plug.sendall(b"0\r\n\r\n")

    return answer


def lost(does: Callable[[], object] = lambda: None) -> Handler:
    """Do something, and close without a word of it."""

    def answer(path: str, plug: socket.socket) -> None:
        does()

    return answer


def in_turn(*answers: Handler | object) -> Handler:
    """Give one answer after the other, the last one for ever."""
    left = list(answers)

    def answer(path: str, plug: socket.socket) -> None:
        one = left.pop(0) if len(left) > 1 else left[0]
        if callable(one):
            one(path, plug)
        else:
            plug.sendall(response(json.dumps(one)))

    return answer


def hang_up(path: str, plug: socket.socket) -> None:
    """Say nothing and close."""


@contextmanager
def listening(serve: Serve) -> Iterator[Address]:
    """Yield the address of a unix socket; `serve` gets each connection on a thread of its own."""
    with TemporaryDirectory() as directory:
        path = Path(directory) / "engine.sock"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen()
            accept(listener, serve)
            try:
                yield Address(f"unix://{path}", config=directory)
            finally:
                listener.shutdown(socket.SHUT_RDWR)


HASTE = Patience(silence=0.05, answer=0.5, absence=0.3)
"""For tests that wait for an engine to be given up."""


@contextmanager
def scripted(script: Script, patience: Patience = PATIENCE) -> Iterator[Wire]:
    """Yield a wire to an engine that follows `script`."""
    with listening(script.serve) as address, closing(Wire(address, patience)) as wire:
        yield wire
