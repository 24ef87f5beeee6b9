"""Hear the engine's events on a thread and pass them on."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread

from composer.engine.port import EventStream
from composer.errors import EngineError
from composer.record import dataclass


@dataclass(frozen=True, slots=True)
class Heard:
    """Something happened to `container`; "" when anything may have happened to any."""

    container: str


@dataclass(frozen=True, slots=True)
class Lost:
    """The stream of events broke: nothing is heard any more."""

    error: BaseException


class Listener:
    """A thread that posts the events of `stream` until it is closed."""

    def __init__(self, stream: EventStream, post: Callable[[Heard | Lost], None]) -> None:
        self._stream = stream
        self._post = post
        self._closed = False
        Thread(target=self._listen, name="composer-listener", daemon=True).start()

    def close(self) -> None:
        self._closed = True
        self._stream.close()

    def _listen(self) -> None:
        try:
            for event in self._stream:
                self._post(Heard(event.name))
        except BaseException as error:  # a silent listener would leave the waits asleep
            if not self._closed:
                self._post(Lost(error))
            return
        if not self._closed:
            self._post(Lost(EngineError("the engine ended its stream of events")))
