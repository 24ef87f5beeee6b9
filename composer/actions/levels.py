"""How grave a line of a log is, and what a structured one holds.  Pure.

Programs say it in many forms: as a key of JSON or logfmt, in brackets, in capitals before
the message, as a letter or a sign.  A line that says nothing goes with the one before it,
as the lines of a stack trace do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from composer.errors import UsageError, did_you_mean
from composer.pattern import pattern

LEVELS = ("trace", "debug", "info", "notice", "warning", "error", "fatal")
UNSAID = LEVELS.index("info")
"""That of a program which has not said any yet."""

_WORDS = {
    **{name: rank for rank, name in enumerate(LEVELS)},
    **dict.fromkeys(("verbose", "silly"), 0),
    **dict.fromkeys(("dbg", "fine", "d"), 1),
    **dict.fromkeys(("inf", "information", "informational", "log", "http", "i"), 2),
    **dict.fromkeys(("warn", "wrn", "w"), 4),
    **dict.fromkeys(("err", "severe", "e"), 5),
    **dict.fromkeys(("crit", "critical", "alert", "emerg", "emergency", "panic", "f", "ftl"), 6),
}
_KEYS = ("level", "severity", "lvl", "loglevel", "log.level", "levelname", "@l", "s")
_SIGNS = {b".": 1, b"-": 1, b"*": 3, b"#": 4}
_SYSLOG = (6, 6, 6, 5, 4, 3, 2, 1)

_WORD = (
    r"trace|debug[1-5]?|verbose|info(?:rmation)?|notice|warn(?:ing)?|err(?:or)?|crit(?:ical)?"
    r"|severe|fatal|panic|alert|emerg(?:ency)?"
)
_ANSI = pattern(rb"\x1b\[[0-9;]*[A-Za-z]")
_LOGFMT = pattern(rb"(?:^|\s)(?:level|lvl|severity|loglevel)=\"?(\w+)", 2)
_SYSLOG_MARK = pattern(rb"<([0-7])>")
_KLOG = pattern(rb"([IWEF])\d{4} \d\d:\d\d:")
_REDIS = pattern(rb"\d+:[A-Z] .{10,40}? ([.\-*#]) ")
_MARKED = pattern(
    (
        rf"[\[(<]\s*((?i:{_WORD}))\s*[\])>]|(?<![\w./-])({_WORD.upper()})"
        r"(?![\w-]|/(?![\w-]+\]))|\b(LOG): "
    ).encode()
)
_BEFORE = pattern(rf"(?:\S+ ){{0,3}}?((?i:{_WORD}))(?: *[:|] | +- )".encode())
_NPM = pattern(rb"npm (ERR!|error|warn|WARN)")
_ACCESS = pattern(rb"\" ([1-5])\d\d (?:\d+|-)(?:\s|$)")
_THROWN = pattern(
    rb"(?:Uncaught |Unhandled)?[\w.]*(?:Error|Exception|Rejection)\b|Traceback \(most"
)
_PAIR = pattern(r"([\w.@/-]+)=(\"(?:[^\"\\]|\\.)*\"|[^\s\"]*)(?:\s+|$)")


def rank_of(name: str) -> int:
    """Return the place of a level among LEVELS; raises UsageError for a word that is none."""
    rank = _WORDS.get(name.lower()) if len(name) > 1 else None
    if rank is None:
        known = f"one of {', '.join(LEVELS)}"
        raise UsageError(f"no such level: {name!r}", help=did_you_mean(name, _WORDS) or known)
    return rank


def level_of(text: bytes) -> int | None:
    """Return how grave a line is, as a place among LEVELS, None if it does not say so."""
    if b"\x1b" in text:
        text = _ANSI.sub(b"", text)
    if text[:1] == b"{":
        fields = _object(text)
        if fields is not None:
            return _level_in(fields)
    head = text[:200]
    if b"=" in head and (found := _LOGFMT.search(text)):
        return _of_word(found[1])
    return _said(head, text)


def fields_of(text: bytes) -> Mapping[str, Any] | None:
    """Return what a line of JSON or logfmt holds, None for one of another form."""
    text = text.strip()
    if text[:1] == b"{":
        return _object(text)
    if b"=" not in text:
        return None
    fields: dict[str, Any] = {}
    rest = text.decode(errors="backslashreplace")
    while rest:
        found = _PAIR.match(rest)
        if found is None:
            return None
        key, value = found.groups()
        fields[key] = _unquoted(value)
        rest = rest[found.end() :]
    return fields


def _said(head: bytes, text: bytes) -> int | None:
    """Return the level that a line of plain text begins with."""
    if found := _SYSLOG_MARK.match(head):
        return _SYSLOG[int(found[1])]
    if (found := _KLOG.match(head)) or (found := _NPM.match(head)):
        return _of_word(found[1].rstrip(b"!"))
    if found := _REDIS.match(head):
        return _SIGNS[found[1]]
    if found := _MARKED.search(head):
        return UNSAID if found[3] else _of_word(found[1] or found[2])
    if found := _BEFORE.match(head):
        return _of_word(found[1])
    if found := _ACCESS.search(text):
        return {b"5": LEVELS.index("error"), b"4": LEVELS.index("warning")}.get(found[1], UNSAID)
    return LEVELS.index("error") if _THROWN.match(head) else None


def _of_word(word: bytes) -> int | None:
    return _WORDS.get(word.decode(errors="replace").lower().rstrip("12345"))


def _level_in(fields: Mapping[str, Any]) -> int | None:
    for key in _KEYS:
        said = fields.get(key, fields.get(key.upper()))
        if isinstance(said, str) and (rank := _WORDS.get(said.lower())) is not None:
            return rank
        if isinstance(said, int) and not isinstance(said, bool) and said >= 10:
            return _of_number(said)
    return None


def _of_number(number: int) -> int:
    """Return the level of pino and bunyan: 10 is trace, 60 is fatal."""
    names = ("trace", "debug", "info", "warning", "error", "fatal")
    return LEVELS.index(names[min(number // 10, 6) - 1])


def _object(text: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(text.decode(errors="backslashreplace"), parse_constant=str)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        return value
    try:
        return str(json.loads(value, strict=False))
    except ValueError:
        return value[1:-1]
