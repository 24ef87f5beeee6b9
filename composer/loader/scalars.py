"""What a plain scalar means, and how a number is written as text.

Docker Compose reads YAML with go-yaml, which is YAML 1.2 with leftovers of 1.1:
0777 and 0o17 are octal, 0b1 and 1_000 are numbers, yes and 22:22 are texts.
Dates stay texts.  Sources: go-yaml resolve.go, observed on Docker Compose 2.40.
"""

from __future__ import annotations

import math
from typing import Final

from composer.pattern import pattern

Scalar = str | int | float | bool | None

_WORDS: Final[dict[str, Scalar]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **{f"{sign}.{word}": math.inf for sign in ("", "+") for word in ("inf", "Inf", "INF")},
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
_NUMBER_STARTS: Final = frozenset("+-.0123456789")
_INTEGER: Final = pattern(
    r"(?P<sign>[-+]?)(?:"
    r"0[xX](?P<hexadecimal>[0-9a-fA-F]+)|0[bB](?P<binary>[01]+)|"
    r"0[oO]?(?P<octal>[0-7]+)|(?P<decimal>0|[1-9][0-9]*))"
)
_BASES: Final = {"hexadecimal": 16, "binary": 2, "octal": 8, "decimal": 10}
_FLOAT: Final = pattern(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_POINT_FIRST: Final = pattern(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+)?")
_LONGEST_INTEGER: Final = 70  # 64 binary digits, prefix and sign


def resolve(text: str) -> Scalar:
    """Return the value of a plain scalar."""
    if text in _WORDS:
        return _WORDS[text]
    return _number(text) if text[0] in _NUMBER_STARTS else text


def go_number(value: int | float) -> str:
    """Return `value` as Go prints it: 1.0 is "1", 1000000.0 is "1e+06"."""
    if isinstance(value, int):
        return str(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    digits = next(count for count in range(18) if float(f"{value:.{count}e}") == value)
    scientific = f"{value:.{digits}e}"
    exponent = int(scientific.partition("e")[2])
    if -4 <= exponent <= 5:
        return f"{value:.{max(digits - exponent, 0)}f}"
    return scientific


def describe(value: object) -> str:
    """Name the kind of a value in words for people: "a mapping", "a text"."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case dict():
            return "a mapping"
        case _:
            return "a list"


def _number(text: str) -> Scalar:
    if text[0] == "." and not _POINT_FIRST.fullmatch(text):
        return text
    digits = text.replace("_", "")
    if (found := _INTEGER.fullmatch(digits)) and len(digits) <= _LONGEST_INTEGER:
        base = _BASES[str(found.lastgroup)]
        value = int(found["sign"] + found[str(found.lastgroup)], base)
        if -(2**63) <= value < 2**64:
            return value
    if _FLOAT.fullmatch(digits) and not math.isinf(number := float(digits)):
        return number
    return text
