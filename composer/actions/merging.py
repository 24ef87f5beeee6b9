"""Logs of several containers as one, in the order of time.  Pure.

Lines come in batches, each of which is in order but for a few.  All that is not later
than the end of any batch at hand is put in order at once: sorting what consists of a few
ordered parts costs little more than copying it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from queue import Queue
from threading import Thread

from composer.model.events import LogBatch

_AHEAD = 1024
"""How many batches of all streams are held at most, of 20 KB each, and never more than 128."""


def merged(streams: Sequence[Iterable[LogBatch]]) -> Iterator[list[bytes]]:
    """Yield the texts of all streams by their times; those of one stream stay in its order."""
    queues = [queue for queue in (_Queue(stream) for stream in streams) if queue.fill()]
    while len(queues) > 1:
        until = min(queue.times[-1] for queue in queues)
        times: list[bytes] = []
        texts: list[bytes] = []
        for queue in queues:
            queue.give(until, times, texts)
        yield [texts[place] for place in sorted(range(len(times)), key=times.__getitem__)]
        queues = [queue for queue in queues if queue.fill()]
    for queue in queues:
        yield queue.texts
        yield from (batch.texts for batch in queue.batches if batch.texts)


def ahead(stream: Iterable[LogBatch], streams: int) -> Iterator[LogBatch]:
    """Yield what `stream`, one of several, does; a thread reads batches meanwhile.

    While nobody reads a log its engine waits, and could look through several at once.
    """
    queue: Queue[LogBatch | Exception | None] = Queue(max(1, _AHEAD // streams))

    def read() -> None:
        try:
            for batch in stream:
                queue.put(batch)
        except Exception as error:  # a silent reader would leave the iteration asleep
            queue.put(error)
        else:
            queue.put(None)

    Thread(target=read, name="composer-log", daemon=True).start()
    while (item := queue.get()) is not None:
        if isinstance(item, Exception):
            raise item
        yield item


def last_lines(stream: Iterable[LogBatch], count: int) -> Iterator[LogBatch]:
    """Yield the last `count` lines of a stream, holding no more than these and a batch."""
    kept: deque[LogBatch] = deque()
    size = 0
    for batch in stream:
        kept.append(batch)
        size += len(batch.texts)
        while size - len(kept[0].texts) >= count and len(kept) > 1:
            size -= len(kept.popleft().texts)
    if kept:
        first = kept[0]
        total = len(first.texts)
        spare = min(max(size - count, 0), total)
        kept[0] = first.picked(range(spare, total))
    yield from (batch for batch in kept if batch.texts)


class _Queue:
    """The lines of one stream that have come and were not given away yet.

    Times never go back: a line that is earlier than the one before it has that one's.
    """

    def __init__(self, stream: Iterable[LogBatch]) -> None:
        self.batches = iter(stream)
        self.times: list[bytes] = []
        self.texts: list[bytes] = []
        self._last = b""

    def fill(self) -> bool:
        """Have lines at hand; False when there are no more."""
        while not self.texts:
            batch = next(self.batches, None)
            if batch is None:
                return False
            self.texts = batch.texts
            self.times = list(accumulate(batch.times, max, initial=self._last))[1:]
        return True

    def give(self, until: bytes, times: list[bytes], texts: list[bytes]) -> None:
        """Put what is not later than `until` behind `times` and `texts`."""
        count = bisect_right(self.times, until)
        if count:
            self._last = self.times[count - 1]
            times += self.times[:count]
            texts += self.texts[:count]
            self.times = self.times[count:]
            self.texts = self.texts[count:]
