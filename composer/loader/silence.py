"""Which warnings the user does not want to hear: what the files themselves say.

    x-composer: {ignore: [latest-tag]}      at the top level, or in a service
    image: nginx  # composer: ignore latest-tag

What stands at the top level of the merged files holds for the project, of an
included file for that file.  What stands in a service holds for every warning
about it: one that knows its service, or one that points into its text.  Errors
are never silenced.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Collection, Mapping
from functools import cached_property, lru_cache
from typing import Any, Final

from composer.errors import InvalidProject, Problem
from composer.loader.document import parse
from composer.loader.nodes import MarkedMap
from composer.loader.warning_names import WARNINGS
from composer.source import SourceFile, SourceMark

KEY: Final = "x-composer"
COMMENT: Final = re.compile(r"(?:^|\s)#\s*composer:\s*ignore\s+(?P<names>[\w-]+(?:\s*,\s*[\w-]+)*)")


def heard(
    problems: Collection[Problem], root: Mapping[str, Any] | None, flags: Collection[str] = ()
) -> tuple[Problem, ...]:
    """Return `problems` without the warnings that `flags`, the model `root` or the files silence.

    Without a `root`, because loading failed, only the text around a warning counts.
    """
    whole: Mapping[str, Any] = root or {}
    everywhere = {*flags, *ignored(whole)}
    texts = {file: _Text(file) for file in {one.mark.file for one in problems if one.mark}}
    return tuple(
        one
        for one in problems
        if one.severity == "error"
        or one.name not in everywhere | _of_service(whole, one) | _around(one.mark, texts)
    )


def ignored(node: Any) -> frozenset[str]:
    """Return the known names under `x-composer: {ignore: …}` of a file or a service."""
    said = node.get(KEY) if isinstance(node, Mapping) else None
    names = said.get("ignore") if isinstance(said, Mapping) else None
    listed = names if isinstance(names, list) else [names]
    return frozenset(name for name in listed if isinstance(name, str) and name in WARNINGS)


def commented(line: str) -> tuple[str, ...]:
    """Return the names that a comment on `line` silences."""
    found = COMMENT.search(line) if "composer:" in line else None
    return tuple(re.split(r"\s*,\s*", found["names"])) if found else ()


def _of_service(root: Mapping[str, Any], problem: Problem) -> frozenset[str]:
    if len(problem.path) < 2 or problem.path[0] != "services":
        return frozenset()
    return ignored((root.get("services") or {}).get(problem.path[1]))


def _around(mark: SourceMark | None, texts: Mapping[SourceFile, _Text]) -> frozenset[str]:
    """Return what is silenced by the file, the service and the line in which `mark` is."""
    if mark is None:
        return frozenset()
    return _beside(mark) | texts[mark.file].ignored_at(mark)


def _beside(mark: SourceMark) -> frozenset[str]:
    """Return what a comment on the line silences, or one that has the line above for itself."""
    names = _commented(mark.file.line(mark.line))
    above = mark.file.line(mark.line - 1)
    return names | _commented(above) if above.lstrip().startswith("#") else names


@lru_cache(maxsize=8)
def _commented(line: str) -> frozenset[str]:
    """Return what a comment silences; all problems of a large file may stand on one line."""
    return frozenset(name for name in commented(line) if name in WARNINGS)


class _Text:
    """A file, looked at for what it silences."""

    def __init__(self, file: SourceFile) -> None:
        self.file = file
        self._speaks = KEY in file.text

    def ignored_at(self, mark: SourceMark) -> frozenset[str]:
        if not self._speaks:
            return frozenset()
        at = bisect(self._turns, (mark.line, mark.column), key=lambda turn: turn[0])
        return self._of_file | (self._turns[at - 1][1] if at else frozenset())

    @cached_property
    def _roots(self) -> list[Any]:
        try:
            return [document.root for document in parse(self.file)]
        except InvalidProject:
            return []

    @cached_property
    def _of_file(self) -> frozenset[str]:
        return frozenset(name for root in self._roots for name in ignored(root))

    @cached_property
    def _turns(self) -> list[tuple[tuple[int, int], frozenset[str]]]:
        """Return the places from which on something is silenced: where services begin and end."""
        turns: list[tuple[tuple[int, int], frozenset[str]]] = []
        for root in self._roots:
            for section, mark in root.keys_at.items():
                turns.append((_place(mark), frozenset()))
                entries = root[section]
                if section == "services" and isinstance(entries, MarkedMap):
                    starts = entries.keys_at.items()
                    turns += ((_place(at), ignored(entries[name])) for name, at in starts)
        return sorted(turns, key=lambda turn: turn[0])


def _place(mark: SourceMark) -> tuple[int, int]:
    return (mark.line, mark.column)
