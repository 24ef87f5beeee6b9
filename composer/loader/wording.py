"""How the places of a model are called in messages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from composer.errors import Problem
from composer.record import replace
from composer.source import Path, SourceMark

TOP: Final = "the top level"
SECTIONS: Final = {
    "services": "service",
    "jobs": "job",
    "networks": "network",
    "volumes": "volume",
    "configs": "config",
    "secrets": "secret",
    "models": "model",
}


def name_of(path: Path) -> str:
    """Return the place `path` in words: "'ports[0]' of service 'web'"."""
    if not path:
        return TOP
    owner, rest = "", path
    if len(path) > 1 and path[0] in SECTIONS:
        owner, rest = f"{SECTIONS[str(path[0])]} {path[1]!r}", path[2:]
    if not rest:
        return owner
    dotted = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in rest)
    inner = f"'{dotted.removeprefix('.')}'"
    return f"{inner} of {owner}" if owner else inner


def named_at(mark: SourceMark | None, problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems of a file that is named at `mark`.

    What has no place of its own, a missing file above all, is marked there.
    """
    return [
        replace(one, notes=(*one.notes, ("the file is named here", mark)))
        if one.mark and mark
        else replace(one, mark=one.mark or mark)
        for one in problems
    ]


def raw(mark: SourceMark | None) -> str:
    """Return what was written at `mark`, quotes included and a tag before it left out."""
    if mark is None:
        return ""
    text = mark.file.line(mark.line)[mark.column - 1 : mark.column - 1 + mark.width]
    return text.partition(" ")[2].lstrip() if text.startswith("!") else text
