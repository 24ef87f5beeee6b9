"""Marked trees in tests: read from text, and shown as plain values and lines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from composer.errors import Problem
from composer.loader.canonical import canonical
from composer.loader.document import Document, parse
from composer.loader.merge import merge
from composer.loader.nodes import MarkedList, MarkedMap, mark_at
from composer.loader.tags import drop
from composer.loader.unique import unique
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


def lengthen(text: str) -> dict[str, Any]:
    """Return the canonical form of a tree, plain.  Nothing may be wrong with it."""
    long, problems = canonical(tree(text))
    assert said(problems) == []
    return dict(plain(long))


def long(attributes: str) -> dict[str, Any]:
    """Return the canonical form of the attributes of a service."""
    return dict(lengthen(f"services: {{web: {{{attributes}}}}}")["services"]["web"])


def complaints(attributes: str) -> list[str]:
    """Return what canonical says about the attributes of a service, as lines."""
    return said(canonical(tree(f"services:\n  web:\n    {attributes}"))[1])


def stacked(*texts: str) -> dict[str, Any]:
    """Return what the documents make together, each brought onto the last as `up` does it."""
    model = MarkedMap()
    for number, text in enumerate(texts):
        found = document(text, f"{number}.yaml")
        drop(model, found.resets)
        model = unique(merge(model, found.root, found.overrides))
        model, problems = canonical(model)
        assert said(problems) == []
        model = unique(model)
    return dict(plain(model))


def stacked_service(*attributes: str) -> dict[str, Any]:
    """Return a service made of several files; each text holds its attributes in one of them."""
    texts = [f"services: {{web: {{{one}}}}}" for one in attributes]
    return dict(stacked(*texts)["services"]["web"])


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
