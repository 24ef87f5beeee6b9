"""Marked trees in tests: read from text, and shown as plain values and lines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from composer.errors import Problem
from composer.loader.document import Document, parse
from composer.loader.nodes import MarkedList, MarkedMap, mark_at
from composer.source import SourceFile


def document(text: str, name: str = "compose.yaml") -> Document:
    """Return the only document of `text`."""
    [found] = parse(SourceFile(name, text))
    return found


def tree(text: str, name: str = "compose.yaml") -> MarkedMap:
    return document(text, name).root


def service(attributes: str, name: str = "compose.yaml") -> MarkedMap:
    """Return a tree with one service, web, of the given attributes in flow style."""
    return tree(f"services: {{web: {{{attributes}}}}}", name)


def plain(node: Any) -> Any:
    """Return `node` as ordinary dicts and lists, and see that its marks are in order."""
    if isinstance(node, MarkedMap):
        assert node.keys_at.keys() <= node.keys(), "a mark of a key that is gone"
        assert node.values_at.keys() <= node.keys(), "a mark of a value that is gone"
        return {key: plain(value) for key, value in node.items()}
    if isinstance(node, MarkedList):
        assert len(node) == len(node.items_at), "not one mark for each item"
        return [plain(item) for item in node]
    assert not isinstance(node, dict | list), f"unmarked: {node!r}"
    return node


def where(node: Any, *path: str | int) -> str:
    """Return where the value at `path` was written, as file:line:column."""
    return str(mark_at(node, path))


def said(problems: Iterable[Problem]) -> list[str]:
    """Return problems as lines: severity, place, message and help."""
    return [
        f"{problem.severity} {problem.mark}: {problem.message}"
        + (f" ({problem.help})" if problem.help else "")
        for problem in problems
    ]
