"""Plain HTTP to the engine: short questions on kept connections, streams on their own.

Why not the SDK's client: a question costs it 1.3 ms and here a tenth of that,
its import 80 ms; its streams end without a word when the connection is cut, and
cannot be closed over ssh.  Where the SDK knows something that we should not have
to (registries, credentials, build contexts) it is used: see `registry.py`.

A question whose answer is lost is asked again.  Whoever wants something done and
hears AnswerLost has to look, or to know that a repetition does no harm: see
`base.py`.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from itertools import islice
from time import sleep
from typing import Any, TypeVar

from composer.engine.docker.address import Address
from composer.engine.docker.api import Api, agree, show
from composer.engine.docker.connections import Connections
from composer.engine.docker.dial import unavailable
from composer.engine.docker.flow import Download, Hijacked, why
from composer.engine.docker.http import (
    Headers,
    HTTPConnection,
    HTTPException,
    HTTPResponse,
    quoted,
)
from composer.engine.docker.patience import ATTEMPTS, PATIENCE, Patience, pauses
from composer.engine.docker.refusal import answered
from composer.errors import AnswerLost, EngineError, EngineUnavailable
from composer.record import dataclass

_AT_ONCE = 8
_AT_ONCE_BY_SSH = 2
"""Another connection starts a program over there, which takes longer than several answers."""
_UPGRADE = {"Connection": "Upgrade", "Upgrade": "tcp"}

Params = Mapping[str, object]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Question:
    """A GET.  `asked` names what it is about, for the error."""

    path: str
    params: Params | None = None
    asked: str = ""


class Wire:
    """Questions and streams.  Every method may raise EngineError and nothing else."""

    def __init__(
        self,
        address: Address,
        patience: Patience = PATIENCE,
        trace: Callable[[str], None] = lambda line: None,
    ) -> None:
        """`trace` hears where the engine is, and each question before it is asked."""
        self.address = address
        self._trace = trace
        self._connections = Connections(address, patience)
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
        """Return the answer's JSON, None for an empty one.  `body`: bytes, or made into JSON.

        Raises AnswerLost for anything but a GET, which is repeated.
        """

        def once() -> Any:
            return self._call(method, path, params, body, headers, asked)

        return self._insist(once) if method == "GET" else once()

    def _call(
        self,
        method: str,
        path: str,
        params: Params | None,
        body: object,
        headers: Mapping[str, str] | None,
        asked: str,
    ) -> Any:
        connection = self._connections.take()
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

    def ask(
        self,
        questions: Iterable[Question],
        meanwhile: Callable[[], object] | None = None,
        at_once: int | None = None,
    ) -> list[Any]:
        """Return the answers in order; one that was refused is its EngineError.

        The questions are on their way before the first answer is read, so they
        take as long as the slowest, without a thread, `at_once` of them.  `meanwhile` is
        called before the last of them are read.
        """
        listed = list(questions)
        usual = _AT_ONCE_BY_SSH if self.address.scheme == "ssh" else _AT_ONCE
        return self._insist(lambda: self._ask(listed, meanwhile, at_once or usual))

    def _ask(
        self,
        questions: Iterable[Question],
        meanwhile: Callable[[], object] | None,
        at_once: int,
    ) -> list[Any]:
        answers: list[Any] = []
        under_way: deque[tuple[HTTPConnection, Question]] = deque()
        try:
            for question in questions:
                if len(under_way) >= at_once:
                    answers.append(self._answer(*under_way.popleft()))
                connection = self._connections.take()
                under_way.append((connection, question))
                self._send(connection, "GET", question.path, question.params, None)
            if meanwhile is not None:
                meanwhile()
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
        """Return an answer that goes on and on.  `body` may be an open file, too.

        Raises AnswerLost for anything but a GET, which is repeated.
        """

        def once() -> Download:
            return self._open(method, path, params, body, headers, asked)

        return self._insist(once) if method == "GET" else once()

    def _open(
        self,
        method: str,
        path: str,
        params: Params | None,
        body: object,
        headers: Mapping[str, str] | None,
        asked: str,
    ) -> Download:
        connection = self._connections.take()
        plug = connection.sock
        try:
            with suppress(BrokenPipeError, ConnectionResetError):  # it may refuse unheard
                self._send(connection, method, path, params, body, headers)
            response = connection.getresponse()
            if response.status < 400 and not _is_strange(response):
                return Download(connection, plug, response)
            refused = self._refused(response, response.read(), asked)
        except BaseException as error:
            connection.close()
            if isinstance(error, (OSError, HTTPException)):
                raise self._broken(error) from error
            raise
        connection.close()
        raise refused

    def head(self, path: str, params: Params | None = None) -> Headers | None:
        """Return what the engine says of something without its content, None if it refuses."""

        def once() -> Headers | None:
            connection = self._connections.take()
            try:
                self._send(connection, "HEAD", path, params, None)
                response = connection.getresponse()
            except (OSError, HTTPException) as error:
                connection.close()
                raise self._broken(error) from error
            response.close()
            self._connections.keep(connection)
            return response.headers if response.status < 400 else None

        return self._insist(once)

    def hijack(
        self, path: str, body: object = None, *, params: Params | None = None, asked: str = ""
    ) -> Hijacked:
        """Return the connection itself, once the engine has let go of HTTP."""
        connection = self._connections.both_ways()
        plug = connection.sock
        try:
            self._send(connection, "POST", path, params, body, _UPGRADE)
            response = connection.getresponse()
            if response.status < 400 and not _is_strange(response):
                return Hijacked(plug, response.fp)
            refused = self._refused(response, response.read(), asked)
        except BaseException as error:
            connection.close()
            if isinstance(error, (OSError, HTTPException)):
                raise self._broken(error) from error
            raise
        connection.close()
        raise refused

    def close(self) -> None:
        self._connections.close()

    @property
    def server(self) -> str:
        """What the engine calls itself, "Docker/28.5.1 (linux)" say."""
        return self._connections.server

    @property
    def absences(self) -> int:
        return self._connections.absences

    def await_back(self) -> None:
        """Return as soon as the engine answers.  Raises EngineUnavailable if it is gone."""
        self._connections.await_back()

    def _insist(self, once: Callable[[], T]) -> T:
        """Do `once` what may be done often, until an answer arrives."""
        for pause in islice(pauses(), ATTEMPTS - 1):
            try:
                return once()
            except AnswerLost:
                sleep(pause)
                self.await_back()
        return once()

    def _negotiate(self) -> Api:
        try:
            newest = self._first_ping()
        except TimeoutError:
            raise EngineUnavailable(
                f"the engine at {self.address.url} does not answer",
                help="it accepts connections and says nothing: is it stopped, or overloaded?",
            ) from None
        except (OSError, HTTPException) as error:
            raise self._broken(error) from error
        try:
            api = agree(newest, self.address.api, self.address.url)
        except EngineUnavailable:
            self.close()
            raise
        self._trace(f"{self.address.url} ({self.address.origin}), API {show(api)}")
        return api

    def _first_ping(self) -> Api:
        """Return the newest API of who answers; who is there and fails gets another chance."""
        for pause in islice(pauses(), 3):
            try:
                return self._connections.ping()
            except (AnswerLost, BrokenPipeError, ConnectionResetError):
                sleep(pause)
        return self._connections.ping()

    def _send(
        self,
        connection: HTTPConnection,
        method: str,
        path: str,
        params: Params | None,
        body: object,
        more: Mapping[str, str] | None = None,
    ) -> None:
        url = f"{self.address.base}{self._prefix}{quoted(path, safe='/:@')}"
        if params:
            url += "?" + "&".join(f"{key}={quoted(value)}" for key, value in _query(params))
        self._trace(f"{method} {url}")
        headers = {**self._connections.headers, **(more or {})}
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
        self._connections.keep(connection)
        if response.status >= 400 or _is_strange(response):
            raise self._refused(response, body, asked)
        if not body.strip():
            return None
        try:
            return json.loads(body)
        except ValueError:
            raise self._stranger(response, body) from None

    def _refused(self, response: HTTPResponse, body: bytes, asked: str) -> EngineError:
        """Return why an answer is none; a server in between that is ill may be well again."""
        if response.status < 500 and _is_strange(response):
            return self._stranger(response, body)
        return answered(response.status, body, asked)

    def _stranger(self, response: HTTPResponse, body: bytes) -> EngineError:
        from composer.engine.docker.stranger import stranger

        return stranger(self.address, response, body)

    def _answer(self, connection: HTTPConnection, question: Question) -> Any:
        try:
            return self._receive(connection, question.asked)
        except (AnswerLost, EngineUnavailable):
            raise
        except EngineError as error:
            return error

    def _broken(self, error: Exception) -> EngineError:
        if self._prefix:
            return AnswerLost(
                f"the engine broke off the connection ({why(error)})",
                help="whether it did what it was asked for is not known",
            )
        if isinstance(error, OSError):
            return unavailable(self.address, error)
        return EngineUnavailable(
            f"no engine at {self.address.url} ({self.address.origin}): {why(error)}",
            help="is there an engine, and not something else?",
        )


def _is_strange(response: HTTPResponse) -> bool:
    """Say whether an answer cannot be an engine's: those are no pages, and lead nowhere else."""
    page = response.headers.get("Content-Type").lower().startswith("text/html")
    return page or (300 <= response.status < 400 and response.status != 304)


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
