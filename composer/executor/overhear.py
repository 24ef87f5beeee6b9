"""Pass on what a container says while somebody waits for its end."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import TYPE_CHECKING

from composer.errors import EngineError
from composer.model.events import Progress
from composer.model.operations import Await
from composer.model.plan import Step

if TYPE_CHECKING:
    from composer.engine.port import Engine, LogStream

_BREAKS = 3
"""How often the output may break off before nobody listens any more."""

_LAST_LINES = 2.0
"""For how many seconds the last lines of a container that has ended are waited for."""


class Overhearings:
    """Everybody who says something while a plan waits for the end of a hook, by step."""

    def __init__(self, engine: Engine, post: Callable[[str, Progress], None]) -> None:
        self._engine = engine
        self._post = post
        self._by_step: dict[str, Overhearing] = {}

    def begin(self, step: Step) -> None:
        wait = step.operation
        if isinstance(wait, Await) and wait.condition == "hook_completed":
            self._by_step[step.id] = Overhearing(
                self._engine, wait.containers[0], lambda said: self._post(step.id, said)
            )

    def __contains__(self, step_id: str) -> bool:
        return step_id in self._by_step

    def hear_out(self, step_id: str) -> None:
        """Return when everything is posted that a container which has ended had to say."""
        if step_id in self._by_step:
            self._by_step[step_id].hear_out()

    def close(self) -> None:
        for one in self._by_step.values():
            one.close()


class Overhearing:
    """A thread that posts the output of `container`, line by line, until it ends.

    What cannot be read is left out: the wait that this is for knows by other means how
    the container ended, and reads its last lines anew when it has to explain them.
    """

    def __init__(self, engine: Engine, container: str, post: Callable[[Progress], None]) -> None:
        self._engine = engine
        self._container = container
        self._post = post
        self._closed = False
        self._stream: LogStream | None = None
        self._thread = Thread(target=self._listen, name="composer-overhearing", daemon=True)
        self._thread.start()

    def hear_out(self) -> None:
        self._thread.join(_LAST_LINES)

    def close(self) -> None:
        self._closed = True
        if self._stream is not None:
            self._stream.close()

    def _listen(self) -> None:
        breaks = 0
        while not self._closed and breaks < _BREAKS:
            try:
                self._read(tail=0 if breaks else None)
            except EngineError:
                breaks += 1
            else:
                return

    def _read(self, tail: int | None) -> None:
        self._stream = self._engine.logs(self._container, follow=True, tail=tail)
        if self._closed:
            self._stream.close()
        for line in self._stream:
            self._post(Progress(line.text.decode(errors="replace")))
