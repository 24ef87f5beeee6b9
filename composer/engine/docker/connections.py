"""Connections to the engine: kept while idle, made anew, and whether anybody is there.

What is asked on them is told in `wire.py`.
"""

from __future__ import annotations

import select
import socket
import time
from _thread import allocate_lock  # a Lock, without all that threading imports
from collections import deque
from collections.abc import Mapping
from contextlib import suppress

from composer import __version__
from composer.engine.docker.address import Address
from composer.engine.docker.api import Api, parse
from composer.engine.docker.dial import dial, reason, unavailable
from composer.engine.docker.flow import why
from composer.engine.docker.http import HTTPConnection, HTTPException, HTTPResponse
from composer.engine.docker.patience import Patience, PatientConnection, pauses
from composer.engine.docker.refusal import answered
from composer.errors import EngineError, EngineUnavailable

_TLS_ALERT = "\x15\x03"
"""How a server of TLS says that it has understood nothing."""


class Connections:
    """A connection serves one call at a time and any thread."""

    def __init__(self, address: Address, patience: Patience) -> None:
        self.address = address
        self._patience = patience
        self._idle: deque[HTTPConnection] = deque()
        self._pinging = allocate_lock()
        self._heard = 0.0
        self._given_up = False
        self._closed = False
        self.absences = 0
        self.server = ""

    @property
    def headers(self) -> Mapping[str, str]:
        return {**self.address.headers, "User-Agent": f"composer/{__version__}"}

    def take(self) -> HTTPConnection:
        """Return an idle connection that is still good, or a new one."""
        while self._idle:
            with suppress(IndexError):
                connection = self._idle.pop()
                if _silent(connection.sock):
                    return connection
                connection.close()
        return self.fresh()

    def fresh(self) -> HTTPConnection:
        """Return a new connection, for what will not leave it to others."""
        return self._connection(self.dial())

    def both_ways(self) -> HTTPConnection:
        """Return a new connection that one thread may read while another one writes."""
        plug = self.dial()
        if self.address.tls:
            from composer.engine.docker.relay import relayed

            plug = relayed(plug)  # type: ignore[arg-type]
        return self._connection(plug)

    def keep(self, connection: HTTPConnection) -> None:
        """Have back a connection on which all has been said."""
        self._heard = time.monotonic()
        self._given_up = False
        if connection.sock is not None:
            self._idle.append(connection)
            if self._closed:
                self.close()

    def dial(self) -> socket.socket:
        """Return a new connection; an engine that is not there may be coming back."""
        with suppress(EngineUnavailable):
            return dial(self.address)
        self.await_back()
        self.absences += 1
        return dial(self.address)

    def ping(self) -> Api:
        """Return the newest API of who answers; raises what went wrong as it is."""
        connection = self._connection(dial(self.address))
        plug = connection.sock
        try:
            plug.settimeout(self._patience.answer)
            connection.request("GET", f"{self.address.base}/_ping", headers=dict(self.headers))
            response = connection.hasty_response()
            body = response.read()
            if response.status >= 400:
                raise self._unwelcome(response, body)
            if not response.headers.get("Api-Version"):
                raise self._stranger(response, body)
            if connection.sock is not None:
                plug.settimeout(None)
        except BaseException as error:
            connection.close()
            if told := self._explained(plug, error):
                raise told from error
            raise
        self.server = response.headers.get("Server")
        self.keep(connection)
        return parse(response.headers.get("Api-Version", ""))

    def await_back(self) -> None:
        """Return as soon as the engine answers.  Raises EngineUnavailable if it is gone.

        Who was waited for in vain is asked once more, and not waited for again.
        """
        begun = time.monotonic()
        away = False
        absence = 0 if self._given_up else self._patience.absence
        for pause in pauses():
            try:
                self.ping()
                self.absences += away
                return
            except TimeoutError:
                raise self._gone("it accepts connections and says nothing") from None
            except (OSError, HTTPException, EngineError) as error:
                if time.monotonic() - begun > absence:
                    raise self._gone(self._reason(error)) from error
                away = away or isinstance(error, EngineUnavailable)
            time.sleep(pause)

    def close(self) -> None:
        """Close what is idle, now and later: a thread may come back with one afterwards."""
        self._closed = True
        while self._idle:
            with suppress(IndexError):
                self._idle.pop().close()

    def _connection(self, plug: socket.socket) -> PatientConnection:
        connection = PatientConnection(plug, self._patience.silence, self._assert_alive)
        if self.address.scheme == "tcp":  # a proxy in between may go by it
            connection.host = self.address.rest.partition("/")[0]
        return connection

    def _assert_alive(self) -> None:
        """Raise TimeoutError if the engine has said nothing for long, to anybody."""
        with self._pinging:
            if time.monotonic() - self._heard < self._patience.silence:
                return
            try:
                self.ping()
            except (OSError, HTTPException, EngineError):
                raise TimeoutError("it does not answer any more") from None

    def _stranger(self, response: HTTPResponse, body: bytes) -> EngineError:
        from composer.engine.docker.stranger import stranger

        return stranger(self.address, response, body)

    def _unwelcome(self, response: HTTPResponse, body: bytes) -> EngineError:
        if b"HTTP request to an HTTPS server" in body:
            from composer.engine.docker.tls import wanted

            return wanted(self.address)
        if response.status < 500 and not body.lstrip().startswith(b"{"):
            return self._stranger(response, body)
        return answered(response.status, body, self.address.url)

    def _explained(self, plug: socket.socket, error: BaseException) -> EngineError | None:
        """Return what is known of a first question that failed, None if `error` says it all."""
        if isinstance(error, HTTPException) and str(error).startswith(_TLS_ALERT):
            from composer.engine.docker.tls import wanted

            return wanted(self.address)
        if self.address.tls and isinstance(error, OSError):
            from composer.engine.docker.tls import last_words

            heard = last_words(self.address, error)
            return unavailable(self.address, heard) if heard is not error else None
        failure = getattr(plug, "failure", None)  # of a tunnel
        if failure is None or not isinstance(error, (OSError, HTTPException)):
            return None
        told: EngineError = failure(error)
        return told

    def _reason(self, error: Exception) -> str:
        cause = error.__cause__
        return reason(self.address, cause) if isinstance(cause, OSError) else why(error)

    def _gone(self, reason: str) -> EngineUnavailable:
        self._given_up = True
        return EngineUnavailable(
            f"the engine at {self.address.url} went away: {reason}",
            help="run the same command again when it is back: it goes on from there",
        )


def _silent(plug: socket.socket) -> bool:
    """Say whether nothing arrived on an idle connection; what arrives there is its end."""
    poll = select.poll()
    poll.register(plug, select.POLLIN | select.POLLHUP | select.POLLERR)
    return not poll.poll(0)
