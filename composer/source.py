"""Where a value was written: files, marks and paths.

A mark rides on every value from the YAML text to the last error about it, so it
is small and cheap to make: a large project makes tens of thousands of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from composer.record import dataclass, field

Path: TypeAlias = tuple[str | int, ...]
"""Where a value stands in the model: ("services", "web", "ports", 0), never a dotted string."""


@dataclass(frozen=True, slots=True, eq=False)
class SourceFile:
    """A text that was read.  `name` is how the user would name it: relative when shorter."""

    name: str
    text: str = field(repr=False)

    def line(self, number: int) -> str:
        """Return line `number`, counted from 1, without its line end; "" past the end."""
        lines = _lines(self.text)
        return lines[number - 1].rstrip("\r") if 1 <= number <= len(lines) else ""


@lru_cache(maxsize=8)
def _lines(text: str) -> list[str]:
    """Return the lines of `text`; thousands of problems in one file ask again and again."""
    return text.split("\n")


class SourceMark(NamedTuple):
    """A span on one line of a file.  `line` and `column` count from 1, `width` in characters."""

    file: SourceFile
    line: int
    column: int
    width: int = 1

    def __str__(self) -> str:
        return f"{self.file.name}:{self.line}:{self.column}"

    def on(self, word: str, *, last: bool = False) -> SourceMark:
        """Return the place of `word`, first or last, in this span; the span without it.

        The span of a text that begins with | or > goes on in the lines below.
        """
        start = self.column - 1
        text = self.file.line(self.line)[start : start + self.width]
        if text[:1] in ("|", ">"):
            marks = [mark for mark in self._block() if mark.on(word) is not mark]
            return marks[-1 if last else 0].on(word, last=last) if marks and word else self
        at = text.rfind(word) if last else text.find(word)
        return self._replace(column=start + at + 1, width=len(word)) if word and at >= 0 else self

    def _block(self) -> Iterator[SourceMark]:
        """Yield the lines of a text that this line begins with | or >."""
        outer = len(self.file.line(self.line)) - len(self.file.line(self.line).lstrip())
        for number in range(self.line + 1, len(_lines(self.file.text)) + 1):
            line = self.file.line(number)
            inner = len(line) - len(line.lstrip())
            if line.strip():
                if inner <= outer:
                    return
                yield SourceMark(self.file, number, inner + 1, len(line) - inner)
