"""The functions that a template may call: Go's own, and those of the Docker CLI.

`and` and `or` are not here: they do not look at what they do not need (see `run`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from composer.pattern import pattern
from composer.record import dataclass
from composer.render.gotemplate.values import Struct, go_json, is_list, kind, shown, true
from composer.render.gotemplate.verbs import MOST, filled


@dataclass(frozen=True, slots=True)
class Known:
    """`takes` says what each argument is: text, number, list or any; `more` repeats the last.

    `call` raises ValueError for arguments with which it can do nothing.
    """

    call: Callable[..., object]
    takes: tuple[str, ...]
    more: bool = False


def fits(value: object, wanted: str) -> bool:
    match wanted:
        case "text":
            return isinstance(value, str)
        case "number":
            return isinstance(value, int) and not isinstance(value, bool)
        case "list":
            return is_list(value)
        case _:
            return True


def _title(text: str) -> str:
    return _FIRST_LETTERS.sub(lambda match: match[0].upper(), text)


def _pad(text: str, before: int, after: int) -> str:
    if not (0 <= before <= MOST and 0 <= after <= MOST):
        raise ValueError(f"a number of blanks is between 0 and {MOST}")
    return " " * before + text + " " * after if text else text


def _truncate(text: str, length: int) -> str:
    if length < 0:
        raise ValueError("a length is not negative")
    return text.encode()[:length].decode(errors="replace")


def _split(text: str, separator: str) -> list[str]:
    return text.split(separator) if separator else list(text)


def _join(parts: list[object], separator: str) -> str:
    if not all(isinstance(part, str) for part in parts):
        raise ValueError("only texts can be joined")
    return separator.join(map(str, parts))


def _len(value: object) -> int:
    if isinstance(value, str):
        return len(value.encode())
    if is_list(value) or (isinstance(value, Mapping) and not isinstance(value, Struct)):
        return len(value)  # type: ignore[arg-type]
    raise ValueError(f"{kind(value)} has no length")


def _index(value: object, *keys: object) -> object:
    for key in keys:
        value = _item(value, key)
    return value


def _item(value: object, key: object) -> object:
    if isinstance(value, Mapping) and not isinstance(value, Struct):
        if not isinstance(key, str):
            raise ValueError(f"a key is a text, not {kind(key)}")
        return value.get(key, "")
    if not isinstance(value, (str, list, tuple)):
        raise ValueError(f"{kind(value)} has no items")
    if not fits(key, "number"):
        raise ValueError(f"an index is a number, not {kind(key)}")
    assert isinstance(key, int)
    items = value.encode() if isinstance(value, str) else value
    if not 0 <= key < len(items):
        raise ValueError(f"index {key} is out of range: there are {len(items)} items")
    return items[key]


def _slice(value: object, *ends: object) -> object:
    if not isinstance(value, (str, list, tuple)):
        raise ValueError(f"{kind(value)} cannot be cut")
    items = value.encode() if isinstance(value, str) else value
    if len(ends) > 2 or not all(fits(end, "number") for end in ends):
        raise ValueError("slice takes where to begin and where to end")
    numbers = [end for end in ends if isinstance(end, int)]
    begin, end = [*numbers, *[0, len(items)][len(numbers) :]]
    if not 0 <= begin <= end <= len(items):
        raise ValueError(f"{begin} to {end} is out of range: there are {len(items)} items")
    cut = items[begin:end]
    return cut.decode(errors="replace") if isinstance(cut, bytes) else cut


def _print(*values: object) -> str:
    """Go puts a blank between two of which neither is a text."""
    text = ""
    for number, value in enumerate(values):
        apart = number and not isinstance(value, str) and not isinstance(values[number - 1], str)
        text += " " * bool(apart) + shown(value, nested=True)
    return text


def _println(*values: object) -> str:
    return " ".join(shown(value, nested=True) for value in values) + "\n"


def _equal(one: object, *others: object) -> bool:
    if not others:
        raise ValueError("there is nothing to compare with")
    return any(_same(one, other) for other in others)


def _same(one: object, other: object) -> bool:
    for value in (one, other):
        if is_list(value) or isinstance(value, Mapping):
            raise ValueError(f"{kind(value)} cannot be compared")
    if one is None or other is None:
        return one is other
    _alike(one, other)
    return one == other


def _alike(one: object, other: object) -> None:
    if type(one) is not type(other):
        raise ValueError(f"{kind(one)} cannot be compared with {kind(other)}")


def _less(one: object, other: object) -> bool:
    _alike(one, other)
    if isinstance(one, bool) or not isinstance(one, (int, float, str)):
        raise ValueError(f"{kind(one)} is neither more nor less")
    return one < other  # type: ignore[operator]


def _html(*values: object) -> str:
    text = _print(*values).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&#34;").replace("'", "&#39;").replace("\0", "\ufffd")


def _js(*values: object) -> str:
    text = _print(*values)
    signs = {"\\": "\\\\", "'": "\\'", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    for letter in "<>&=":
        signs[letter] = f"\\u{ord(letter):04X}"
    return "".join(signs.get(letter, letter) for letter in text)


def _urlquery(*values: object) -> str:
    from urllib.parse import quote_plus

    return quote_plus(_print(*values), safe="")


_FIRST_LETTERS = pattern(r"(?<![\w])[^\W\d_]")

FUNCTIONS: Mapping[str, Known] = {
    "eq": Known(_equal, ("any", "any"), more=True),
    "ge": Known(lambda one, other: not _less(one, other), ("any", "any")),
    "gt": Known(lambda one, other: _less(other, one), ("any", "any")),
    "html": Known(_html, ("any",), more=True),
    "index": Known(_index, ("any", "any"), more=True),
    "join": Known(_join, ("list", "text")),
    "js": Known(_js, ("any",), more=True),
    "json": Known(lambda value: go_json(value, escape=False), ("any",)),
    "le": Known(lambda one, other: not _less(other, one), ("any", "any")),
    "len": Known(_len, ("any",)),
    "lower": Known(str.lower, ("text",)),
    "lt": Known(_less, ("any", "any")),
    "ne": Known(lambda one, other: not _same(one, other), ("any", "any")),
    "not": Known(lambda value: not true(value), ("any",)),
    "pad": Known(_pad, ("text", "number", "number")),
    "print": Known(_print, ("any",), more=True),
    "printf": Known(lambda format, *values: filled(format, values), ("text", "any"), more=True),
    "println": Known(_println, ("any",), more=True),
    "slice": Known(_slice, ("any", "any"), more=True),
    "split": Known(_split, ("text", "text")),
    "title": Known(_title, ("text",)),
    "truncate": Known(_truncate, ("text", "number")),
    "upper": Known(str.upper, ("text",)),
    "urlquery": Known(_urlquery, ("any",), more=True),
}

HEADER_FUNCTIONS: Mapping[str, Known] = {
    **FUNCTIONS,
    **{
        name: Known(lambda header, *rest: header, ("any", *FUNCTIONS[name].takes[1:]))
        for name in ("join", "json", "lower", "split", "title", "truncate", "upper")
    },
}
"""In a table's header, what changes a value leaves it as it is; `pad` pads it."""

NAMES = frozenset({*FUNCTIONS, "and", "or"})
