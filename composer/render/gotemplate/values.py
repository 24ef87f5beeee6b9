"""Values that a template knows, and how Go prints them: fmt's %v, and JSON.

Python's own stand for Go's: bool, int, float, str, None for nil, lists and tuples for
slices, a Mapping for a map.  `Struct` is what a map is not: it has fields, and no others.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence


class Struct(dict[str, object]):
    """Fields by name, in their order.  One that is callable is a method: `.Label "x"`."""


class Row(Struct):
    """What `.` is at first.  As JSON it has its fields in alphabetical order."""


NOTHING = "<no value>"
"""What is printed where there is nothing."""

_SHORT = {
    '"': '\\"',
    "\\": "\\\\",
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}


def is_list(value: object) -> bool:
    return isinstance(value, (list, tuple))


def true(value: object) -> bool:
    """Say whether `if` takes `value` for true: a struct always is, else what is not empty."""
    return True if isinstance(value, Struct) else bool(value)


def shown(value: object, *, nested: bool = False) -> str:
    """Return `value` as Go prints it."""
    match value:
        case str():
            return value
        case None:
            return "<nil>" if nested else NOTHING
        case bool():
            return str(value).lower()
        case float():
            return _float(value)
        case Struct():
            parts = [shown(one, nested=True) for one in value.values() if not callable(one)]
            return "{" + " ".join(parts) + "}"
        case Mapping():
            pairs = [f"{key}:{shown(value[key], nested=True)}" for key in sorted(value)]
            return f"map[{' '.join(pairs)}]"
        case list() | tuple():
            return "[" + " ".join(shown(one, nested=True) for one in value) + "]"
        case _:
            return str(value)


def quoted(text: str) -> str:
    """Return `text` in quotes, as strconv.Quote."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join(_escape(letter) for letter in text) + '"'


def _escape(letter: str) -> str:
    if letter in _SHORT:
        return _SHORT[letter]
    if letter.isprintable():
        return letter
    code = ord(letter)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def go_json(value: object, *, escape: bool = True) -> str:
    """Return `value` as Go prints JSON: compact, <, > and & escaped unless told otherwise.

    A Row escapes them always: the Docker CLI prints it in two goes.
    """
    escape = escape or isinstance(value, Row)
    text = json.dumps(_plain(value), separators=(",", ":"), ensure_ascii=False)
    text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    if not escape:
        return text
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _plain(value: object) -> object:
    match value:
        case Row():
            return {key: _plain(value[key]) for key in sorted(value) if not callable(value[key])}
        case Struct():
            return {key: _plain(one) for key, one in value.items() if not callable(one)}
        case Mapping():
            return {str(key): _plain(value[key]) for key in sorted(value)}
        case list() | tuple():
            return [_plain(one) for one in value]
        case _:
            return value


def kind(value: object) -> str:
    """Return what `value` is, in a word or two, for errors."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "a truth value"
        case int():
            return "a number"
        case float():
            return "a fraction"
        case str():
            return "a text"
        case Mapping():
            return "an object"
        case list() | tuple():
            return "a list"
        case _:
            return "a function"


def go_type(value: object) -> str:
    """Return the name of the type that `value` has in Go."""
    match value:
        case None:
            return "<nil>"
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "float64"
        case str():
            return "string"
        case Mapping():
            return "map[string]interface {}"
        case _:
            return "[]string" if _all_texts(value) else "[]interface {}"


def _all_texts(value: object) -> bool:
    return isinstance(value, Sequence) and all(isinstance(one, str) for one in value)


def _float(value: float) -> str:
    """Return the shortest text that is `value`, with an exponent where %v of Go has one."""
    exponent = int(f"{value:e}".partition("e")[2])
    digits = repr(value)
    if -4 <= exponent < 6:
        return digits.removesuffix(".0")
    places = next(n for n in range(18) if float(f"{value:.{n}e}") == value)
    return f"{value:.{places}e}"
