"""A tree of dicts, lists and scalars as YAML or JSON text, as Docker Compose prints it.

Two spaces a level, items one level below their key, a text quoted when a reader of
YAML 1.1 or 1.2 could take it for something else, lines of a text as a block.
Sources: go-yaml emitterc.go and encode.go, observed on Docker Compose 2.40.

`$` is doubled, so that what is printed can be read again; `escape=False` leaves
a text that was never interpolated as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from composer.errors import UsageError
from composer.loader.scalars import go_number, resolve
from composer.pattern import pattern

_OLD_BOOLEANS = pattern("[yYnN]|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF")
_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_TIMESTAMP = pattern(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:[Tt]\d\d?:\d\d?:\d\d?(?:\.\d*)?(?:Z|[-+]\d\d:\d\d)| \d\d?:\d\d?:\d\d?(?:\.\d*)?)?"
)
_SPECIAL = pattern("[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]")
_NOT_UTF_8 = pattern(r"[\ud800-\udfff]")
"""Bytes of a path or a variable that are no text; Python keeps them so."""
_FIRST = pattern(r"[#,\[\]{}&*!|>'\"%@`]|[-?:](?:[ \t\n]|$)|---|\.\.\.")
_LATER = pattern(r":(?: |$)|(?<= )#")
_NO_BLOCK = pattern(r" \n| \Z")
_EXPONENT = re.compile(r'^( *(?:".*": )?)(-?[0-9.]+e[-+][0-9]+)(?=,?$)', re.MULTILINE)
_SHORT_ESCAPES = {
    "\0": "\\0", "\a": "\\a", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\v": "\\v",
    "\f": "\\f", "\r": "\\r", "\x1b": "\\e", '"': '\\"', "\\": "\\\\", "\x85": "\\N",
    "\u2028": "\\L", "\u2029": "\\P", "\ufeff": "\\uFEFF",
}  # fmt: skip
_LONGEST_KEY = 128
_BASE_64_LINE = 70
_BREAKS = frozenset("\n\r\x85\u2028\u2029")


def to_yaml(tree: Mapping[str, Any], *, escape: bool = True) -> str:
    """Return `tree` as a YAML document that ends with a line end."""
    text = "".join(f"{line}\n" for line in _map_lines(tree, 0)) if tree else "{}\n"
    return text.replace("$", "$$") if escape else text


def to_json(tree: Mapping[str, Any] | list[Any], *, escape: bool = True, indent: int = 2) -> str:
    """Return `tree` as JSON over several lines, without a line end at its end.

    Raises UsageError for a number that JSON has no word for.
    """
    try:
        text = json.dumps(tree, ensure_ascii=False, indent=indent, allow_nan=False)
    except ValueError:
        raise UsageError("JSON has no word for .inf and .nan", help="take --format yaml") from None
    text = _EXPONENT.sub(_go_float, text)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    text = _NOT_UTF_8.sub(r"\\ufffd", text)
    return text.replace("$", "$$") if escape else text


def _go_float(found: re.Match[str]) -> str:
    """Return a number that Python writes with an exponent as Go does: 0.00001, 1e-7."""
    if 1e-6 <= abs(float(found[2])) < 1e21:
        from decimal import Decimal

        return f"{found[1]}{Decimal(found[2]):f}"
    return found[1] + re.sub("e([-+])0*", r"e\1", found[2])


def _map_lines(values: Mapping[str, Any], indent: int) -> Iterator[str]:
    for key, value in values.items():
        name = _text(key, indent, key="\n" not in key)
        length = len(key.encode(errors="surrogateescape"))
        alone = length > _LONGEST_KEY or "\n" in name or not _BREAKS.isdisjoint(key)
        if alone:
            yield f"{' ' * indent}? {name}"
            yield from _item_lines(":", value, indent)
            continue
        first, *rest = _lines(value, indent)
        yield f"{' ' * indent}{name}:{first and ' '}{first}"
        yield from rest


def _lines(value: Any, indent: int) -> Iterator[str]:
    """Yield what stands after a key at `indent`: first on its line, then below it."""
    if isinstance(value, Mapping) and value:
        yield ""
        yield from _map_lines(value, indent + 2)
    elif isinstance(value, list) and value:
        yield ""
        yield from _list_lines(value, indent + 2)
    else:
        yield from _scalar(value, indent).split("\n")


def _list_lines(items: list[Any], indent: int) -> Iterator[str]:
    for item in items:
        yield from _item_lines("-", item, indent)


def _item_lines(sign: str, item: Any, indent: int) -> Iterator[str]:
    """Yield what stands behind a `sign` of its own, from its line on."""
    if isinstance(item, Mapping) and item:
        below = list(_map_lines(item, indent + 2))
    elif isinstance(item, list) and item:
        below = list(_list_lines(item, indent + 2))
    else:
        below = (" " * (indent + 2) + _scalar(item, indent)).split("\n")
    yield f"{' ' * indent}{sign} {below[0][indent + 2 :]}"
    yield from below[1:]


def _scalar(value: Any, indent: int) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case float():
            return {"NaN": ".nan", "+Inf": ".inf", "-Inf": "-.inf"}.get(
                number := go_number(value), number
            )
        case str():
            return _text(value, indent)
        case date():
            return value.isoformat()
        case _:
            return "[]" if isinstance(value, list) else "{}"


def _text(text: str, indent: int, *, key: bool = False) -> str:
    """Return `text` in the plainest style that every reader takes for the same text."""
    plain = text.isascii() and text.isprintable()
    special = not plain and _SPECIAL.search(text) is not None
    if special and _NOT_UTF_8.search(text):
        return _binary(text.encode(errors="surrogateescape"), indent)
    if "\n" in text:
        block = not (special or key or _NO_BLOCK.search(text))
        return _block(text, indent) if block else _double_quoted(text)
    if special or "\t" in text or not _resolves_to_itself(text):
        return _double_quoted(text)
    return text if _is_plain(text) else _single_quoted(text)


def _binary(content: bytes, indent: int) -> str:
    """Return what is no text in base64: on one line, or as a block of lines."""
    import base64

    text = base64.b64encode(content).decode()
    if len(text) >= _BASE_64_LINE:
        lines = range(0, len(text), _BASE_64_LINE)
        text = _block("".join(f"{text[at : at + _BASE_64_LINE]}\n" for at in lines), indent)
    return f"!!binary {text}"


def _resolves_to_itself(text: str) -> bool:
    return (
        resolve(text) == text
        and _OLD_BOOLEANS.fullmatch(text) is None
        and _BASE_60.fullmatch(text) is None
        and not _is_timestamp(text)
    )


def _is_timestamp(text: str) -> bool:
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        return False
    try:
        date(*map(int, match.groups()))
    except ValueError:
        return False
    return True


def _is_plain(text: str) -> bool:
    return text.strip(" ") == text and _FIRST.match(text) is None and _LATER.search(text) is None


def _single_quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _double_quoted(text: str) -> str:
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if short := _SHORT_ESCAPES.get(character):
        return short
    if _SPECIAL.match(character) is None:
        return character
    code = ord(character)
    if code > 0xFFFF:
        return f"\\U{code:08X}"
    return f"\\u{code:04X}" if code > 0xFF else f"\\x{code:02X}"


def _block(text: str, indent: int) -> str:
    """Return `text` as a literal block below a key at `indent`.

    The depth is said where a reader could not tell it from the first line.  (Docker
    Compose does not say it before a tab, and cannot read what it wrote.)
    """
    hint = "2" if text[0] in " \t\n" else ""
    body, pad = text.rstrip("\n"), " " * (indent + 2)
    ends = len(text) - len(body)
    chomp = "-" if ends == 0 else "" if ends == 1 and body else "+"
    lines = [*body.split("\n"), *[""] * (ends - 1)]
    return "\n".join([f"|{hint}{chomp}", *(pad + line if line else "" for line in lines)])
