"""What stands where in a YAML text, for those who change a part of it and leave the rest alone.

`parse` gives values and marks for messages; this gives nodes with the offsets of their
first character and the one after their last, their anchor and tag included.  A block
mapping or list ends with its last value: comments and blank lines below are nobody's.
Aliases and `<<` stay what was written.  The text must be one that `parse` accepts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from composer.loader.document import events

_KINDS: Final = {
    "AliasEvent": "alias",
    "DocumentEndEvent": "end",
    "DocumentStartEvent": "document",
    "MappingEndEvent": "end",
    "MappingStartEvent": "map",
    "ScalarEvent": "scalar",
    "SequenceEndEvent": "end",
    "SequenceStartEvent": "list",
}
_PROPERTIES: Final = re.compile(r"(?:[&!]\S*\s+)*")


class Node(NamedTuple):
    """A node as it is written.  `kind` is map, list, scalar or alias.

    `style` is "{" for a mapping or list in flow style, and for a scalar the sign it
    begins with: a quote, "|", ">", or nothing.  `text` is a scalar's value.
    """

    kind: str
    start: int
    end: int
    style: str = ""
    text: str = ""
    entries: tuple[Entry, ...] = ()
    items: tuple[Node, ...] = ()

    def entry(self, key: str) -> Entry | None:
        """Return the entry of a mapping that is written under `key`."""
        return next((one for one in self.entries if one.key.text == key), None)


class Entry(NamedTuple):
    """A key of a mapping and its value."""

    key: Node
    value: Node

    @property
    def end(self) -> int:
        return max(self.key.end, self.value.end)


class Layout(NamedTuple):
    """How a document stands in the text: where it ends, and its mapping; None if it is empty."""

    root: Node | None
    end: int


def layouts(text: str) -> list[Layout]:
    """Return the documents of `text`."""
    stream = _pieces(text)
    documents: list[Layout] = []
    for piece in stream:
        if piece.kind == "document":
            root = _node(next(stream), stream, text)
            end = next(stream)
            whole = root if root.kind == "map" else None
            documents.append(Layout(whole, end.start))
    return documents


def content(node: Node, text: str) -> int:
    """Return the offset of a scalar behind its anchor and tag."""
    properties = _PROPERTIES.match(text, node.start, node.end)
    return properties.end() if properties and not node.style else node.start


def _node(piece: _Piece, stream: Iterator[_Piece], text: str) -> Node:
    if piece.kind == "map":
        entries, end = _entries(stream, text)
        last = entries[-1].end if entries and not piece.style else end
        return Node("map", piece.start, last, piece.style, entries=entries)
    if piece.kind == "list":
        items, end = _items(stream, text)
        last = items[-1].end if items and not piece.style else end
        return Node("list", piece.start, last, piece.style, items=items)
    end = piece.end
    if piece.style in ("|", ">"):
        end = piece.start + len(text[piece.start : piece.end].rstrip())
    return Node(piece.kind, piece.start, end, piece.style, piece.text)


def _entries(stream: Iterator[_Piece], text: str) -> tuple[tuple[Entry, ...], int]:
    entries: list[Entry] = []
    for piece in stream:
        if piece.kind == "end":
            return tuple(entries), piece.end
        key = _node(piece, stream, text)
        entries.append(Entry(key, _node(next(stream), stream, text)))
    raise AssertionError("the parser closes every mapping")


def _items(stream: Iterator[_Piece], text: str) -> tuple[tuple[Node, ...], int]:
    items: list[Node] = []
    for piece in stream:
        if piece.kind == "end":
            return tuple(items), piece.end
        items.append(_node(piece, stream, text))
    raise AssertionError("the parser closes every list")


class _Piece(NamedTuple):
    """What one event of the parser says, and from where to where in the text.

    `kind` is document, map, list, scalar, alias or end.
    """

    kind: str
    start: int
    end: int
    style: str = ""
    text: str = ""


def _pieces(text: str) -> Iterator[_Piece]:
    """Yield the pieces of a text that `parse` accepts."""
    for event in events(text):
        kind = _KINDS.get(type(event).__name__)
        if kind:
            style = "{" if getattr(event, "flow_style", False) else getattr(event, "style", "")
            value = getattr(event, "value", "")
            yield _Piece(kind, event.start_mark.index, event.end_mark.index, style or "", value)
