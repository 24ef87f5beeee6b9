"""Nodes to dataclasses, driven by their type hints.

The dataclass is the schema of the binding: what a field is called, which type it
has and what it is when nobody wrote it.  The schema and the canonical form have
made sure of the shapes; what is left to find here is a text that is no number,
duration or size.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from math import isfinite, nan
from typing import Any, TypeAlias, TypeVar, Union, get_args, get_origin

from composer.errors import InvalidProject, Problem
from composer.loader.nodes import MarkedList, MarkedMap, mark_at
from composer.loader.scalars import describe, go_number
from composer.loader.wording import name_of
from composer.model.build import BuildUlimit
from composer.model.project import FileObject, Job, Model, Network, Project, Volume
from composer.model.service import Service, Ulimit
from composer.model.units import LARGEST, Bytes, Duration, parse_bytes, parse_duration
from composer.record import MISSING, fields, is_dataclass
from composer.source import Path, SourceMark

K = TypeVar("K", bound=str | int)

_Binder: TypeAlias = Callable[[Any], Any]

_ENTRIES: Mapping[str, type] = {
    "services": Service,
    "networks": Network,
    "volumes": Volume,
    "secrets": FileObject,
    "configs": FileObject,
    "models": Model,
}

_FROM_SCALAR: Mapping[type, str] = {Ulimit: "single", BuildUlimit: "single"}
"""Records that may be written as one scalar, and the field that it stands for."""


class Unfit(Exception):
    """Values do not fit their fields.  `faults` says why and where, below what was bound."""

    def __init__(self, *faults: tuple[str, Path]) -> None:
        super().__init__("; ".join(message for message, _ in faults))
        self.faults = faults


class NodeMarks(Mapping[Path, SourceMark]):
    """Where each value of a model was written, looked up in its nodes when asked for.

    What has entries of its own, and what is null, is marked at its key.
    """

    def __init__(self, root: MarkedMap) -> None:
        self._root = root

    def __getitem__(self, path: Path) -> SourceMark:
        parent: Any = self._root
        for key in path[:-1]:
            parent = parent[key]
        mark = _own_mark(parent, path[-1]) if path else self._root.mark
        if mark is None:
            raise KeyError(path)
        return mark

    def get(self, path: Path, default: Any = None) -> Any:
        try:
            return self[path]
        except (KeyError, IndexError, TypeError):
            return default

    def __contains__(self, path: object) -> bool:
        return isinstance(path, tuple) and self.get(path) is not None

    def __iter__(self) -> Iterator[Path]:
        return _paths(self._root, ())

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _own_mark(parent: Any, key: str | int) -> SourceMark | None:
    if isinstance(parent, MarkedMap):
        value, name = parent[str(key)], str(key)
        if value is None or isinstance(value, dict | list):
            return parent.keys_at.get(name) or parent.values_at.get(name)
        return parent.values_at.get(name) or parent.keys_at.get(name)
    if isinstance(parent, MarkedList) and isinstance(key, int):
        return parent.items_at[key]
    raise KeyError(key)


def _paths(node: Any, path: Path) -> Iterator[Path]:
    keys = node if isinstance(node, MarkedMap) else range(len(node))
    for key in keys:
        if _own_mark(node, key) is not None:
            yield (*path, key)
        if isinstance(node[key], MarkedMap | MarkedList):
            yield from _paths(node[key], (*path, key))


def bind(root: MarkedMap, *, name: str, directory: str, **known: Any) -> Project:
    """Return the project that `root` describes; `known` are further fields of it.

    Raises InvalidProject with every value that does not fit.
    """
    problems: list[Problem] = []
    sections: dict[str, Any] = {
        section: _entries(root, section, record, problems) for section, record in _ENTRIES.items()
    }
    jobs = _jobs(root, problems) if root.get("jobs") else {}
    if problems:
        raise InvalidProject(problems)
    return Project(
        name=name,
        directory=directory,
        jobs=jobs,
        extensions=_extensions(root),
        marks=NodeMarks(root),
        **sections,
        **known,
    )


def _entries(
    root: MarkedMap, section: str, record: type, problems: list[Problem]
) -> dict[str, Any]:
    bound = {}
    for key, node in (root.get(section) or {}).items():
        try:
            bound[key] = bind_record(record, node or {}, name=key)
        except Unfit as unfit:
            problems += [
                Problem(f"{name_of(place)}: {message}", mark_at(root, place), path=place)
                for message, path in unfit.faults
                for place in ((section, key, *path),)
            ]
    return bound


def _jobs(root: MarkedMap, problems: list[Problem]) -> dict[str, Job]:
    """Return the jobs: services that have triggers and do not stay."""
    alone, containers = MarkedMap(root.mark), root["jobs"].copy()
    alone.put("jobs", containers)
    for key, job in containers.items():
        containers[key] = job.copy()
        containers[key].drop("triggers")
    return {
        key: Job(container=container, triggers=plain(root["jobs"][key].get("triggers") or {}))
        for key, container in _entries(alone, "jobs", Service, problems).items()
    }


def bind_record(record: type, node: Any, **defaults: Any) -> Any:
    """Return `node` as a `record`; `defaults` are for required fields it does not have.

    Raises Unfit.
    """
    if not isinstance(node, dict):
        if record in _FROM_SCALAR and node is not None:
            return bind_record(record, {_FROM_SCALAR[record]: node})
        raise _unfit("a mapping", node)
    known = _fields(record)
    values = {key: value for key, value in defaults.items() if key in known.required}
    given = {key: value for key, value in node.items() if key in known.names}
    strange = [key for key in node if key not in given] if len(given) < len(node) else []
    values |= _each(known.binders, given.items(), null=False)
    if known.extensible:
        values["extensions"] = _extensions(node) if strange else {}
    faults: list[tuple[str, Path]] = [
        ("not carried out by this version", (key,)) for key in strange if not key.startswith("x-")
    ]
    faults += [(f"key {name!r} is missing", ()) for name in known.required if name not in values]
    if faults:
        raise Unfit(*faults)
    return record(**values)


def _each(
    binders: Mapping[Any, _Binder], given: Iterable[tuple[K, Any]], *, null: bool = True
) -> dict[K, Any]:
    """Bind every value with the binder of its key, a null one only if `null` is a value.

    Raises Unfit with all that do not fit.
    """
    bound: dict[K, Any] = {}
    faults: list[tuple[str, Path]] = []
    for key, value in given:
        if value is None and not null:
            continue
        try:
            bound[key] = binders[key](value)
        except Unfit as unfit:
            faults += [(message, (key, *path)) for message, path in unfit.faults]
    if faults:
        raise Unfit(*faults)
    return bound


class _Fields:
    """What is known of a dataclass: its fields, a binder for each, and which are required."""

    def __init__(self, record: Any) -> None:
        self.names = {field.name for field in fields(record)} - {"extensions"}
        self.extensible = len(self.names) < len(fields(record))
        self.binders = _BinderOfField(record)
        self.required = [
            field.name
            for field in fields(record)
            if field.default is MISSING and field.default_factory is MISSING
        ]


class _BinderOfField(dict[str, _Binder]):
    """The binder of each field, made from its type hint when a file first uses the field."""

    def __init__(self, record: Any) -> None:
        self._hints: Mapping[str, str] = record.__annotations__
        self._names = vars(sys.modules[record.__module__])

    def __missing__(self, field: str) -> _Binder:
        binder = self[field] = _binder(eval(self._hints[field], self._names))
        return binder


class _BinderOfAll(dict[Any, _Binder]):
    """One binder, whatever the key."""

    def __init__(self, binder: _Binder) -> None:
        self._binder = binder

    def __missing__(self, key: object) -> _Binder:
        return self._binder


@cache
def _fields(record: Any) -> _Fields:
    return _Fields(record)


def _binder(hint: Any) -> _Binder:
    """Return what makes a value of type `hint` out of a node that is not null."""
    if get_origin(hint) in (Union, types.UnionType):
        inner = _binder(next(one for one in get_args(hint) if one is not type(None)))
        return lambda value: None if value is None else inner(value)
    if is_dataclass(hint):
        return lambda value: bind_record(hint, value)  # type: ignore[arg-type]
    if get_origin(hint) is tuple:
        items = _BinderOfAll(_binder(get_args(hint)[0]))
        return lambda value: _tuple(items, value)
    if get_origin(hint) is not None:
        return _binder_of_mapping(get_args(hint)[1])
    return _SCALARS.get(hint, plain)


def _tuple(items: _BinderOfAll, value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise _unfit("a list", value)
    return tuple(_each(items, enumerate(value)).values())


def _binder_of_mapping(hint: Any) -> _Binder:
    item, empty = _binder(hint), "" if hint is str else None
    items = _BinderOfAll(lambda one: empty if one is None else item(one))

    def bind_mapping(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise _unfit("a mapping", value)
        return _each(items, value.items())

    return bind_mapping


def _unfit(expected: str, value: Any) -> Unfit:
    shown = repr(value) if isinstance(value, str | int | float) else describe(value)
    return Unfit((f"expected {expected}, not {shown}", ()))


def _extensions(node: Mapping[str, Any]) -> dict[str, Any]:
    return {key: plain(value) for key, value in node.items() if key.startswith("x-")}


def plain(value: Any) -> Any:
    """Return `value` as dicts and lists without marks."""
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value


def _string(value: Any) -> str:
    match value:
        case str():
            return value
        case bool():
            return str(value).lower()
        case int() | float():
            return go_number(value)
    raise _unfit("a text", value)


def _integer(value: Any) -> int:
    number = value if isinstance(value, int) and not isinstance(value, bool) else None
    try:
        if isinstance(value, str) or (isinstance(value, float) and value.is_integer()):
            number = int(value)
    except ValueError:
        pass
    if number is None or abs(number) > LARGEST:
        raise _unfit("a whole number" if number is None else "a number below 2^63", value)
    return number


def _number(value: Any) -> float:
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else nan
    try:
        if isinstance(value, str):
            number = float(value)
    except ValueError:
        pass
    if not isfinite(number):
        raise _unfit("a number", value)
    return number


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise _unfit("true or false", value)


def _duration(value: Any) -> Duration:
    try:
        return parse_duration(_string(value))
    except ValueError as error:
        raise Unfit((str(error), ())) from None


def _bytes(value: Any) -> Bytes:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST:
        return Bytes(value)
    try:
        return parse_bytes(_string(value))
    except ValueError as error:
        raise Unfit((str(error), ())) from None


_SCALARS: Mapping[Any, Callable[[Any], Any]] = {
    str: _string,
    int: _integer,
    float: _number,
    bool: _truth,
    Duration: _duration,
    Bytes: _bytes,
}
