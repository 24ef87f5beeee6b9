"""Tables keyed by path pattern: how a pass finds its special cases.

A table is written as {"services.*.ports": rule}.  `*` stands for any one key
and `[]` for any item of a list.  A pass that walks the model carries a `Rules`
along and steps it down with every key, so that finding a rule costs one
dictionary look-up a level, however long the table is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

from composer.source import Path

T = TypeVar("T")


class Rules(Generic[T]):
    """What a table says about one place and what lies below it.

    `value` is the rule for this very place, None without one.  An exact key wins
    over `*`, and what a table says below `*` holds below the exact key too.
    """

    __slots__ = ("_below", "value")

    def __init__(self) -> None:
        self.value: T | None = None
        self._below: dict[str, Rules[T]] = {}

    @classmethod
    def of(cls, table: Mapping[str, T]) -> Rules[T]:
        root = cls()
        patterns = [(pattern.split("."), value) for pattern, value in table.items()]
        for keys, value in sorted(patterns, key=lambda row: [key == "*" for key in row[0]]):
            for branch in root._branches(keys):
                if branch.value is None:
                    branch.value = value
        return root

    def step(self, key: str | int) -> Rules[T] | None:
        """Return the rules below `key`, None when there are none."""
        if isinstance(key, int):
            return self._below.get("[]")
        return self._below.get(key) or self._below.get("*")

    def at(self, path: Path) -> T | None:
        """Return the rule for the place `path`, None without one."""
        here: Rules[T] | None = self
        for key in path:
            here = here.step(key) if here is not None else None
        return here.value if here is not None else None

    def _branches(self, keys: list[str]) -> Iterable[Rules[T]]:
        """Return the places that `keys` names, made if needed; `*` also names its siblings."""
        if not keys:
            return [self]
        first, rest = keys[0], keys[1:]
        own = self._below.get(first)
        if own is None:
            own = self._below[first] = Rules()
        named = [own]
        if first == "*":
            named += [below for key, below in self._below.items() if key not in ("*", "[]")]
        return [place for branch in named for place in branch._branches(rest)]
