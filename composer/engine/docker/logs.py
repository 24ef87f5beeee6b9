"""What a container says, to its end: a stream that is cut goes on where it was cut.

The engine's own time stamps tell where: they are always asked for, and taken off
if nobody wants them.  A stream that ends in peace while the container runs on has
been cut as well.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from composer.engine.docker.clock import engine_time, moment, nanoseconds
from composer.engine.docker.flow import Download
from composer.engine.docker.frames import demultiplexed, lines, raw
from composer.engine.docker.patience import ATTEMPTS, pauses
from composer.engine.docker.wire import Wire
from composer.errors import AnswerLost, NotFound
from composer.model.events import LogLine
from composer.record import dataclass, replace

_REMEMBERED = 20
"""How many of the last lines are known again; their times are not quite in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which lines, as the engine understands it."""

    follow: bool
    tail: int | None
    since: str | None
    until: str | None


class Output:
    """The output of one run of a container, `json` being what the engine says of that."""

    def __init__(self, wire: Wire, json: Mapping[str, Any]) -> None:
        self._wire = wire
        self._id = json["Id"]
        self._run = _run(json)
        self.name: str = json["Name"].lstrip("/")
        self.tty: bool = json["Config"]["Tty"]

    def open(self, wanted: Wanted) -> Download:
        params = {
            "stdout": True,
            "stderr": True,
            "follow": wanted.follow,
            "tail": "all" if wanted.tail is None else wanted.tail,
            "since": wanted.since,
            "until": wanted.until,
            "timestamps": True,
        }
        path = f"/containers/{self._id}/logs"
        return self._wire.open("GET", path, params, asked=f"container {self.name}")

    def goes_on(self) -> bool:
        """Say whether the container is in that very run still."""
        try:
            json = self._wire.get(f"/containers/{self._id}/json")
        except NotFound:
            return False
        return bool(self._run) and _run(json) == self._run

    def now(self) -> int:
        """Return what the engine's clock says, in nanoseconds."""
        return nanoseconds(self._wire.get("/info")["SystemTime"])


class Logs:
    """Lines, until nothing more is to come; EngineUnavailable when the engine is gone."""

    def __init__(self, output: Output, wanted: Wanted, *, timestamps: bool) -> None:
        self._output = output
        self._wanted = wanted
        self._timestamps = timestamps
        self._recent: deque[tuple[str, str]] = deque(maxlen=_REMEMBERED)
        self._known: Counter[tuple[str, str]] = Counter()
        self._closed = False
        self._opened = time.monotonic()
        self._download = output.open(wanted)

    def __iter__(self) -> Iterator[LogLine]:
        losses = 0
        while True:
            lost = None
            try:
                for line in self._fresh_lines():
                    losses = 0
                    yield line if self._timestamps else replace(line, time="")
            except AnswerLost as error:
                lost = error
            if self._closed or (lost is None and not self._is_cut()):
                return
            losses += 1
            if losses >= ATTEMPTS:
                raise lost or AnswerLost(f"the engine keeps ending the output of {self._name}")
            time.sleep(next(islice(pauses(), losses - 1, None)))
            self._reopen()

    def close(self) -> None:
        self._closed = True
        self._download.close()

    @property
    def _name(self) -> str:
        return self._output.name

    def _fresh_lines(self) -> Iterator[LogLine]:
        """Yield what comes, without the lines that came before the stream was cut."""
        tty = self._output.tty
        pieces = raw(self._download) if tty else demultiplexed(self._download)
        for line in lines(pieces, self._name, timestamps=True, tty=tty):
            place = (line.stream, line.time)
            if self._known[place] > 0:
                self._known[place] -= 1
                continue
            self._recent.append(place)
            yield line

    def _is_cut(self) -> bool:
        """Say whether a stream that has just ended in peace was to go on."""
        return self._wanted.follow and not self._wanted.until and self._output.goes_on()

    def _reopen(self) -> None:
        self._known = Counter(self._recent)
        self._download = self._output.open(self._rest())
        if self._closed:
            self._download.close()

    def _rest(self) -> Wanted:
        """Return what is still wanted; of the lines that came, the last ones come again."""
        if self._recent:
            first = min(time for _, time in self._recent)
            return replace(self._wanted, tail=None, since=moment(first, 0))
        if self._wanted.tail == 0:
            ago = round((time.monotonic() - self._opened) * 1e9)
            return replace(self._wanted, tail=None, since=engine_time(self._output.now() - ago))
        return self._wanted


def _run(json: Mapping[str, Any]) -> str:
    """Return when a container was started, "" if it does not run."""
    state = json["State"]
    return str(state.get("StartedAt") or "") if state.get("Running") else ""
