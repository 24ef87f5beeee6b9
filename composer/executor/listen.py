"""Hear the engine's events on a thread and pass them on, whatever breaks in between."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event, Thread
from typing import TYPE_CHECKING

from composer.errors import EngineError
from composer.record import dataclass

if TYPE_CHECKING:
    from composer.engine.port import EventStream

_LOSSES = 5
"""How often the stream may break at once and without a word before it is given up."""

_LASTING = 1.0
"""For how many seconds a stream has to stand to be worth opening again, even if all was silent."""

_PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class Heard:
    """Something happened to `container`; "" when anything may have happened to any.

    `exit_code` is that of one that ended, if it is known.
    """

    container: str
    action: str = ""
    exit_code: int | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """The stream of events broke for good: nothing is heard any more."""

    error: BaseException


class Listener:
    """A thread that posts the engine's events until it is closed.

    The first stream is opened by the caller: nothing after that is missed.  One that
    breaks is opened again by the thread, and what was missed is Heard("").
    """

    def __init__(
        self, open_stream: Callable[[], EventStream], post: Callable[[Heard | Lost], None]
    ) -> None:
        self._open_stream = open_stream
        self._post = post
        self._closed = Event()
        self._stream = open_stream()
        Thread(target=self._listen, name="composer-listener", daemon=True).start()

    def close(self) -> None:
        self._closed.set()
        self._stream.close()

    def _listen(self) -> None:
        losses = 0
        while True:
            begun = time.monotonic()
            spoke, error = self._pass_on()
            lasted = time.monotonic() - begun > _LASTING
            losses = 1 if spoke or lasted else losses + 1
            if self._closed.wait(_PAUSE * losses if losses > 1 else 0):
                return
            try:
                if losses >= _LOSSES:
                    raise error
                self._stream = self._open_stream()
            except BaseException as again:  # a silent listener would leave the waits asleep
                self._post(Lost(again))
                return
            if self._closed.is_set():
                self._stream.close()
                return
            self._post(Heard(""))

    def _pass_on(self) -> tuple[bool, BaseException]:
        """Post what is heard.  Return whether there was anything, and what ended it."""
        spoke = False
        try:
            for event in self._stream:
                spoke = True
                self._post(Heard(event.name, event.action, event.exit_code))
        except BaseException as error:
            return spoke, error
        return spoke, EngineError("the engine ended its stream of events")
