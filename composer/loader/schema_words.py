"""What the JSON schema has against a document, in words for people.

Knows nothing of the file format but what the schema says: its titles complete the
sentence "must be …".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from composer.errors import Problem, did_you_mean
from composer.loader import unknown_keys, value_hints
from composer.loader.nodes import MarkedMap, key_mark_at, mark_at
from composer.loader.scalars import describe
from composer.loader.wording import SECTIONS, TOP, name_of
from composer.record import dataclass
from composer.source import Path, SourceMark

_KINDS: Final = {"object": "a mapping", "array": "a list"}
_MANY: Final = 1000
_SOME: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """What a keyword of the schema has against the value at `path`, or the name of a key in it.

    `schema` is the part with the keyword, `limit` what the keyword says, `whole` the
    schema of whole files.
    """

    keyword: str
    path: Path
    value: Any
    schema: Mapping[str, Any]
    limit: Any
    of_name: bool
    whole: Mapping[str, Any]


def problems(at: Violation, root: MarkedMap) -> Iterator[Problem]:
    """Yield what to tell the user of one violation in the document `root`."""
    if at.of_name:
        yield _wrong_name(at, root)
    elif at.keyword == "additionalProperties":
        yield from _unknown_keys(at)
    elif at.keyword == "required":
        if not _is_short_form_with_a_space(at.value, at.schema, at.path):
            yield from _missing_keys(at, key_mark_at(root, at.path))
    else:
        yield _wrong_value(at, mark_at(root, at.path))


def _unknown_keys(violation: Violation) -> Iterator[Problem]:
    node, path, schema = violation.value, violation.path, violation.schema
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
            hint = unknown_keys.help_for(key, node[key], path, known, violation.whole)
        where = f"at {TOP}" if not path else f"in {name_of(path)}"
        message = f"unknown key {key!r} {where}"
        yield Problem(message, mark or mark_at(node, ()), help=hint, path=(*path, key))


def _is_short_form_with_a_space(node: Any, schema: Mapping[str, Any], path: Path) -> bool:
    """Whether a list has `./a: /b` where `./a:/b` was meant."""
    if not path or not isinstance(path[-1], int) or "string" not in schema.get("type", ()):
        return False
    if len(node) != 1 or set(node) & set(schema.get("properties", ())):
        return False
    [(key, value)] = node.items()
    return isinstance(value, str) and (key.startswith((".", "/", "~")) or "/" in value)


def _missing_keys(at: Violation, mark: SourceMark | None) -> Iterator[Problem]:
    """Yield a problem for each key that is missing, and not just misspelt."""
    node, known = at.value, at.schema.get("properties", {})
    strange = [key for key in node if key not in known][:_SOME]
    misspelt = {unknown_keys.meant(key, known) for key in strange}
    for key in at.limit:
        if key not in node and key not in misspelt:
            allowed = known.get(key, {}).get("enum", ())
            hint = f"add {key}: {_one_of(allowed)}" if allowed else None
            yield Problem(f"key {key!r} is missing in {name_of(at.path)}", mark, help=hint)


def _one_of(words: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _wrong_name(at: Violation, root: MarkedMap) -> Problem:
    key, path = str(at.value), at.path
    kind = SECTIONS.get(str(path[-1]), "key") if len(path) == 1 else "key"
    wanted = str(at.schema.get("title", "")).removeprefix("a name ")
    mark, hint = key_mark_at(root, (*path, key)), value_hints.name_like(key)
    return Problem(f"{kind} name {key!r} must be made {wanted}", mark, help=hint)


def _wrong_value(at: Violation, mark: SourceMark | None) -> Problem:
    value, name, schema = at.value, name_of(at.path), at.schema
    match at.keyword:
        case "type":
            seen = "but it is empty" if value is None else f"not {describe(value)}"
            if isinstance(value, float) and "integer" in schema["type"]:
                seen = f"not {value_hints.written(value, mark)}"
            hint = _attribute_of_service(at) or value_hints.for_type(
                value, schema, _items(at), at.path, mark
            )
            return Problem(f"{name} must be {_wanted(schema)}, {seen}", mark, help=hint)
        case "enum":
            allowed = [str(word) for word in at.limit if word != ""]
            words = ", ".join(map(repr, allowed))
            seen = repr(value) if isinstance(value, str) else describe(value)
            wanted = f"one of {words}" if len(allowed) > 1 else words
            hint = did_you_mean(str(value), allowed)
            return Problem(f"{name} must be {wanted}, not {seen}", mark, help=hint)
        case "pattern":
            hint = value_hints.for_text(str(value), schema)
            return Problem(f"{name} must be {_wanted(schema)}, not {value!r}", mark, help=hint)
        case "minimum":
            return Problem(f"{name} must be at least {at.limit}, not {value}", mark)
        case "maximum":
            return Problem(f"{name} must be at most {at.limit}, not {value}", mark)
        case _:
            return Problem(f"{name} is not valid", mark)


def _attribute_of_service(at: Violation) -> str | None:
    """Return help for what is taken for a service because it is not indented enough."""
    match at.path:
        case ("services", str(name)) if not isinstance(at.value, dict):
            known = at.whole["$defs"]["service"]["properties"]
            return f"{name!r} belongs to a service: indent it further" if name in known else None
    return None


def _items(at: Violation) -> Mapping[str, Any]:
    """Return the schema of the items of a list, followed to its definition."""
    items: Mapping[str, Any] = at.schema.get("items", {})
    reference = str(items.get("$ref", "")).removeprefix("#/$defs/")
    definition: Mapping[str, Any] = at.whole["$defs"].get(reference, items)
    return definition


def _wanted(schema: Mapping[str, Any]) -> str:
    """Return what is expected, in words: the schema's own, if they say what to write."""
    title, types = str(schema.get("title", "")), schema.get("type", ())
    kinds = [types] if isinstance(types, str) else list(types)
    only = [kind for kind in kinds if kind != "null"]
    if len(only) == 1 and only[0] in _KINDS and not title.startswith(_KINDS[only[0]]):
        return _KINDS[only[0]] + (" or null" if "null" in kinds else "")
    return title or " or ".join(_KINDS.get(kind, kind) for kind in kinds)
