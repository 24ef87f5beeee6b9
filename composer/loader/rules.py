"""Tables keyed by path pattern: how a pass finds its special cases.

A table is written as {"services.*.ports": rule}.  `*` stands for any one key
and `[]` for any item of a list.  A pass that walks the model carries a `Rules`
along and steps it down with every key, so that finding a rule costs one
dictionary look-up a level, however long the table is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

from composer.source import Path

T = TypeVar("T")


class Rules(Generic[T]):
    """What a table says about one place and what lies below it.

    `value` is the rule for this very place, None without one.  An exact key wins
    over `*`, and what a table says below `*` holds below the exact key too.
    """

    __slots__ = ("_below", "_known", "_rows", "value")

    def __init__(self, rows: Sequence[tuple[Sequence[str], T]] = ()) -> None:
        """Take the keys that are left of each pattern, in the order in which they win."""
        self.value: T | None = next((value for keys, value in rows if not keys), None)
        self._rows = [row for row in rows if row[0]]
        self._known = {keys[0] for keys, _ in self._rows}
        self._below: dict[str, Rules[T] | None] = {}

    @classmethod
    def of(cls, table: Mapping[str, T]) -> Rules[T]:
        rows = [(pattern.split("."), value) for pattern, value in table.items()]
        return cls(sorted(rows, key=lambda row: [key == "*" for key in row[0]]))

    def step(self, key: str | int) -> Rules[T] | None:
        """Return the rules below `key`, None when there are none."""
        name = "[]" if isinstance(key, int) else key
        try:
            return self._below[name]
        except KeyError:
            below = self._below[name] = self._first_step(name)
            return below

    def at(self, path: Path) -> T | None:
        """Return the rule for the place `path`, None without one."""
        here: Rules[T] | None = self
        for key in path:
            here = here.step(key) if here is not None else None
        return here.value if here is not None else None

    def _first_step(self, name: str) -> Rules[T] | None:
        """Make the rules below `name`: most of a table is about what a file does not use."""
        if name in self._known:
            own = (name,) if name == "[]" else (name, "*")
            return Rules([(keys[1:], value) for keys, value in self._rows if keys[0] in own])
        return self.step("*") if name != "[]" and "*" in self._known else None
