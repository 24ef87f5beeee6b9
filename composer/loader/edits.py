"""Change a part of a YAML text and leave every other character alone.

An edit replaces what stands between two offsets; a list of them is applied at once,
all offsets being those of the text before.  Here is also what is delicate about it in
either style: taking an entry out, indenting what is moved below another key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from composer.loader.places import Entry, Node

_LINE: Final = re.compile(r"^(?=[^\r\n])", re.MULTILINE)
_PLAIN: Final = re.compile(r"[A-Za-z_./][\w./-]*", re.ASCII)
_NOT_TEXT: Final = frozenset(("true", "false", "null", "yes", "no", "on", "off", "y", "n", "."))


class Edit(NamedTuple):
    start: int
    end: int
    text: str


def edited(text: str, edits: Iterable[Edit]) -> str:
    """Return `text` with all edits made; of two that overlap, the first one is."""
    parts: list[str] = []
    at = 0
    for edit in sorted(edits):
        if edit.start >= at:
            parts += (text[at : edit.start], edit.text)
            at = edit.end
    return "".join((*parts, text[at:]))


def line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def line_end(text: str, at: int) -> int:
    """Return where the line after the one of `at` begins."""
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def begins_line(text: str, node: Node) -> bool:
    return not text[line_start(text, node.start) : node.start].strip()


def with_comments_above(text: str, at: int) -> int:
    """Return where the comment lines right above the line of `at` begin, else its own start."""
    start = line_start(text, at)
    while start > 0:
        above = line_start(text, start - 1)
        if not text[above:start].lstrip(" ").startswith("#"):
            break
        start = above
    return start


def indented(text: str, unit: str) -> str:
    """Return `text` with every line moved right; one without anything on it stays."""
    return _LINE.sub(unit, text)


def line_break(text: str) -> str:
    """Return how the lines of `text` end."""
    first = text.find("\n")
    return "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"


def like(key: Node, name: str) -> str:
    """Return `name` as a key, in quotes if `key` has some."""
    quote = key.style if key.style in ("'", '"') else ""
    return f"{quote}{name}{quote}"


def removal(text: str, parent: Node, entry: Entry) -> Edit:
    """Return the edit that takes `entry` out, with its line or its comma."""
    if not parent.style:
        start, end = line_start(text, entry.key.start), line_end(text, entry.end)
        comment = text[entry.end : end].strip()
        if comment.startswith("#"):
            return Edit(entry.key.start, entry.end + text[entry.end : end].index("#"), "")
        return Edit(start, end, "")
    at = parent.entries.index(entry)
    if at > 0:
        return Edit(parent.entries[at - 1].end, entry.end, "")
    following = parent.entries[1].key.start if len(parent.entries) > 1 else entry.end
    return Edit(entry.key.start, following, "")


def addition(text: str, parent: Node, after: Entry, name: str, value: str) -> Edit:
    """Return the edit that writes `name: value` behind an entry."""
    key = like(after.key, name)
    if parent.style:
        return Edit(after.end, after.end, f", {key}: {value}")
    start, end = line_start(text, after.key.start), line_end(text, after.end)
    indent = text[start : after.key.start]
    return Edit(end, end, f"{indent}{key}: {value}{line_break(text)}")


def flow(value: Any) -> str:
    """Return a value in flow style."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(inner) for inner in value) + "]"
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and value.lower() not in _NOT_TEXT
        return value if plain else json.dumps(value, ensure_ascii=False)
    return json.dumps(value)
