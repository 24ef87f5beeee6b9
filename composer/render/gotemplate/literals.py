"""Constants as Go writes them: texts, characters, numbers."""

from __future__ import annotations

import re
from math import isinf

from composer.pattern import pattern

_ESCAPE = pattern(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)", re.DOTALL)
_SIMPLE = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    "'": "'",
    '"': '"',
}


def unquoted(word: str) -> str:
    """Return the text that `word` quotes with " or `; raises ValueError."""
    return word[1:-1] if word[0] == "`" else _ESCAPE.sub(_escaped, word[1:-1])


def character(word: str) -> int:
    """Return the number of the character that `word` quotes with '."""
    text = _ESCAPE.sub(_escaped, word[1:-1])
    if len(text) != 1:
        raise ValueError("one character stands between two '")
    return ord(text)


def number(word: str) -> int | float:
    """Return the number that `word` is; raises ValueError for what Go has no room for."""
    value = _number(word.lower())
    if abs(value) >= 2**63 and (isinstance(value, int) or isinf(value)):
        raise ValueError("too large")
    return value


def _number(digits: str) -> int | float:
    if re.fullmatch(r"[-+]?0[0-7]+", digits):
        return int(digits, 8)
    try:
        return int(digits, 0)
    except ValueError:
        pass
    try:
        return float(digits)
    except ValueError:
        raise ValueError("no number") from None


def _escaped(match: re.Match[str]) -> str:
    code = match[1]
    if code in _SIMPLE:
        return _SIMPLE[code]
    if code[0] in "xuU" and len(code) > 1:
        return chr(int(code[1:], 16))
    if len(code) == 3:
        return chr(int(code, 8))
    raise ValueError(f"there is no escape \\{code}")
