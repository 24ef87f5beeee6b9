"""printf, as Go's fmt fills it: a wrong verb, or a value too many, is told in the text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from composer.pattern import pattern
from composer.render.gotemplate.values import Struct, go_type, is_list, quoted, shown

_VERB = pattern(r"%([-+# 0]*)(\*|\d+)?(?:(\.)(\*|\d+)?)?(.|$)", re.DOTALL)
MOST = 1_000_000
"""How wide something is filled up at most: more is a slip of the hand, and takes the memory."""

_FLOATS = frozenset("eEfFgG")
_NUMBERS = {"d": "d", "o": "o", "x": "x", "X": "X", "b": "b"}


def filled(format: str, values: Sequence[object]) -> str:
    """Return `format` with its verbs replaced by `values`."""
    rest = list(values)

    def number(text: str | None) -> int | None:
        if text == "*":
            taken = rest.pop(0) if rest else None
            return taken if isinstance(taken, int) else None
        return int(text) if text else None

    def fill(match: re.Match[str]) -> str:
        flags, width, dot, precision, verb = match.groups()
        if verb == "%":
            return "%"
        wide, deep = number(width), number(precision)
        if not verb:
            return "%!(NOVERB)"
        if not rest:
            return f"%!{verb}(MISSING)"
        if max(abs(wide or 0), abs(deep or 0)) > MOST:
            rest.pop(0)
            return f"%!{verb}(BADWIDTH)"
        deep = 0 if dot and precision is None else deep
        return _padded(_worded(verb, rest.pop(0), flags, deep), flags, wide, verb)

    text = _VERB.sub(fill, format)
    if rest:
        extra = ", ".join(f"{go_type(one)}={shown(one, nested=True)}" for one in rest)
        text += f"%!(EXTRA {extra})"
    return text


def _worded(verb: str, value: object, flags: str, precision: int | None) -> str:
    if is_list(value) and verb not in "vTp":
        assert isinstance(value, (list, tuple))
        return "[" + " ".join(_worded(verb, one, flags, precision) for one in value) + "]"
    if isinstance(value, Struct) and verb not in "vTp":
        parts = (one for one in value.values() if not callable(one))
        return "{" + " ".join(_worded(verb, one, flags, precision) for one in parts) + "}"
    text = _simple(verb, value, flags, precision)
    return _bad(verb, value) if text is None else text


def _simple(verb: str, value: object, flags: str, precision: int | None) -> str | None:
    """Return `value` in the way of `verb`; None if they do not go together."""
    if verb == "T":
        return go_type(value)
    if verb == "v":
        return _any(value, flags)
    if isinstance(value, bool):
        return shown(value) if verb == "t" else None
    if isinstance(value, int):
        return _whole(verb, value, flags)
    if isinstance(value, float):
        return _fraction(verb, value, flags, precision)
    if isinstance(value, str):
        return _text(verb, value, precision)
    return shown(value, nested=True) if verb == "s" and value is not None else None


def _any(value: object, flags: str) -> str:
    if "#" in flags and isinstance(value, str):
        return quoted(value)
    if "+" in flags and isinstance(value, Struct):
        pairs = (f"{key}:{_any(one, flags)}" for key, one in value.items() if not callable(one))
        return "{" + " ".join(pairs) + "}"
    if "+" in flags and is_list(value):
        assert isinstance(value, (list, tuple))
        return "[" + " ".join(_any(one, flags) for one in value) + "]"
    return shown(value, nested=True)


def _whole(verb: str, value: int, flags: str) -> str | None:
    if verb in _NUMBERS:
        lead = "0x" if "#" in flags and verb in "xX" else ""
        text = f"{abs(value):{_NUMBERS[verb]}}"
        return _sign(value, flags) + lead + text
    if verb == "c":
        return _letter(value)
    if verb == "q":
        return f"'{_letter(value)}'"
    return f"U+{value:04X}" if verb == "U" else None


def _letter(code: int) -> str:
    return chr(code) if 0 <= code < 0xD800 or 0xE000 <= code < 0x110000 else "\ufffd"


def _fraction(verb: str, value: float, flags: str, precision: int | None) -> str | None:
    if verb not in _FLOATS:
        return None
    if verb in "gG" and precision is None:
        return shown(value).upper() if verb == "G" else shown(value)
    places = 6 if precision is None else precision
    return _sign(value, flags) + f"{abs(value):.{places}{verb}}"


def _sign(value: float, flags: str) -> str:
    if value < 0:
        return "-"
    return "+" if "+" in flags else " " if " " in flags else ""


def _text(verb: str, value: str, precision: int | None) -> str | None:
    cut = value if precision is None else value[:precision]
    match verb:
        case "s":
            return cut
        case "q":
            return quoted(cut)
        case "x":
            return cut.encode().hex()
        case "X":
            return cut.encode().hex().upper()
        case _:
            return None


def _bad(verb: str, value: object) -> str:
    if value is None:
        return f"%!{verb}(<nil>)"
    return f"%!{verb}({go_type(value)}={shown(value, nested=True)})"


def _padded(text: str, flags: str, width: int | None, verb: str) -> str:
    if width is None:
        return text
    if "-" in flags or width < 0:
        return text.ljust(abs(width))
    if "0" in flags and verb not in "vT":
        sign = text[:1] if text[:1] in ("+", "-") else ""
        return sign + text[len(sign) :].rjust(width - len(sign), "0")
    return text.rjust(width)
