"""How long an engine may be silent, or away, before it is given up.

A stop takes its grace period and a pull an hour, so an answer has no time limit.
But an engine that works answers a ping at once: whoever has heard nothing for a
while asks for one, and only a missing answer to that ends the waiting.
"""

from __future__ import annotations

import select
import socket
from collections.abc import Callable, Iterator
from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING, Any

from composer.engine.docker.http import HTTPConnection, HTTPResponse
from composer.record import dataclass

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


@dataclass(frozen=True, slots=True)
class Patience:
    """In seconds.  `silence`: for how long nothing may come before the engine is asked whether
    it is there; `answer`: how long it may take to say so; `absence`: for how long it may refuse
    connections, since one that is restarted is back in a second or two.
    """

    silence: float = 10
    answer: float = 30
    absence: float = 8


PATIENCE = Patience()

ATTEMPTS = 6
"""How often something is asked whose answer is lost each time."""


def pauses() -> Iterator[float]:
    """Yield how long to wait before each further attempt, without end."""
    pause = 0.05
    while True:
        yield pause
        pause = min(pause * 2, 0.5)


class _Patient(RawIOBase):
    """What arrives on `plug`; `alive` raises OSError if nothing is to be expected any more."""

    def __init__(
        self, raw: Any, plug: socket.socket, silence: float, alive: Callable[[], None]
    ) -> None:
        super().__init__()
        self._raw = raw
        self._plug = plug
        self._silence = silence
        self._alive = alive
        self._poll = select.poll()
        self._poll.register(plug, select.POLLIN)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        while not self._arrived():
            self._alive()
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()

    def _arrived(self) -> bool:
        pending = getattr(self._plug, "pending", None)  # TLS reads more than it gives
        return bool(pending and pending()) or bool(self._poll.poll(self._silence * 1000))


class PatientConnection(HTTPConnection):
    """HTTP over the open socket `plug`; `alive` is called after each `silence` in an answer,
    and after each in which nothing of a request was taken.
    """

    def __init__(self, plug: socket.socket, silence: float, alive: Callable[[], None]) -> None:
        super().__init__(plug)
        self._silence = silence
        self._alive = alive
        self._hasty = False

    def send(self, content: bytes) -> None:
        """Send all of `content`; who takes nothing for long is asked whether he is there."""
        left, before = memoryview(content), self.sock.gettimeout()
        self.sock.settimeout(self._silence)
        try:
            while left:
                try:
                    left = left[self.sock.send(left) :]
                except TimeoutError:
                    self._alive()
        finally:
            self.sock.settimeout(before)

    def response(self, plug: socket.socket) -> HTTPResponse:
        response = super().response(plug)
        if not self._hasty:
            raw = response.fp.detach()
            response.fp = BufferedReader(_Patient(raw, plug, self._silence, self._alive))
        return response

    def hasty_response(self) -> HTTPResponse:
        """Return the answer, for which the timeout of the socket counts."""
        self._hasty = True
        try:
            return self.getresponse()
        finally:
            self._hasty = False
