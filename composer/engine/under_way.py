"""What is under way, and can be broken off by any thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from composer.errors import Cancelled


class UnderWay:
    def __init__(self) -> None:
        self._ends: dict[object, Callable[[], object]] = {}
        self._broken: set[object] = set()

    def break_off(self) -> None:
        """End all that is under way now."""
        for one, end in [*self._ends.items()]:
            self._broken.add(one)
            end()

    @contextmanager
    def until_over(self, end: Callable[[], object]) -> Iterator[None]:
        """Be ended by `end`; raises Cancelled then, whatever came of it."""
        one = object()
        self._ends[one] = end
        try:
            yield
        except Exception:
            if one not in self._broken:
                raise
        finally:
            del self._ends[one]
        if one in self._broken:
            self._broken.discard(one)
            raise Cancelled
