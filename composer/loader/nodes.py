"""Marked nodes: ordinary dicts and lists that remember where they were written.

Every pass works on them and the JSON schema validates them as they are.  A
scalar is a plain Python value; its mark lives in the container that holds it.
A pass that makes a new container copies marks along, so that an error found
after five passes still points at the user's own text.
"""

from __future__ import annotations

from typing import Any

from composer.source import Path, SourceMark


class MarkedMap(dict[str, Any]):
    """A mapping.  `keys_at` marks its keys, `values_at` its values, `mark` the whole.

    A value that nobody wrote (a default, say) has no mark.
    """

    __slots__ = ("keys_at", "mark", "values_at")

    def __init__(self, mark: SourceMark | None = None) -> None:
        self.mark = mark
        self.keys_at: dict[str, SourceMark] = {}
        self.values_at: dict[str, SourceMark] = {}

    def put(
        self,
        key: str,
        value: Any,
        key_mark: SourceMark | None = None,
        value_mark: SourceMark | None = None,
    ) -> None:
        """Set `key`; marks that are given replace the ones it had."""
        self[key] = value
        if key_mark is not None:
            self.keys_at[key] = key_mark
        if value_mark is not None:
            self.values_at[key] = value_mark

    def take(self, other: MarkedMap, key: str) -> None:
        """Copy `key` with its marks from `other`."""
        self.put(key, other[key], other.keys_at.get(key), other.values_at.get(key))

    def drop(self, key: str) -> None:
        """Remove `key` and its marks, if it is there."""
        self.pop(key, None)
        self.keys_at.pop(key, None)
        self.values_at.pop(key, None)

    def copy(self) -> MarkedMap:
        """Return a map of the same values and marks, free to be changed."""
        copy = MarkedMap.__new__(MarkedMap)
        copy.update(self)
        copy.mark = self.mark
        copy.keys_at = self.keys_at.copy()
        copy.values_at = self.values_at.copy()
        return copy

    def mark_of(self, key: str) -> SourceMark | None:
        """Return where the value of `key` was written, else its key, else the whole."""
        return self.values_at.get(key) or self.keys_at.get(key) or self.mark


class MarkedList(list[Any]):
    """A sequence.  `items_at` marks its items, one for one; `mark` the whole."""

    __slots__ = ("items_at", "mark")

    def __init__(self, mark: SourceMark | None = None) -> None:
        self.mark = mark
        self.items_at: list[SourceMark | None] = []

    def add(self, value: Any, mark: SourceMark | None = None) -> None:
        self.append(value)
        self.items_at.append(mark)

    def copy(self) -> MarkedList:
        """Return a list of the same items and marks, free to be changed."""
        copy = MarkedList(self.mark)
        copy.extend(self)
        copy.items_at = list(self.items_at)
        return copy


def deep_copy(node: Any) -> Any:
    """Return `node` as a tree of its own: no container in it is shared with the original."""
    if isinstance(node, MarkedMap):
        tree = node.copy()
        for key, value in node.items():
            if isinstance(value, _CONTAINERS):
                tree[key] = deep_copy(value)
        return tree
    if isinstance(node, MarkedList):
        items = node.copy()
        items[:] = [deep_copy(item) for item in node]
        return items
    return node


_CONTAINERS = (MarkedMap, MarkedList)


def mark_at(node: Any, path: Path) -> SourceMark | None:
    """Return where the value at `path` below `node`, or its nearest ancestor, was written."""
    best: SourceMark | None = getattr(node, "mark", None)
    for key in path:
        if isinstance(node, MarkedMap) and key in node:
            best = node.mark_of(str(key)) or best
            node = node[str(key)]
        elif isinstance(node, MarkedList) and isinstance(key, int) and key < len(node):
            best = node.items_at[key] or best
            node = node[key]
        else:
            break
    return best


def key_mark_at(node: Any, path: Path) -> SourceMark | None:
    """Return where the last key of `path` was written; its value's mark if it has none."""
    parent = node
    for key in path[:-1]:
        parent = parent[key]
    if isinstance(parent, MarkedMap) and path:
        return parent.keys_at.get(str(path[-1])) or mark_at(node, path)
    return mark_at(node, path)
