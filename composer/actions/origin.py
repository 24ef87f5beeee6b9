"""A printed model with where each of its values comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from composer.loader.document import parse
from composer.loader.nodes import MarkedList, MarkedMap
from composer.loader.origins import UNSET, Origin, Origins, Variable
from composer.source import Path, SourceFile, SourceMark

_MERGE_KEY = re.compile(r"^([ -]*)<<:", re.MULTILINE)
_WIDEST = 72
"""Comments stand in one column, but for lines that are longer."""


def annotated(text: str, origins: Origins) -> str:
    """Return a printed model with a comment on the line of every value.

    It is YAML still, and the same model: a comment behind the head of a block is
    none of its lines.
    """
    lines = text.split("\n")
    comments: dict[int, str] = {}
    readable = _MERGE_KEY.sub(r'\1"<<":', text)  # printed bare as Docker Compose does
    for document in parse(SourceFile("the printed model", readable)):
        for path, mark in _leaves(document.root, ()):
            comments[mark.line - 1] = ", ".join(worded(one) for one in origins.of(path))
    widths = [len(lines[at]) for at in comments]
    column = max((width for width in widths if width <= _WIDEST), default=0)
    for at, comment in comments.items():
        lines[at] = f"{lines[at]:{column}}  # {comment}"
    return "\n".join(lines)


def listed(tree: Mapping[str, Any], origins: Origins) -> list[dict[str, Any]]:
    """Return every value of a printed model with its path and where it comes from."""
    return [
        {"path": list(path), "value": value, "origins": [_record(one) for one in origins.of(path)]}
        for path, value in _values(tree, ())
    ]


def _leaves(node: Any, path: Path) -> Iterator[tuple[Path, SourceMark]]:
    """Yield what has nothing below it: scalars, and what is empty."""
    marks: Iterator[tuple[str | int, Any, SourceMark | None]]
    if isinstance(node, MarkedMap):
        marks = ((key.replace("$$", "$"), node[key], node.values_at.get(key)) for key in node)
    else:
        marks = ((at, item, node.items_at[at]) for at, item in enumerate(node))
    for key, value, mark in marks:
        if isinstance(value, MarkedMap | MarkedList) and value:
            yield from _leaves(value, (*path, key))
        elif mark is not None:
            yield (*path, key), mark


def _values(node: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    below: Sequence[tuple[str | int, Any]] = ()
    if isinstance(node, Mapping):
        below = list(node.items())
    elif isinstance(node, list):
        below = list(enumerate(node))
    if not below:
        yield path, node
    for key, value in below:
        yield from _values(value, (*path, key))


def worded(origin: Origin) -> str:
    """Return an origin as people read it: "compose.yaml:4", "TAG from shell"."""
    match origin:
        case Variable(name, source):
            if source == UNSET:
                return f"{name} not set"
            return f"{name} from {_place(source) if isinstance(source, SourceMark) else source}"
        case SourceMark():
            return _place(origin)
        case _:
            return origin


def _place(mark: SourceMark) -> str:
    name = mark.file.name
    return f"{name if name.isprintable() else repr(name)}:{mark.line}"


def _record(origin: Origin) -> dict[str, Any]:
    match origin:
        case Variable(name, source):
            shown = _record(source) if isinstance(source, SourceMark) else source
            return {"variable": name, "source": shown}
        case SourceMark(file, line, column):
            return {"file": file.name, "line": line, "column": column}
        case _:
            return {"source": origin}
