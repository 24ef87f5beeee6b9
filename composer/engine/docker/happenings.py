"""Everything the engine tells of a project's containers, to an end or without one.

A stream that is cut is opened again where it was cut: the engine keeps its last events.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice

from composer.engine.docker.clock import engine_time
from composer.engine.docker.flow import Download, json_lines
from composer.engine.docker.listing import event
from composer.engine.docker.patience import ATTEMPTS, pauses
from composer.engine.docker.wire import Wire
from composer.errors import AnswerLost
from composer.model.names import Label
from composer.model.observed import EngineEvent

_TOLD = 1000
"""So many events are remembered, and more that came within _DISORDER of the last one."""
_DISORDER = 1_000_000_000
"""Nanoseconds by which an event may come after a later one: the engine tells in no strict order."""


class Happenings:
    """Events from `since` on, nanoseconds by the engine's clock, up to `until`, if that is said."""

    def __init__(self, wire: Wire, project: str, since: int, until: str | None) -> None:
        self._wire = wire
        self._project = project
        self._since = since
        self._until = until
        self._told: set[tuple[int, str, str]] = set()
        self._closed = False
        self._download = self._open()

    def __iter__(self) -> Iterator[EngineEvent]:
        losses = 0
        while True:
            lost = AnswerLost("the engine ended its stream of events")
            try:
                for happened in self._fresh():
                    losses = 0
                    yield happened
                if self._until is not None:
                    return
            except AnswerLost as error:
                lost = error
            if self._closed:
                return
            losses += 1
            if losses >= ATTEMPTS:
                raise lost
            time.sleep(next(islice(pauses(), losses - 1, None)))
            self._reopen()

    def close(self) -> None:
        self._closed = True
        self._download.close()

    def _fresh(self) -> Iterator[EngineEvent]:
        """Yield what comes, without what came before the stream was cut."""
        for text in json_lines(self._download):
            happened = event(text)
            what = (happened.time, happened.container, happened.action)
            if happened.time < self._since or what in self._told:
                continue
            self._told.add(what)
            if len(self._told) > _TOLD:
                self._forget(happened.time - _DISORDER)
            yield happened

    def _forget(self, before: int) -> None:
        self._told = {what for what in self._told if what[0] >= before}
        self._since = max(self._since, before)

    def _open(self) -> Download:
        filters = {"type": ["container"], "label": [f"{Label.PROJECT}={self._project}"]}
        params = {"since": engine_time(self._since), "until": self._until, "filters": filters}
        return self._wire.open("GET", "/events", params)

    def _reopen(self) -> None:
        self._download = self._open()
        if self._closed:
            self._download.close()
