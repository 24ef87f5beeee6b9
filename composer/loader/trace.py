"""Hear, while files are loaded, which variables their values are made of.

Only `config --origin` listens; see origins.py for what becomes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from composer.loader.nodes import MarkedMap
from composer.source import Path, SourceFile, SourceMark

Variables = Mapping[str, str]


class Trace:
    """What was heard.

    `used` has, for each text, the variables that were looked up, and among which;
    `inherited` the places of names without a value; `included` what the variables
    of an included project are made of: those around it, then files.
    """

    def __init__(self) -> None:
        self.used: dict[SourceMark, dict[str, Variables]] = {}
        self.inherited: set[Path] = set()
        self.included: dict[int, tuple[Variables, tuple[SourceFile, ...]]] = {}

    def hearing(self, variables: Variables) -> Callable[[SourceMark, str], None]:
        """Return what is told of every look-up in `variables`, and for which text."""

        def heard(mark: SourceMark, name: str) -> None:
            self.used.setdefault(mark, {})[name] = variables

        return heard

    def include(self, variables: Variables, around: Variables, files: Iterable[SourceFile]) -> None:
        """Remember what the variables of an included project are made of."""
        self.included[id(variables)] = (around, tuple(files))

    def inherit(self, root: MarkedMap) -> None:
        """Remember which variables and arguments of builds have no value of their own."""
        for section in ("services", "jobs"):
            for name, service in (root.get(section) or {}).items():
                if isinstance(service, MarkedMap):
                    self.inherited.update(_bare(service, (section, name)))


def _bare(service: MarkedMap, at: Path) -> Iterator[Path]:
    build = service.get("build")
    arguments = build.get("args") if isinstance(build, MarkedMap) else None
    for where, entries in (
        (("environment",), service.get("environment")),
        (("build", "args"), arguments),
    ):
        if isinstance(entries, MarkedMap):
            yield from ((*at, *where, key) for key, value in entries.items() if value is None)
