"""Check a document against the JSON schema, and word what is wrong for people.

The only module that imports jsonschema.  It is imported to word the errors; that
there are none is found out without it.
"""

from __future__ import annotations

import os.path
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from composer.errors import Problem, did_you_mean
from composer.loader.nodes import MarkedMap, key_mark_at, mark_at
from composer.loader.scalars import describe
from composer.loader.shape import Check, compile_schema
from composer.source import Path, SourceMark

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_FILE: Final = os.path.join(
    os.path.dirname(os.path.dirname(__file__)), "schemas", "compose.schema.json"
)
_SECTIONS: Final = {
    "services": "service",
    "jobs": "job",
    "networks": "network",
    "volumes": "volume",
    "configs": "config",
    "secrets": "secret",
    "models": "model",
}
_KINDS: Final = {"object": "a mapping", "array": "a list"}
_TOP: Final = "the top level"
_FEW: Final = 8
_MANY: Final = 1000


def validate(root: MarkedMap, *, interpolated: bool = True) -> list[Problem]:
    """Return what the schema has against `root`, in the order of the file.

    Before interpolation a text may stand for anything, and is not looked at.
    """
    if _check()(root):
        return []
    from jsonschema import Draft202012Validator

    found: dict[Any, Problem] = {}
    for error in Draft202012Validator(_schema()).iter_errors(root):
        if not interpolated and isinstance(error.instance, str):
            continue
        for problem in _problems(error, root):
            place = _path(error)[2:]  # an anchor may bring one text to several services
            found.setdefault((problem.mark or problem.message, error.validator, place), problem)
    return sorted(found.values(), key=_position)


@cache
def _schema() -> Mapping[str, Any]:
    import json

    with open(_FILE, encoding="utf-8") as file:
        schema: Mapping[str, Any] = json.load(file)
    return schema


@cache
def _check() -> Check:
    return compile_schema(_schema())


def _position(problem: Problem) -> tuple[str, int, int]:
    mark = problem.mark
    return (mark.file.name, mark.line, mark.column) if mark else ("", 0, 0)


def _path(error: ValidationError) -> Path:
    return tuple(error.absolute_path)


def _problems(error: ValidationError, root: MarkedMap) -> Iterator[Problem]:
    path, schema = _path(error), error.schema
    assert isinstance(schema, Mapping)
    if "propertyNames" in error.absolute_schema_path:
        yield _wrong_name(error, schema, root)
    elif error.validator == "additionalProperties":
        yield from _unknown_keys(error.instance, schema, path)
    elif error.validator == "required":
        if not _is_short_form_with_a_space(error.instance, schema, path):
            yield from _missing_keys(error.instance, schema, path, key_mark_at(root, path))
    else:
        yield _wrong_value(error, schema, path, mark_at(root, path))


def _unknown_keys(node: Any, schema: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    known = schema.get("properties", {})
    for at, key in enumerate(node):
        if key in known or key.startswith("x-"):
            continue
        mark = node.keys_at.get(key) if isinstance(node, MarkedMap) else None
        hint: str | None
        if _is_short_form_with_a_space(node, schema, path):
            hint = f"for the short form, leave out the space: {key}:{node[key]}"
        elif at > _MANY:
            hint = None
        else:
            hint = _where_it_belongs(key, node[key], path) or did_you_mean(key, known)
            if hint is None and 0 < len(known) <= _FEW:
                hint = f"known keys: {', '.join(sorted(known))}"
        where = f"at {_TOP}" if not path else f"in {_name(path)}"
        yield Problem(f"unknown key {key!r} {where}", mark or mark_at(node, ()), help=hint)


def _where_it_belongs(key: str, value: Any, path: Path) -> str | None:
    """Return help for a key that stands at the wrong level."""
    properties = _schema()["properties"]
    of_services = _schema()["$defs"]["service"]["properties"]
    if not path and isinstance(value, dict) and ("image" in value or "build" in value):
        return "services stand below the key 'services'"
    if not path and key in of_services:
        return f"{key!r} belongs to a service: indent it further"
    if path[:1] == ("services",) and key in properties:
        return f"{key!r} belongs to the top level: do not indent it"
    if path[:1] == ("services",) and len(path) > 2 and key in of_services:
        return f"{key!r} belongs to the service itself: indent it less"
    return None


def _is_short_form_with_a_space(node: Any, schema: Mapping[str, Any], path: Path) -> bool:
    """Whether a list has `./a: /b` where `./a:/b` was meant."""
    if not path or not isinstance(path[-1], int) or "string" not in schema.get("type", ()):
        return False
    if len(node) != 1 or set(node) & set(schema.get("properties", ())):
        return False
    [(key, value)] = node.items()
    return isinstance(value, str) and (key.startswith((".", "/", "~")) or "/" in value)


def _missing_keys(
    node: Any, schema: Mapping[str, Any], path: Path, mark: SourceMark | None
) -> Iterator[Problem]:
    for key in schema["required"]:
        if key not in node:
            yield Problem(f"key {key!r} is missing in {_name(path)}", mark)


def _wrong_name(error: ValidationError, schema: Mapping[str, Any], root: MarkedMap) -> Problem:
    key, path = str(error.instance), _path(error)
    kind = _SECTIONS.get(str(path[-1]), "key") if len(path) == 1 else "key"
    wanted = str(schema.get("title", "")).removeprefix("a name ")
    mark = key_mark_at(root, (*path, key))
    return Problem(f"{kind} name {key!r} must be made {wanted}", mark)


def _wrong_value(
    error: ValidationError, schema: Mapping[str, Any], path: Path, mark: SourceMark | None
) -> Problem:
    value, name = error.instance, _name(path)
    match error.validator:
        case "type":
            seen = "but it is empty" if value is None else f"not {describe(value)}"
            if isinstance(value, float) and "integer" in schema["type"]:
                seen = f"not {_written(value, mark)}"
            hint = _type_help(value, schema, path, mark)
            return Problem(f"{name} must be {_wanted(schema)}, {seen}", mark, help=hint)
        case "enum":
            allowed = [str(word) for word in schema["enum"] if word != ""]
            words = ", ".join(map(repr, allowed))
            seen = repr(value) if isinstance(value, str) else describe(value)
            wanted = f"one of {words}" if len(allowed) > 1 else words
            hint = did_you_mean(str(value), allowed)
            return Problem(f"{name} must be {wanted}, not {seen}", mark, help=hint)
        case "pattern":
            hint = _pattern_help(str(value), schema)
            return Problem(f"{name} must be {_wanted(schema)}, not {value!r}", mark, help=hint)
        case "minimum" | "maximum" as limit:
            bound = "at least" if limit == "minimum" else "at most"
            return Problem(f"{name} must be {bound} {error.validator_value}, not {value}", mark)
        case _:
            return Problem(f"{name} is not valid: {error.message}", mark)


def _wanted(schema: Mapping[str, Any]) -> str:
    """Return what is expected, in words: the schema's own, if they say what to write."""
    title, types = str(schema.get("title", "")), schema.get("type", ())
    kinds = [types] if isinstance(types, str) else list(types)
    only = [kind for kind in kinds if kind != "null"]
    if len(only) == 1 and only[0] in _KINDS and not title.startswith(_KINDS[only[0]]):
        return _KINDS[only[0]] + (" or null" if "null" in kinds else "")
    return title or " or ".join(_KINDS.get(kind, kind) for kind in kinds)


def _type_help(
    value: Any, schema: Mapping[str, Any], path: Path, mark: SourceMark | None
) -> str | None:
    types = schema.get("type", ())
    if isinstance(value, (bool, int, float)) and "string" in types:
        written = _written(value, mark)
        if "duration" in str(schema.get("title")):
            return f"add a unit: {written}s"
        if value is False and path[-1:] == ("restart",):
            return "put it in quotes: 'no'"
        return f"put it in quotes: '{written}'"
    if isinstance(value, str) and "array" in types and "string" not in types and value:
        return f"write a list: [{value}]" if value.isprintable() and "," not in value else None
    if isinstance(value, dict) and path and isinstance(path[-1], int) and len(value) == 1:
        (key, inner), *_ = value.items()
        if not isinstance(inner, (dict, list)) and "object" not in types:
            return f"write {key}={inner} with '=', or leave out the '-'"
    return None


def _pattern_help(value: str, schema: Mapping[str, Any]) -> str | None:
    title = str(schema.get("title", ""))
    if "duration" in title and value.replace(".", "", 1).isdigit():
        return f"add a unit: {value}s"
    words = [word.strip("`,") for word in title.split()]
    return did_you_mean(value, [word for word in words if len(word) > 3 and word.isalpha()])


def _written(value: Any, mark: SourceMark | None) -> str:
    """Return a scalar the way the user wrote it."""
    if mark is not None:
        line = mark.file.line(mark.line)
        if text := line[mark.column - 1 : mark.column - 1 + mark.width].strip("'\""):
            return text
    return str(value).lower()


def _name(path: Path) -> str:
    """Return the place `path` in words: "'ports[0]' of service 'web'"."""
    if not path:
        return _TOP
    owner, rest = "", path
    if len(path) > 1 and path[0] in _SECTIONS:
        owner, rest = f"{_SECTIONS[str(path[0])]} {path[1]!r}", path[2:]
    if not rest:
        return owner
    dotted = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in rest)
    inner = f"'{dotted.removeprefix('.')}'"
    return f"{inner} of {owner}" if owner else inner
