"""Plain HTTP to the engine: short questions on kept connections, streams on their own.

Why not the SDK's client: a question costs it 1.3 ms and here a tenth of that,
its import 80 ms; its streams end without a word when the connection is cut, and
cannot be closed over ssh.  Where the SDK knows something that we should not have
to (registries, credentials, build contexts) it is used: see `registry.py`.

A connection serves one call at a time and any thread; idle ones are kept.
"""

from __future__ import annotations

import json
import select
import socket
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, parse_headers
from typing import Any
from urllib.parse import quote, urlencode

from composer import __version__
from composer.engine.docker.address import Address
from composer.engine.docker.api import FLOOR, NEWEST, Api, parse, show
from composer.engine.docker.dial import dial, unavailable
from composer.engine.docker.flow import Download, Hijacked, why
from composer.engine.docker.refusal import refusal, said
from composer.errors import EngineError, EngineUnavailable
from composer.record import dataclass

_AT_ONCE = 8
_FIRST_ANSWER_SECONDS = 30

Params = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Question:
    """A GET.  `asked` names what it is about, for the error."""

    path: str
    params: Params | None = None
    asked: str = ""


class Wire:
    """Questions and streams.  Every method may raise EngineError and nothing else."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._idle: deque[HTTPConnection] = deque()
        self._prefix = ""
        self.api = self._negotiate()
        self._prefix = "/v" + ".".join(str(part) for part in self.api)

    def get(
        self,
        path: str,
        params: Params | None = None,
        asked: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        return self.call("GET", path, params, headers=headers, asked=asked)

    def post(
        self, path: str, params: Params | None = None, body: object = None, asked: str = ""
    ) -> Any:
        return self.call("POST", path, params, body=body, asked=asked)

    def delete(self, path: str, params: Params | None = None, asked: str = "") -> Any:
        return self.call("DELETE", path, params, asked=asked)

    def call(
        self,
        method: str,
        path: str,
        params: Params | None = None,
        *,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        asked: str = "",
    ) -> Any:
        """Return the answer's JSON, None for an empty one.  `body`: bytes, or made into JSON."""
        connection = self._take()
        try:
            self._send(connection, method, path, params, body, headers)
            return self._receive(connection, asked)
        except EngineError:
            raise
        except BaseException as error:  # what was interrupted is of no use to anybody
            connection.close()
            if isinstance(error, (OSError, HTTPException)):
                raise self._broken(error) from error
            raise

    def ask(self, questions: Iterable[Question]) -> list[Any]:
        """Return the answers in order; one that was refused is its EngineError.

        The questions are on their way before the first answer is read, so they
        take as long as the slowest, without a thread.
        """
        answers: list[Any] = []
        under_way: deque[tuple[HTTPConnection, Question]] = deque()
        try:
            for question in questions:
                if len(under_way) >= _AT_ONCE:
                    answers.append(self._answer(*under_way.popleft()))
                connection = self._take()
                under_way.append((connection, question))
                self._send(connection, "GET", question.path, question.params, None)
            while under_way:
                answers.append(self._answer(*under_way.popleft()))
        except (OSError, HTTPException) as error:
            raise self._broken(error) from error
        finally:
            for connection, _ in under_way:
                connection.close()
        return answers

    def open(
        self,
        method: str,
        path: str,
        params: Params | None = None,
        *,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        asked: str = "",
    ) -> Download:
        """Return an answer that goes on and on.  `body` may be an open file, too."""
        connection = self._take()
        plug = connection.sock
        try:
            with suppress(BrokenPipeError, ConnectionResetError):  # it may refuse unheard
                self._send(connection, method, path, params, body, headers)
            response = connection.getresponse()
            if response.status < 400:
                return Download(connection, plug, response)
            refused = refusal(response.status, said(response.read()), asked)
        except BaseException as error:
            connection.close()
            if isinstance(error, (OSError, HTTPException)):
                raise self._broken(error) from error
            raise
        connection.close()
        raise refused

    def hijack(self, path: str, body: object, asked: str = "") -> Hijacked:
        """Return the connection itself, once the engine has let go of HTTP."""
        connection = dial(self.address)
        reader = connection.makefile("rb")
        try:
            content = json.dumps(body).encode()
            head = [
                f"POST {self._prefix}{path} HTTP/1.1",
                *(f"{name}: {value}" for name, value in self._headers().items()),
                "Host: localhost",
                "Content-Type: application/json",
                f"Content-Length: {len(content)}",
                "Connection: Upgrade",
                "Upgrade: tcp",
            ]
            connection.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + content)
            status = int(reader.readline().split()[1])
            headers = parse_headers(reader)
            if status >= 400:
                raise refusal(
                    status, said(reader.read(int(headers.get("Content-Length", 0)))), asked
                )
        except (OSError, HTTPException, ValueError, IndexError) as error:
            reader.close()
            connection.close()
            raise self._broken(error) from error
        except EngineError:
            reader.close()
            connection.close()
            raise
        return Hijacked(connection, reader)

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _negotiate(self) -> Api:
        connection = self._take()
        try:
            connection.sock.settimeout(_FIRST_ANSWER_SECONDS)
            self._send(connection, "GET", "/_ping", None, None)
            response = connection.getresponse()
            body = response.read()
            if response.status >= 400:
                raise refusal(response.status, said(body), self.address.url)
            newest = parse(response.headers.get("Api-Version", ""))
            connection.sock.settimeout(None)
        except TimeoutError:
            connection.close()
            raise EngineUnavailable(
                f"the engine at {self.address.url} does not answer",
                help="it accepts connections and says nothing: is it stopped, or overloaded?",
            ) from None
        except (OSError, HTTPException) as error:
            connection.close()
            raise self._broken(error) from error
        if not any(newest):
            connection.close()
            raise EngineUnavailable(
                f"what answers at {self.address.url} is not a Docker Engine",
                help="DOCKER_HOST, --host or the docker context leads somewhere else",
            )
        if newest < FLOOR:
            connection.close()
            raise EngineUnavailable(
                f"the engine at {self.address.url} speaks API {show(newest)};"
                f" {show(FLOOR)} is needed",
                help="Docker Engine 20.10 or newer has it",
            )
        self._idle.append(connection)
        if self.address.api:
            return parse(self.address.api)
        return min(newest, NEWEST)

    def _take(self) -> HTTPConnection:
        """Return an idle connection that is still good, or a new one."""
        while self._idle:
            with suppress(IndexError):
                connection = self._idle.pop()
                if _silent(connection.sock):
                    return connection
                connection.close()
        connection = HTTPConnection("localhost")
        connection.sock = dial(self.address)
        return connection

    def _send(
        self,
        connection: HTTPConnection,
        method: str,
        path: str,
        params: Params | None,
        body: object,
        more: Mapping[str, str] | None = None,
    ) -> None:
        url = f"{self._prefix}{quote(path, safe='/:@')}"
        if params:
            url = f"{url}?{urlencode(_query(params))}"
        headers = {**self._headers(), **(more or {})}
        content: Any = body
        if isinstance(body, bytes) or hasattr(body, "read"):
            headers["Content-Type"] = "application/x-tar"
        elif body is not None:
            content = json.dumps(body)
            headers["Content-Type"] = "application/json"
        connection.request(method, url, body=content, headers=headers)

    def _receive(self, connection: HTTPConnection, asked: str) -> Any:
        response = connection.getresponse()
        body = response.read()
        if connection.sock is not None:
            self._idle.append(connection)
        if response.status >= 400:
            raise refusal(response.status, said(body), asked)
        if not body.strip():
            return None
        try:
            return json.loads(body)
        except ValueError:
            return None

    def _answer(self, connection: HTTPConnection, question: Question) -> Any:
        try:
            return self._receive(connection, question.asked)
        except EngineError as error:
            return error

    def _headers(self) -> dict[str, str]:
        return {**self.address.headers, "User-Agent": f"composer/{__version__}"}

    def _broken(self, error: Exception) -> EngineError:
        if self._prefix:
            return EngineError(f"the engine broke off the connection ({why(error)})")
        if isinstance(error, OSError) and self.address.scheme != "ssh":
            return unavailable(self.address, error)
        help = "is there an engine, and not something else?"
        if self.address.scheme == "ssh":
            help = f"does 'ssh {self.address.rest} docker version' work without a password?"
        return EngineUnavailable(
            f"no engine at {self.address.url} ({self.address.origin}): {why(error)}", help=help
        )


def _silent(plug: socket.socket) -> bool:
    """Say whether nothing arrived on an idle connection; what arrives there is its end."""
    poll = select.poll()
    poll.register(plug, select.POLLIN | select.POLLHUP | select.POLLERR)
    return not poll.poll(0)


def _query(params: Params) -> list[tuple[str, str]]:
    """Return `params` as the engine wants them.

    Nothing for None, one for each item of a tuple, JSON for what is not plain.
    """
    pairs = []
    for name, value in params.items():
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, bool):
                pairs.append((name, "1" if item else "0"))
            elif isinstance(item, (dict, list)):
                pairs.append((name, json.dumps(item)))
            elif item is not None:
                pairs.append((name, str(item)))
    return pairs
