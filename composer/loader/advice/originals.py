"""What stood in the files before ${…} was replaced, found again by its mark.

A mark outlives every pass and the text does not, so the files are parsed once more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from composer.errors import InvalidProject
from composer.loader.document import parse
from composer.loader.nodes import MarkedList, MarkedMap
from composer.source import SourceFile, SourceMark

_QUOTES = ("'", '"', "|", ">", "!", "&", "*")


class Originals:
    """The scalars of files by their places."""

    def __init__(self) -> None:
        self._files: dict[SourceFile, dict[tuple[int, int], Any]] = {}

    def at(self, mark: SourceMark | None) -> Any:
        """Return the value that was written at `mark`, None when there is no scalar."""
        if mark is None:
            return None
        if mark.file not in self._files:
            self._files[mark.file] = dict(_scalars(mark.file))
        return self._files[mark.file].get((mark.line, mark.column))


def plain(mark: SourceMark | None) -> str:
    """Return the text of a plain scalar as it was written, "" for a quoted or tagged one."""
    if mark is None:
        return ""
    text = mark.file.line(mark.line)[mark.column - 1 :][: mark.width]
    return "" if text.startswith(_QUOTES) else text


def _scalars(file: SourceFile) -> Iterator[tuple[tuple[int, int], Any]]:
    try:
        for document in parse(file):
            yield from _below(document.root)
    except InvalidProject:
        return


def _below(node: MarkedMap | MarkedList) -> Iterator[tuple[tuple[int, int], Any]]:
    pairs: Iterator[tuple[Any, SourceMark | None]]
    if isinstance(node, MarkedMap):
        pairs = ((value, node.values_at.get(key)) for key, value in node.items())
    else:
        pairs = zip(node, node.items_at, strict=True)
    for value, mark in pairs:
        if isinstance(value, MarkedMap | MarkedList):
            yield from _below(value)
        elif mark is not None:
            yield (mark.line, mark.column), value
