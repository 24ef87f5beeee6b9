"""Check a document against the JSON schema.

The only module that imports jsonschema.  It is imported to find the errors, which
schema_words.py words for people; that there are none is found out without both.
"""

from __future__ import annotations

import os.path
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from composer.errors import Problem
from composer.loader.nodes import MarkedList, MarkedMap
from composer.loader.shape import Check, compile_schema
from composer.record import replace
from composer.source import Path

_FILE: Final = os.path.join(
    os.path.dirname(os.path.dirname(__file__)), "schemas", "compose.schema.json"
)


_REFERENCES: Final = ("configs", "depends_on", "models", "networks", "secrets", "volumes")


def validate(root: MarkedMap, *, interpolated: bool = True) -> list[Problem]:
    """Return what the schema has against `root`, in the order of the file.

    Before interpolation a text may stand for anything, and is not looked at.
    """
    if _check()(root):
        return []
    from jsonschema import Draft202012Validator

    from composer.loader.schema_words import Violation, problems

    found: dict[Any, Problem] = {}
    ranks = {
        section: {name: at for at, name in enumerate(entries)}
        for section, entries in root.items()
        if isinstance(entries, dict)
    }
    errors = Draft202012Validator(_schema()).iter_errors(root)  # in no order
    for error in sorted(errors, key=lambda one: _rank(tuple(one.absolute_path), ranks)):
        if not interpolated and isinstance(error.instance, str):
            continue
        assert isinstance(error.schema, Mapping)
        violation = Violation(
            keyword=str(error.validator),
            path=tuple(error.absolute_path),
            value=error.instance,
            schema=error.schema,
            limit=error.validator_value,
            of_name="propertyNames" in error.absolute_schema_path,
            whole=_schema(),
        )
        for problem in problems(violation, root):
            place = violation.path[2:]  # an anchor may bring one text to several services
            known = (problem.mark or problem.message, error.validator, place)
            found.setdefault(known, replace(problem, path=problem.path or violation.path))
    return sorted(found.values(), key=_position)


def sound(root: MarkedMap) -> MarkedMap:
    """Return the services of `root` without what the schema refuses.

    That is whole attributes, but for those that refer to others: of these, entries.
    """
    kept, services = MarkedMap(root.mark), root.get("services")
    if isinstance(services, MarkedMap):
        kept["services"] = MarkedMap(services.mark)
        for name, service in services.items():
            if isinstance(service, MarkedMap):
                kept["services"][name] = _sound(name, service)
    return kept


def _sound(name: str, service: MarkedMap) -> MarkedMap:
    kept = MarkedMap(service.mark)
    for key in service:
        alone = MarkedMap()
        alone.take(service, key)
        if _check()({"services": {name: alone}}):
            kept.take(service, key)
        elif key in _REFERENCES and (part := _part(name, key, service[key])):
            kept.put(key, part, service.keys_at.get(key), service.values_at.get(key))
    return kept


def _part(service: str, key: str, value: Any) -> MarkedMap | MarkedList | None:
    """Return the entries of an attribute that the schema has nothing against."""

    def passes(entry: Any) -> bool:
        return _check()({"services": {service: {key: entry}}})

    if isinstance(value, MarkedMap):
        part = MarkedMap(value.mark)
        for name in value:
            alone = MarkedMap()
            alone.take(value, name)
            if passes(alone):
                part.take(value, name)
        return part
    if isinstance(value, MarkedList):
        items = MarkedList(value.mark)
        for item, mark in zip(value, value.items_at, strict=True):
            alone_in_list = MarkedList()
            alone_in_list.add(item, mark)
            if passes(alone_in_list):
                items.add(item, mark)
        return items
    return None


@cache
def _schema() -> Mapping[str, Any]:
    import json

    with open(_FILE, encoding="utf-8") as file:
        schema: Mapping[str, Any] = json.load(file)
    return schema


@cache
def _check() -> Check:
    return compile_schema(_schema())


def _rank(path: Path, ranks: Mapping[str, Mapping[str, int]]) -> int:
    """Return the place of what `path` leads to among the entries of its section."""
    return ranks.get(str(path[0]), {}).get(str(path[1]), 0) if len(path) > 1 else 0


def _position(problem: Problem) -> tuple[str, int, int]:
    mark = problem.mark
    return (mark.file.name, mark.line, mark.column) if mark else ("", 0, 0)
