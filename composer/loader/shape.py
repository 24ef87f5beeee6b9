"""Does a value have the shape that a schema describes?  Yes or no, and fast.

Understands the part of JSON Schema that ours is written in, and refuses any
other keyword.  A valid file is the usual one: it needs neither the time of a
full validator nor that of importing one.  The check of a key is made when the
key is first seen, because a file uses few of those that the schema knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

Check = Callable[[Any], bool]

_NOTES: Final = frozenset(
    ("$schema", "$id", "$comment", "$defs", "title", "description", "examples", "default")
)
_KINDS: Final[Mapping[str, frozenset[type]]] = {
    "null": frozenset((type(None),)),
    "boolean": frozenset((bool,)),
    "string": frozenset((str,)),
    "integer": frozenset((int,)),
    "number": frozenset((int, float)),
}


def compile_schema(schema: Mapping[str, Any]) -> Check:
    """Return the function that says whether a value is valid.

    Raises ValueError for a keyword that is not understood.
    """
    return _Compiler(schema).check_of(schema)


class _Compiler:
    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._done: dict[str, Check] = {}

    def check_of(self, schema: Mapping[str, Any]) -> Check:
        if unknown := schema.keys() - KEYWORDS:
            raise ValueError(f"schema keywords {sorted(unknown)} are not understood")
        checks = [make(self, schema[key]) for key, make in _CHECKS.items() if key in schema]
        if any(key in schema for key in _OF_MAPPINGS):
            checks.append(self._mapping(schema))
        return _every(checks)

    def reference(self, target: str) -> Check:
        """Return the check of another part, made at its first use: parts may be recursive."""
        if target not in self._done:
            found: Any = self._root
            for key in target.removeprefix("#/").split("/"):
                found = found[key]
            self._done[target] = lambda value: self._done[target](value)
            self._done[target] = self.check_of(found)
        return self._done[target]

    def _mapping(self, schema: Mapping[str, Any]) -> Check:
        """Return the check of keys and the values below them."""
        properties: Mapping[str, Any] = schema.get("properties", {})
        patterns = [
            (re.compile(pattern).search, self.check_of(part))
            for pattern, part in schema.get("patternProperties", {}).items()
        ]
        others = self._others(schema.get("additionalProperties", True))
        names = self.check_of(schema.get("propertyNames", {}))
        known: dict[str, Check] = {}

        def of_key(key: str) -> Check:
            matching = [below for matches, below in patterns if matches(key)]
            if key in properties:
                known[key] = _every([*matching, self.check_of(properties[key])])
                return known[key]
            return _every(matching) if matching else others

        def check(value: Any) -> bool:
            if not isinstance(value, dict):
                return True
            for key, item in value.items():
                if names is not _anything and not names(key):
                    return False
                below = known.get(key) or of_key(key)
                if not below(item):
                    return False
            return True

        return check

    def _others(self, schema: bool | Mapping[str, Any]) -> Check:
        if isinstance(schema, bool):
            return _anything if schema else _nothing
        return self.check_of(schema)


def _every(checks: Sequence[Check]) -> Check:
    """Return the check that all of `checks` pass."""
    if not checks:
        return _anything
    first, *rest = checks
    if not rest:
        return first
    second = _every(rest)
    return lambda value: first(value) and second(value)


def _anything(value: Any) -> bool:
    return True


def _nothing(value: Any) -> bool:
    return False


def _type(compiler: _Compiler, names: str | list[str]) -> Check:
    wanted = {names} if isinstance(names, str) else set(names)
    exact = frozenset(kind for name in wanted for kind in _KINDS.get(name, ()))
    mapping, sequence = "object" in wanted, "array" in wanted
    whole = "integer" in wanted and "number" not in wanted

    def check(value: Any) -> bool:
        kind = type(value)
        if kind in exact:
            return True
        if isinstance(value, dict):
            return mapping
        if isinstance(value, list):
            return sequence
        return whole and kind is float and value.is_integer()

    return check


def _items(compiler: _Compiler, schema: Mapping[str, Any]) -> Check:
    check = compiler.check_of(schema)
    return lambda value: not isinstance(value, list) or all(map(check, value))


def _required(compiler: _Compiler, keys: list[str]) -> Check:
    return lambda value: not isinstance(value, dict) or all(key in value for key in keys)


def _enum(compiler: _Compiler, values: list[str]) -> Check:
    return lambda value: isinstance(value, str) and value in values


def _pattern(compiler: _Compiler, pattern: str) -> Check:
    search = re.compile(pattern).search
    return lambda value: not isinstance(value, str) or search(value) is not None


def _minimum(compiler: _Compiler, limit: float) -> Check:
    return lambda value: not _is_number(value) or value >= limit


def _maximum(compiler: _Compiler, limit: float) -> Check:
    return lambda value: not _is_number(value) or value <= limit


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_CHECKS: Final[Mapping[str, Callable[[_Compiler, Any], Check]]] = {
    "type": _type,
    "$ref": _Compiler.reference,
    "enum": _enum,
    "pattern": _pattern,
    "minimum": _minimum,
    "maximum": _maximum,
    "required": _required,
    "items": _items,
}
_OF_MAPPINGS: Final = ("properties", "patternProperties", "additionalProperties", "propertyNames")

KEYWORDS: Final = _NOTES | _CHECKS.keys() | frozenset(_OF_MAPPINGS)
"""The keywords that are understood."""
