"""What a container says, to its end: a stream that is cut goes on where it was cut.

The engine's own time stamps tell where: they are always asked for, and taken off
if nobody wants them.  A stream that ends in peace while the container runs on has
been cut as well.  One that halts where all was said so far goes on in the same way.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from composer.engine.docker.clock import (
    engine_time,
    moment,
    nanoseconds,
    seconds_to_nanoseconds,
    stamp,
)
from composer.engine.docker.flow import Download
from composer.engine.docker.lines import Frames, Terminal
from composer.engine.docker.patience import ATTEMPTS, pauses
from composer.engine.docker.wire import Wire
from composer.errors import AnswerLost, NotFound
from composer.model.events import LogBatch, LogLine
from composer.record import dataclass, replace

REMEMBERED = 20
"""How many of the last lines are known again; their times are not quite in order."""

SPARE = 500
"""How many lines may come while one stream ends and the next begins, and are found at once."""


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
        self._tty: bool = json["Config"]["Tty"]
        config = (json.get("HostConfig") or {}).get("LogConfig") or {}
        self.rotates = _rotates(config)
        self.compresses = self.rotates and _compresses(config)

    def open(self, wanted: Wanted) -> Download:
        """Open a stream; of a log that is compressed, from the beginning.

        Engines leave whole files out where a moment lies in one that is compressed.
        """
        params = {
            "stdout": True,
            "stderr": True,
            "follow": wanted.follow,
            "tail": "all" if wanted.tail is None else wanted.tail,
            "since": None if self.compresses else wanted.since,
            "until": wanted.until,
            "timestamps": True,
        }
        path = f"/containers/{self._id}/logs"
        return self._wire.open("GET", path, params, asked=f"container {self.name}")

    def reader(self) -> Frames | Terminal:
        return Terminal(self.name) if self._tty else Frames(self.name)

    def goes_on(self) -> bool:
        """Say whether the container is in that very run still."""
        return bool(self._run) and self.current_run() == self._run

    def current_run(self) -> str:
        """Return when the run began that is under way, "" if there is none."""
        try:
            return _run(self._wire.get(f"/containers/{self._id}/json"))
        except NotFound:
            return ""

    def now(self) -> int:
        """Return what the engine's clock says, in nanoseconds."""
        return nanoseconds(self._wire.get("/info")["SystemTime"])


class Logs:
    """Lines, until nothing more is to come; EngineUnavailable when the engine is gone.

    With `halts` the first `batches` end where all was said so far, and the next go on.
    """

    def __init__(
        self, output: Output, wanted: Wanted, *, timestamps: bool, halts: bool = False
    ) -> None:
        self._output = output
        self._wanted = wanted
        self._timestamps = timestamps
        self._recent: deque[tuple[int, bytes]] = deque(maxlen=REMEMBERED)
        self._known: Counter[tuple[int, bytes]] = Counter()
        self._newest = b""
        self._floor = b""
        if output.compresses and wanted.since:
            self._floor = stamp(seconds_to_nanoseconds(wanted.since))
        self._seeking = False
        self._closed = False
        self._opened = time.monotonic()
        self._halts = halts
        self._halted = False
        self._download = output.open(self._at_first())

    def __iter__(self) -> Iterator[LogLine]:
        for batch in self.batches():
            for line in batch.lines():
                yield line if self._timestamps else replace(line, time="")

    def batches(self) -> Iterator[LogBatch]:
        if self._halted:
            self._halts = self._halted = False
            self._go_on()
        losses = 0
        while True:
            lost = None
            try:
                for batch in self._fresh():
                    losses = 0
                    yield batch
            except AnswerLost as error:
                lost = error
            if self._closed or (lost is None and not self._is_cut()):
                self._halted = self._halts
                return
            losses += 1
            if losses >= ATTEMPTS:
                raise lost or AnswerLost(f"the engine keeps ending the output of {self._name}")
            time.sleep(next(islice(pauses(), losses - 1, None)))
            self._reopen(self._rest())

    def close(self) -> None:
        self._closed = True
        self._download.close()

    def _at_first(self) -> Wanted:
        """Return what is asked for at first: of what is followed since a moment, the last lines.

        An engine goes through all of a log to find a moment.  Lines before it are left out
        here; if there are none, it is looked for after all.
        """
        wanted = replace(self._wanted, follow=self._wanted.follow and not self._halts)
        if not wanted.follow or not wanted.since or wanted.tail is not None:
            return wanted
        self._seeking = True
        self._floor = stamp(seconds_to_nanoseconds(wanted.since))
        return replace(wanted, tail=SPARE, since=None)

    @property
    def _name(self) -> str:
        return self._output.name

    def _fresh(self) -> Iterator[LogBatch]:
        """Yield what comes, without the lines that came before the stream was cut."""
        reader = self._output.reader()
        for chunk in self._download:
            batch = reader.batch(chunk)
            if self._seeking and batch.texts:
                self._seeking = False
                first = batch.times[0]
                if self._known[batch.streams[0], first] == 0 and first >= self._floor:
                    self._download.close()
                    self._reopen(self._rest())
                    yield from self._fresh()
                    return
            yield from self._unknown(batch)
        if not self._closed:
            last = reader.rest()
            yield from self._unknown(last) if not self._halts else ()

    def _unknown(self, batch: LogBatch) -> Iterator[LogBatch]:
        """Yield the lines that have not come before, and remember the last of them."""
        if self._known or self._floor:
            lines = zip(batch.streams, batch.times, strict=True)
            batch = batch.picked([n for n, line in enumerate(lines) if not self._is_known(line)])
        if batch.texts:
            last = slice(-REMEMBERED, None)
            self._recent.extend(zip(batch.streams[last], batch.times[last], strict=True))
            yield batch

    def _is_known(self, line: tuple[int, bytes]) -> bool:
        if line[1] < self._floor:
            return True
        if line[1] > self._newest:
            self._known.clear()
        elif self._known[line] > 0:
            self._known[line] -= 1
            return True
        return False

    def _is_cut(self) -> bool:
        """Say whether a stream that has just ended in peace was to go on."""
        follows = self._wanted.follow and not self._halts
        return follows and not self._wanted.until and self._output.goes_on()

    def _go_on(self) -> None:
        """Follow what comes after the halt; of a run that is over, only the rest of it.

        The last lines are asked for first, since an engine goes through all of a log to
        find a moment.
        """
        if not self._output.goes_on():
            run = self._output.current_run()
            until = moment(run, 0) or self._wanted.until
            self._wanted = replace(self._wanted, follow=False, until=until)
        rest = self._rest()
        few = REMEMBERED + SPARE if self._recent else rest.tail
        self._reopen(replace(rest, tail=few), seeking=bool(self._recent))

    def _reopen(self, wanted: Wanted, *, seeking: bool = False) -> None:
        """Open the stream again; `seeking`: what comes first has to be known."""
        self._known = Counter(self._recent)
        self._newest = max((time for _, time in self._recent), default=b"")
        self._seeking = seeking
        if self._recent and self._output.compresses:
            self._floor = max(self._floor, min(time for _, time in self._recent))
        self._download = self._output.open(wanted)
        if self._closed:
            self._download.close()

    def _rest(self) -> Wanted:
        """Return what is still wanted; of the lines that came, the last ones come again."""
        wanted = replace(self._wanted, follow=self._wanted.follow and not self._halts)
        if self._recent:
            first = min(time for _, time in self._recent)
            return replace(wanted, tail=None, since=moment(first.decode(), 0))
        if wanted.tail == 0:
            ago = round((time.monotonic() - self._opened) * 1e9)
            return replace(wanted, tail=None, since=engine_time(self._output.now() - ago))
        return wanted


def _rotates(config: Mapping[str, Any]) -> bool:
    """Say whether the engine begins a new file now and then; the driver `local` always does."""
    sized = "max-size" in (config.get("Config") or {})
    return config.get("Type") == "local" or (config.get("Type") == "json-file" and sized)


def _compresses(config: Mapping[str, Any]) -> bool:
    """Say whether the engine compresses the files that it leaves behind."""
    default = "true" if config.get("Type") == "local" else "false"
    said: str = (config.get("Config") or {}).get("compress", default)
    return said == "true"


def _run(json: Mapping[str, Any]) -> str:
    """Return when a container was started, "" if it does not run."""
    state = json["State"]
    return str(state.get("StartedAt") or "") if state.get("Running") else ""
