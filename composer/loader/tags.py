"""Carry out `!reset`: what it tags leaves the model merged so far."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from composer.loader.nodes import MarkedMap
from composer.source import Path


def drop(model: MarkedMap, paths: Iterable[Path]) -> None:
    """Remove from `model` what stands at `paths`; a path that is not there is fine.

    Inherited items of a list stay: a tag on an item speaks of that item only.
    Maps on the way are copied first, because an alias of the same text may
    stand elsewhere in the model.
    """
    own: dict[int, MarkedMap] = {}
    for path in paths:
        parent = _own_parent(model, path, own)
        if parent is not None and isinstance(path[-1], str):
            parent.drop(path[-1])


def _own_parent(model: MarkedMap, path: Path, own: dict[int, MarkedMap]) -> MarkedMap | None:
    """Return the map that holds the last key of `path`, after copying the maps down to it.

    `own` keeps the copies, by identity: each map is copied once.
    """
    parent = model
    for key in path[:-1]:
        child: Any = parent.get(key) if isinstance(key, str) else None
        if not isinstance(child, MarkedMap):
            return None
        if id(child) not in own:
            child = child.copy()
            own[id(child)] = child
            parent[str(key)] = child
        parent = child
    return parent if path else None
