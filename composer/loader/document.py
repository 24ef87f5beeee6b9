"""YAML text → marked nodes, straight from the parser's events.

The only module that imports yaml.  Building from libyaml's events is five times
as fast as loading plain objects, and every node learns where it was written.
An alias is copied, so that no later pass can change two places at once; what
`<<` merges is copied too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from composer.errors import InvalidProject, Problem
from composer.loader.nodes import MarkedList, MarkedMap
from composer.loader.scalars import describe, go_number, resolve
from composer.loader.syntax import (
    MAX_DEPTH,
    Fault,
    duplicate_key,
    explain,
    forbidden_character,
    too_deep,
    unknown_anchor,
    unusable_key,
)
from composer.pattern import compiled_later
from composer.record import dataclass, replace
from composer.source import Path, SourceFile, SourceMark

with compiled_later():  # a set of characters that only its Python parser needs takes 5 ms
    import yaml
    from yaml.events import (
        AliasEvent,
        CollectionEndEvent,
        DocumentStartEvent,
        Event,
        MappingStartEvent,
        ScalarEvent,
    )

__all__ = ["Document", "events", "go_number", "parse"]

MAX_COPIES: Final = 100_000
MAX_DOCUMENTS: Final = 10_000

_BREAKS: Final = re.compile("\r(?!\n)|[\x85\u2028\u2029]")  # line ends to YAML, not to str
_TAG: Final = "tag:yaml.org,2002:"
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESET: Final = object()
_new: Final = tuple.__new__  # a third of the time of SourceMark(…), and there are many


@dataclass(frozen=True)
class Document:
    """One YAML document.  `resets` and `overrides` are where !reset and !override stood.

    A value under !reset is not in the tree.
    """

    root: MarkedMap
    resets: tuple[Path, ...] = ()
    overrides: tuple[Path, ...] = ()


def parse(file: SourceFile) -> list[Document]:
    """Return the documents of `file`; an empty file is one empty document.

    Raises InvalidProject with every duplicate or unusable key, and with the
    syntax error that ended the reading, if there is one.
    """
    file = replace(file, text=file.text.removeprefix("\ufeff"))
    marked = replace(file, text=_BREAKS.sub("\n", file.text))
    builder = _Builder(marked)
    try:
        documents = list(builder.documents(events(file.text)))
    except yaml.MarkedYAMLError as error:
        builder.problems.append(explain(_fault(error), marked))
    except (yaml.reader.ReaderError, UnicodeEncodeError):
        builder.problems.append(forbidden_character(marked))
    except _Refused as error:
        builder.problems.append(error.problem)
    if builder.problems:
        raise InvalidProject(sorted(builder.problems, key=_place))
    return documents or [Document(MarkedMap(SourceMark(marked, 1, 1)))]


def events(text: str) -> Iterator[Any]:
    """Return what the parser says of `text`, straight from it: for those who edit it, too."""
    return iter(_LOADER(text).get_event, None)


def _place(problem: Problem) -> tuple[int, int]:
    return problem.mark[1:3] if problem.mark else (0, 0)


class _Refused(Exception):
    """The text asks for more than a reader should give: reading ends here."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


@dataclass(slots=True)
class _Anchor:
    """A named node, while `done` is false still being read; tags stand relative to it."""

    at: int
    value: Any = None
    mark: SourceMark | None = None
    done: bool = False
    resets: tuple[Path, ...] = ()
    overrides: tuple[Path, ...] = ()


class _Builder:
    def __init__(self, file: SourceFile) -> None:
        self.problems: list[Problem] = []
        self._tops: list[Problem] = []
        self._file = file
        self._lines = file.text.split("\n")
        self._events: Iterator[Event] = iter(())
        self._anchors: dict[str, _Anchor] = {}  # known to later documents too, unlike in YAML
        self._begin()

    def documents(self, events: Iterator[Event]) -> Iterator[Document]:
        self._events = events
        count = 0
        for event in events:
            if isinstance(event, DocumentStartEvent):
                count += 1
                if count > MAX_DOCUMENTS:
                    message = f"this file has more than {MAX_DOCUMENTS} documents"
                    raise _Refused(Problem(message, self._mark(event)))
                self._begin()
                yield self._document(next(events))
        self.problems += self._tops  # a syntax error says more about such a text

    def _begin(self) -> None:
        self._path: list[str | int] = []
        self._depth = 0
        self._copies = 0
        self._resets: list[Path] = []
        self._overrides: list[Path] = []

    def _document(self, event: Event) -> Document:
        root, mark = self._node(event)
        if root is None or root is _RESET:
            root = MarkedMap(mark)
        elif not isinstance(root, MarkedMap):
            message = f"the top level must be a mapping, not {describe(root)}"
            hint = "start with a key such as 'services:'"
            self._tops.append(Problem(message, mark, help=hint))
            root = MarkedMap(mark)
        return Document(root, tuple(self._resets), tuple(self._overrides))

    def _mark(self, event: Any) -> SourceMark:
        start, end = event.start_mark, event.end_mark
        if start.line != end.line or end.column <= start.column:
            return self._span(start, end)
        place = (self._file, start.line + 1, start.column + 1, end.column - start.column)
        return _new(SourceMark, place)

    def _span(self, start: Any, end: Any) -> SourceMark:
        """Mark what lies between two places, as far as it goes on its first line."""
        line, column = start.line, start.column
        width = end.column - column
        if end.line != line:
            width = len(self._lines[line].rstrip()) - column if line < len(self._lines) else 1
        return _new(SourceMark, (self._file, line + 1, column + 1, width if width > 0 else 1))

    def _node(self, event: Any) -> tuple[Any, SourceMark]:
        """Return the node that begins with `event`, or _RESET, and its mark."""
        kind = type(event)
        if kind is AliasEvent:
            return self._alias(event)
        if kind is ScalarEvent and event.tag is None and event.anchor is None:
            return (event.value if event.style else resolve(event.value)), self._mark(event)
        return self._rare_node(event) if event.tag or event.anchor else self._collection(event)

    def _rare_node(self, event: Any) -> tuple[Any, SourceMark]:
        """Return a node that has a tag or an anchor."""
        anchor = _Anchor(len(self._path), mark=self._mark(event))
        resets, overrides = len(self._resets), len(self._overrides)
        if event.anchor:
            self._anchors[event.anchor] = anchor
        if type(event) is ScalarEvent:
            value, mark = self._tagged_scalar(event), self._mark(event)
        else:
            value, mark = self._collection(event)
        if event.tag == "!override" and self._path:
            self._note(self._overrides, tuple(self._path))
        if event.tag == "!reset" and self._path:
            del self._resets[resets:], self._overrides[overrides:]
            self._note(self._resets, tuple(self._path))
            value = _RESET
        anchor.value, anchor.mark, anchor.done = value, mark, True
        anchor.resets = tuple(path[anchor.at :] for path in self._resets[resets:])
        anchor.overrides = tuple(path[anchor.at :] for path in self._overrides[overrides:])
        return value, mark

    def _note(self, paths: list[Path], path: Path) -> None:
        """Remember a tagged place.  Items of lists cannot be addressed from outside."""
        if not any(isinstance(key, int) for key in path):
            paths.append(path)

    def _tagged_scalar(self, event: ScalarEvent) -> Any:
        tag = event.tag or ""
        if tag == f"{_TAG}binary":
            return self._binary(event)
        if not tag.startswith(_TAG):
            # With a tag that nobody knows it is a text; null under !override still is none.
            value = event.value if event.style else resolve(event.value)
            return value if not tag or (tag == "!override" and value is None) else event.value
        kind = tag.removeprefix(_TAG)
        value = resolve(event.value)
        right = {
            "int": isinstance(value, int) and not isinstance(value, bool),
            "float": isinstance(value, (int, float)) and not isinstance(value, bool),
            "bool": isinstance(value, bool),
            "null": value is None,
        }
        if not right.get(kind, True):
            message = f"{event.value!r} is not what its tag !!{kind} says"
            self.problems.append(Problem(message, self._mark(event)))
        return value if kind in right else event.value

    def _binary(self, event: ScalarEvent) -> str:
        import base64

        try:
            content = base64.b64decode("".join(event.value.split()), validate=True)
            return content.decode(errors="surrogateescape")
        except ValueError:
            self.problems.append(Problem("!!binary is not in base64", self._mark(event)))
            return ""

    def _collection(self, event: Any) -> tuple[Any, SourceMark]:
        if self._depth >= MAX_DEPTH:
            raise _Refused(too_deep(self._mark(event)))
        self._depth += 1
        node, end = self._map() if type(event) is MappingStartEvent else self._list()
        self._depth -= 1
        node.mark = self._span(event.start_mark, end)
        return node, node.mark

    def _list(self) -> tuple[MarkedList, Any]:
        items = MarkedList()
        path = self._path
        for position, event in enumerate(self._events):
            if isinstance(event, CollectionEndEvent):
                return items, event.end_mark
            path.append(position)
            value, value_mark = self._node(event)
            path.pop()
            if value is not _RESET:
                if value is None and value_mark.width == 1:
                    value_mark = self._dash(value_mark)
                items.append(value)
                items.items_at.append(value_mark)
        raise AssertionError("the parser closes every list")

    def _dash(self, mark: SourceMark) -> SourceMark:
        """Return the place of the dash before an item that nobody wrote."""
        before = self._lines[mark.line - 1][: mark.column - 1] if mark.column > 1 else ""
        return mark._replace(column=mark.column - 1) if before.endswith("-") else mark

    def _map(self) -> tuple[MarkedMap, Any]:
        entries = MarkedMap()
        keys_at, values_at = entries.keys_at, entries.values_at
        seen: dict[str, SourceMark] = {}
        merges: list[tuple[Any, SourceMark]] = []
        path, events = self._path, self._events
        for event in events:
            if isinstance(event, CollectionEndEvent):
                for value, value_mark in merges:
                    self._merge(entries, value, value_mark)
                return entries, event.end_mark
            key, key_mark = self._key(event)
            if key in seen:
                self.problems.append(duplicate_key(key, key_mark, seen[key]))
            seen.setdefault(key, key_mark)
            if key == "<<" and type(event) is ScalarEvent and not event.style:
                merged = self._node(next(events))
                if merged[0] is not _RESET:
                    merges.append(merged)
                continue
            path.append(key)
            value, value_mark = self._node(next(events))
            path.pop()
            if value is not _RESET:
                entries[key] = value
                keys_at[key] = key_mark
                empty = value is None and value_mark.width == 1
                values_at[key] = key_mark if empty else value_mark
        raise AssertionError("the parser closes every mapping")

    def _key(self, event: Any) -> tuple[str, SourceMark]:
        """Return a key and its mark.  A key that is no text is a problem, and read as one."""
        mark = self._mark(event)
        if type(event) is ScalarEvent and event.tag is None and event.anchor is None:
            key = event.value if event.style else resolve(event.value)
        else:
            key, _ = self._node(event)
        if isinstance(key, str):
            return key, mark
        written = event.value if isinstance(event, ScalarEvent) else ""
        item = bool(self._path) and isinstance(self._path[-1], int)
        self.problems.append(unusable_key(written, describe(key), mark, item=item))
        return f"{written}\0{mark.line}:{mark.column}", mark

    def _alias(self, event: AliasEvent) -> tuple[Any, SourceMark]:
        name, mark = str(event.anchor), self._mark(event)
        anchor = self._anchors.get(name)
        if anchor is None:
            self.problems.append(unknown_anchor(name, self._anchors, mark))
            return MarkedMap(mark), mark  # fits wherever it is merged
        if not anchor.done:
            message = f"alias {name!r} stands inside the very value that it names"
            notes = (("the value begins here", anchor.mark),) if anchor.mark else ()
            raise _Refused(Problem(message, mark, notes=notes))
        here = tuple(self._path)
        for path in anchor.resets:
            self._note(self._resets, here + path)
        for path in anchor.overrides:
            self._note(self._overrides, here + path)
        value = self._copy(anchor.value, mark, self._depth)
        scalar = not isinstance(value, (MarkedMap, MarkedList))
        return value, anchor.mark if scalar and anchor.mark else mark

    def _copy(self, node: Any, mark: SourceMark, depth: int) -> Any:
        """Return a copy that shares nothing; `mark` is the alias that asks for it."""
        self._copies += 1
        if self._copies > MAX_COPIES:
            message = f"aliases make this file larger than {MAX_COPIES} values"
            raise _Refused(Problem(message, mark))
        if depth > MAX_DEPTH:
            raise _Refused(too_deep(mark))
        if isinstance(node, MarkedMap):
            entries = MarkedMap(node.mark)
            entries.keys_at, entries.values_at = node.keys_at.copy(), node.values_at.copy()
            for key, value in node.items():
                entries[key] = self._copy(value, mark, depth + 1)
            return entries
        if isinstance(node, MarkedList):
            items = MarkedList(node.mark)
            items.items_at = node.items_at.copy()
            items.extend(self._copy(item, mark, depth + 1) for item in node)
            return items
        return node

    def _merge(self, entries: MarkedMap, source: Any, mark: SourceMark) -> None:
        """Add what `<<` names; what is there already wins."""
        several = isinstance(source, MarkedList)
        parts = zip(source, source.items_at, strict=True) if several else [(source, mark)]
        for part, at in parts:
            if not isinstance(part, MarkedMap):
                what = (
                    "the list at '<<' must hold mappings" if several else "'<<' must name a mapping"
                )
                hint = f"write *{part} for an anchor" if isinstance(part, str) else None
                self.problems.append(Problem(f"{what}, not {describe(part)}", at or mark, hint))
                continue
            for key in part:
                if key not in entries:
                    entries.take(part, key)


def _fault(error: yaml.MarkedYAMLError) -> Fault:
    at = error.problem_mark or error.context_mark
    place = (at.line + 1, at.column + 1) if at else (1, 1)
    start = error.context_mark
    origin = (start.line + 1, start.column + 1) if start else None
    return Fault(str(error.problem or error.context or error), place, origin)
