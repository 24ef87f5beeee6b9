"""Two texts of one file as a unified diff, which `patch` and `git apply -p0` understand."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

_COLOURS = {"+": "32", "-": "31", "@": "36"}
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def render_diff(name: str, before: str, after: str, *, colour: bool) -> str:
    """Return the diff from `before` to `after`, "" if they are the same."""
    return "".join(_painted(line, colour=colour) for line in _lines(name, before, after))


def _lines(name: str, before: str, after: str) -> Iterator[str]:
    old, new = _LINE.findall(before), _LINE.findall(after)
    for line in difflib.unified_diff(old, new, name, name):
        yield line
        if not line.endswith("\n"):
            yield "\n\\ No newline at end of file\n"


def _painted(line: str, *, colour: bool) -> str:
    if not colour:
        return line
    code = "1" if line.startswith(("+++ ", "--- ")) else _COLOURS.get(line[:1])
    text = line.rstrip("\r\n")
    return f"\033[{code}m{text}\033[0m{line[len(text) :]}" if code else line
