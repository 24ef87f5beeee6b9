"""What to write instead of a value that has the wrong type, or does not read as it must."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from composer.errors import did_you_mean
from composer.loader.wording import raw
from composer.pattern import pattern
from composer.source import Path, SourceMark

_MAIN: Final[Mapping[str, tuple[str, str]]] = {
    "a config": ("file", "PATH"),
    "a health check": ("test", "COMMAND"),
    "a log driver and its options": ("driver", "NAME"),
    "a network, or null": ("driver", "NAME"),
    "a secret": ("file", "PATH"),
    "a service": ("image", "NAME"),
    "an AI model": ("model", "NAME"),
    "the condition of a dependency": ("condition", "service_started"),
}
"""By title: the key under which a single value would stand, and what it could be."""

_CONDITIONS: Final = ("service_started", "service_healthy", "service_completed_successfully")
_SHORT_FORMS: Final = ("devices", "ports", "volumes")
_UNITS_OF_TIME: Final = pattern(
    r"([0-9.]+) ?(?:(ms|s)(?:ec)?(?:ond)?s?|(m)in(?:ute)?s?|(h)(?:ou)?rs?|(d)ays?)"
)


def for_type(
    value: Any,
    schema: Mapping[str, Any],
    item: Mapping[str, Any],
    path: Path,
    mark: SourceMark | None,
) -> str | None:
    """Return help for a value at `path` of a type that `schema` does not know.

    `item` is the schema of its items, if it could be a list.
    """
    types = schema.get("type", ())
    kinds = (types,) if isinstance(types, str) else tuple(types)
    match value:
        case None if kinds == ("object",):
            return _below(schema, None) or "indent its entries below it, or remove it"
        case bool() | int() | float() if "string" in kinds:
            return _quoted(value, schema, path, mark)
        case 0 | 1 if kinds == ("boolean",):
            return f"write {str(bool(value)).lower()}"
        case str() if "array" in kinds and "string" not in kinds:
            return _of_text(value, mark) if "string" in item.get("type", ()) else None
        case int() | float() if "array" in kinds and "integer" in item.get("type", ()):
            return _as_list(mark)
        case str() if value and "object" in kinds and "array" not in kinds:
            return _space(schema, value) or _below(schema, raw(mark))
        case [single] if _fits(single, kinds):
            return f"write it without the list: {written(single, None)}"
        case [str(single)] if "array" not in kinds and (hint := _below(schema, single)):
            return hint
        case list() if "object" in kinds and "array" not in kinds:
            return _without_dashes(value, schema)
        case dict() if "array" in kinds and "object" not in kinds:
            return _as_items(value, item, path, mark)
        case dict() if len(value) == 1 and path and isinstance(path[-1], int):
            return _as_text(value) if "object" not in kinds else None
    return None


def for_text(value: str, schema: Mapping[str, Any]) -> str | None:
    """Return help for a text that does not have the form that `schema` asks for."""
    title = str(schema.get("title", ""))
    for word, hint in _FORMS.items():
        if word in title:
            return hint(value)
    words = [word.strip("`,") for word in title.split()]
    return did_you_mean(value, [word for word in words if len(word) > 3 and word.isalpha()])


def name_like(text: str) -> str | None:
    """Return help for a name with characters that names do not have."""
    name = re.sub(r"[^a-zA-Z0-9._-]+", "-", text).strip("-._")
    return f"write {name!r}" if name and name != text else None


def written(value: Any, mark: SourceMark | None) -> str:
    """Return a scalar the way the user wrote it, without quotes."""
    if text := raw(mark).strip("'\""):
        return text
    return value if isinstance(value, str) else str(value).lower()


def _fits(item: Any, kinds: tuple[str, ...]) -> bool:
    """Return whether the only item of a list was probably meant to stand alone."""
    if isinstance(item, dict | list) or "array" in kinds:
        return False
    return "object" not in kinds or ("string" in kinds and isinstance(item, str))


def _quoted(
    value: Any, schema: Mapping[str, Any], path: Path, mark: SourceMark | None
) -> str | None:
    text = written(value, mark)
    if "duration" in str(schema.get("title")):
        return f"add a unit: {text}s"
    if isinstance(value, bool) and path[-1:] == ("restart",):
        return "write always, or unless-stopped" if value else "put it in quotes: 'no'"
    fits = re.search(schema.get("pattern", ""), text)
    return f"put it in quotes: '{text}'" if fits else None


def _of_text(value: str, mark: SourceMark | None) -> str | None:
    several = len(value.split()) > 1 and value not in raw(mark)
    return "begin every line with '- '" if several else _as_list(mark)


def _as_list(mark: SourceMark | None) -> str | None:
    text = raw(mark)
    plain = text.isprintable() and not set(text) & set(",[]{}#")
    if ":" in text and text.replace(":", "").isdigit():
        text = f"'{text}'"  # to readers of YAML 1.1, 22:22 is a number
    return f"write a list: [{text}]" if text and (plain or text[0] in "'\"") else None


def _space(schema: Mapping[str, Any], text: str) -> str | None:
    """Return what to do about "image:nginx", which is one text."""
    key, colon, _ = text.partition(":")
    return f"put a space after '{key}:'" if colon and key in schema.get("properties", ()) else None


def _below(schema: Mapping[str, Any], text: str | None) -> str | None:
    """Return under which key a value would have to stand in a mapping."""
    title = str(schema.get("title"))
    if title == "a volume, or null" and text and "/" in text:
        return f"a directory is mounted at the service: {text}:TARGET"
    if title.startswith("settings of a service on a network") and text:
        return f"write ipv4_address: {text} below it" if text[0].isdigit() else None
    key, example = _MAIN.get(title, (None, ""))
    if key == "condition" and text:
        text = next((one for one in _CONDITIONS if text.strip("'\"") in one), text)
    where = "below it" if text else "indented below it"
    return f"write {key}: {text or example} {where}" if key else None


def _without_dashes(items: list[Any], schema: Mapping[str, Any]) -> str | None:
    of_names = "of names" in str(schema.get("title"))
    if items and all(isinstance(item, dict) and item for item in items):
        if of_names and isinstance(name := items[0].get("name"), str):
            return f"write the name as a key, and the rest below it: {name}:"
        return f"leave out the '- ' before {next(iter(items[0]))!r}"
    if not items or not isinstance(items[0], str):
        return None
    key, equals, value = items[0].partition("=")
    if equals:
        return f"write a key and its value, not an item of a list: {key}: {value}"
    return f"write a key, not an item of a list: {key}:" if of_names else None


def _as_items(
    value: Mapping[str, Any], item: Mapping[str, Any], path: Path, mark: SourceMark | None
) -> str | None:
    """Return how entries of a mapping would be items of a list."""
    if not value:
        return None
    key, inner = next(iter(value.items()))
    if set(value) <= set(item.get("properties", ())):
        if raw(mark).startswith("{"):
            return f"put it in brackets: [{raw(mark)}]"
        return f"begin it with '- ', as an item of a list: - {key}: …"
    if path[-1] in _SHORT_FORMS and not isinstance(inner, dict | list):
        return f'write an item of a list: - "{key}:{inner}"'
    if "source" in item.get("properties", ()):
        return f"write an item of a list: - source: {key}"
    return None


def _as_text(value: Mapping[str, Any]) -> str | None:
    [(key, inner)] = value.items()
    if isinstance(inner, dict | list):
        return f"leave out the '- ' before {key!r}"
    return f"write {key}={inner} with '=', or leave out the '-'"


def _duration(value: str) -> str | None:
    if value.replace(".", "", 1).isdigit():
        return f"add a unit: {value}s"
    if found := _UNITS_OF_TIME.fullmatch(value):
        unit = next(filter(None, found.groups()[1:]))
        return f"write {found[1]}{unit}"
    return "units are ms, s, m, h, d and w"


def _size(value: str) -> str | None:
    if value.startswith("-"):
        return "a size is not negative"
    if re.fullmatch(r"\d+,\d+ ?\w*", value):
        return f"write {value.replace(',', '.')}"
    return "units are b, k, m, g, t and p"


def _pull_policy(value: str) -> str | None:
    if found := re.fullmatch(r"every_(\d+)\w*", value):
        return f"add a unit out of w, d, h, m and s: every_{found[1]}h"
    return did_you_mean(
        value, ("always", "never", "missing", "build", "refresh", "daily", "weekly")
    )


_FORMS: Final[Mapping[str, Callable[[str], str | None]]] = {
    "duration": _duration,
    "size in bytes": _size,
    "every_": _pull_policy,
    "container name": name_like,
}
"""By a word of the title."""
