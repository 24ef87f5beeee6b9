"""Advice on silence itself: what is silenced has to exist, or a typing error would go unseen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

from composer.errors import InvalidProject, Problem, did_you_mean
from composer.loader.document import parse
from composer.loader.nodes import MarkedList, MarkedMap
from composer.loader.silence import COMMENT, KEY, commented
from composer.loader.warning_names import WARNINGS, nearest, unknown
from composer.model.reload import RELOAD
from composer.source import SourceFile, SourceMark

_MOST: Final = 100
"""Problems of one kind in one file: looking for what was meant takes its time."""


def unknown_ignore(files: Iterable[SourceFile]) -> Iterator[Problem]:
    """Yield a problem for each name in a comment or under x-composer that means nothing."""
    for file in files:
        yield from islice(_comments(file), _MOST)
        if KEY in file.text:
            yield from islice(_sections(file), _MOST)


def _comments(file: SourceFile) -> Iterator[Problem]:
    if "composer:" not in file.text:
        return
    for number, line in enumerate(file.text.split("\n"), 1):
        found = COMMENT.search(line)
        for name in commented(line):
            if found and name not in WARNINGS:
                column = line.index(name, found.start("names")) + 1
                yield _no_such(name, SourceMark(file, number, column, len(name)))


def _sections(file: SourceFile) -> Iterator[Problem]:
    try:
        roots = [document.root for document in parse(file)]
    except InvalidProject:
        return
    for root in roots:
        services = root.get("services")
        entries = services.values() if isinstance(services, MarkedMap) else ()
        for node in (root, *entries):
            if isinstance(node, MarkedMap) and KEY in node:
                known = ("ignore",) if node is root else ("ignore", RELOAD)
                yield from _section(node[KEY], node.mark_of(KEY), known)


def _section(said: Any, mark: SourceMark | None, known: tuple[str, ...]) -> Iterator[Problem]:
    if not isinstance(said, MarkedMap):
        yield _warning(f"{KEY} is a mapping", mark, f"write {KEY}: {{ignore: [NAME]}}")
        return
    for key in said:
        if key not in known:
            words = " and ".join(f"`{word}`" for word in known)
            help = did_you_mean(key, known) or f"it knows {words}"
            yield _warning(f"{KEY} knows no {key!r}", said.keys_at.get(key), help)
    names, at = said.get("ignore"), said.mark_of("ignore")
    items: Iterable[tuple[Any, SourceMark | None]] = [(names, at)]
    if isinstance(names, MarkedList):
        items = zip(names, names.items_at, strict=True)
    for name, place in items:
        if name is not None and name not in WARNINGS:
            yield _no_such(str(name), place or at)


def _no_such(name: str, mark: SourceMark | None) -> Problem:
    return _warning(unknown(name), mark, nearest(name))


def _warning(message: str, mark: SourceMark | None, help: str) -> Problem:
    return Problem(message, mark, help, "warning", name="unknown-ignore")
