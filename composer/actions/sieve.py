"""Which lines of a container are wanted: those with a pattern, those that are grave enough."""

from __future__ import annotations

import re
from collections.abc import Iterator

from composer.actions.levels import UNSAID, level_of
from composer.errors import UsageError
from composer.model.events import LogBatch
from composer.record import dataclass


@dataclass(frozen=True, slots=True)
class Wish:
    """A pattern to be found in a line, and the least level it must have; None is any."""

    pattern: re.Pattern[bytes] | None = None
    level: int | None = None

    @property
    def is_for_all(self) -> bool:
        return self.pattern is None and self.level is None


def pattern_of(text: str) -> re.Pattern[bytes]:
    """Return the regular expression; raises UsageError for what is none."""
    try:
        return re.compile(text.encode("utf-8", "surrogateescape"))
    except re.error as error:
        raise UsageError(
            f"--grep: {text!r} is no regular expression: {error}",
            help="a sign that is to stand for itself has a backslash before it",
        ) from None


class Sieve:
    """Lets the wanted lines of one container through; it knows the level of the last line."""

    def __init__(self, wish: Wish) -> None:
        self._wish = wish
        self._levels: dict[int, int] = {}

    def __call__(self, batch: LogBatch) -> LogBatch:
        if self._wish.is_for_all:
            return batch
        return batch.picked(list(self._wanted(batch)))

    def _wanted(self, batch: LogBatch) -> Iterator[int]:
        found = self._wish.pattern.search if self._wish.pattern else None
        least = self._wish.level
        for place, text in enumerate(batch.texts):
            if least is not None and self._level(text, batch.streams[place]) < least:
                continue
            if found is None or found(text):
                yield place

    def _level(self, text: bytes, stream: int) -> int:
        level = level_of(text)
        if level is None:
            return self._levels.get(stream, UNSAID)
        self._levels[stream] = level
        return level
