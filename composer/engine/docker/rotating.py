"""Following a log that the engine rotates, without losing a line.

An engine that follows such a log may leave out what comes around a rotation, and repeat
what came before it.  What it has kept it gives whole to who does not follow.  So here the
stream that follows only wakes: what it says is thrown away, and the log is read from the
last line known.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice

from composer.engine.docker.clock import moment
from composer.engine.docker.flow import Download
from composer.engine.docker.logs import REMEMBERED, SPARE, Logs, Output, Wanted
from composer.engine.docker.patience import ATTEMPTS, pauses
from composer.errors import AnswerLost, EngineError, EngineUnavailable, NotFound
from composer.model.events import LogBatch
from composer.record import replace

_QUIET = 1.0
"""After how many seconds without a word the log is looked at once more: the engine may not
have told of the last lines."""


class RotatingLogs(Logs):
    def __init__(
        self, output: Output, wanted: Wanted, *, timestamps: bool, halts: bool = False
    ) -> None:
        super().__init__(output, wanted, timestamps=timestamps, halts=True)
        self._stops = halts
        self._watch: Download | None = None
        self._few = REMEMBERED + SPARE

    def batches(self) -> Iterator[LogBatch]:
        if not self._halted:
            yield from super().batches()
            if self._stops:
                return
        losses = 0
        while not self._closed:
            lost: EngineError | None = None
            try:
                for _ in self._wakes():
                    for batch in self._catch_up(to_the_end=False):
                        losses = 0
                        yield batch
                if not (self._closed or self._goes_on()):
                    yield from self._catch_up(to_the_end=True)
                    return
            except EngineError as error:
                # also "Error grabbing logs: no such file or directory", from amid a rotation
                if isinstance(error, (NotFound, EngineUnavailable)):
                    raise
                lost = error
            losses += 1
            if losses >= ATTEMPTS and not self._closed:
                raise lost or AnswerLost(f"the engine keeps ending the output of {self._name}")
            time.sleep(next(islice(pauses(), losses - 1, None)))

    def close(self) -> None:
        super().close()
        if self._watch is not None:
            self._watch.close()

    def _goes_on(self) -> bool:
        return self._output.goes_on()

    def _wakes(self) -> Iterator[None]:
        """Yield when there may be lines that are not known, at the beginning too."""
        watch = self._output.open(Wanted(follow=True, tail=0, since=None, until=None))
        self._watch = watch
        if self._closed:
            watch.close()
        try:
            yield
            reader, chunks, stirred = self._output.reader(), iter(watch), True
            while not self._closed:
                if stirred and watch.is_quiet(_QUIET):
                    stirred = False
                    yield
                chunk = next(chunks, b"")
                if not chunk:
                    return
                stirred = True
                times = reader.batch(chunk).times
                if times and max(times) > self._latest:
                    yield
        finally:
            watch.close()

    @property
    def _latest(self) -> bytes:
        return max((time for _, time in self._recent), default=b"")

    def _catch_up(self, *, to_the_end: bool) -> Iterator[LogBatch]:
        """Yield what is not known yet; `to_the_end` of a run that is over."""
        self._halts = not to_the_end
        rest = replace(self._rest(), follow=False)
        if to_the_end:
            rest = replace(rest, until=moment(self._output.current_run(), 0) or rest.until)
        if self._recent:
            rest = replace(rest, tail=self._few)
        self._reopen(rest, seeking=bool(self._recent))
        count = 0
        for batch in self._fresh():
            count += len(batch.texts)
            yield batch
        self._few = max(REMEMBERED + SPARE, 4 * count)
