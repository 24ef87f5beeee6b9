"""A project as `docker compose config` prints it: plain dicts, lists and scalars.

The dataclasses say what there is and in which order; the tables below say where
Docker Compose's output is not what name, type and default suggest.  With `json`
the tree is the JSON one, which is also what the config hash is made of: it
keeps a few empty values and knows nothing of `x-` keys inside services.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterable, Mapping
from functools import cache, cmp_to_key
from itertools import zip_longest
from typing import Any, Union, get_args, get_origin

from composer.model.build import Build, BuildUlimit, Watch, WatchExec
from composer.model.deploy import DiscreteResource, ReservedDevice, UpdateConfig
from composer.model.project import FileObject, IpamPool, Job, Model, Network, Project, Volume
from composer.model.service import (
    Dependency,
    DeviceRequest,
    Hook,
    Service,
    ThrottleDevice,
    TmpfsOptions,
    Ulimit,
    WeightDevice,
)
from composer.model.units import Bytes, Duration, print_duration, single_precision
from composer.record import MISSING, Field, dataclass, fields, is_dataclass, replace

Tree = dict[str, Any]

_NEVER = {(Service, "name"), (Service, "pull_refresh_after")}

_ALWAYS = {
    (Dependency, "required"),
    (DiscreteResource, "kind"),
    (DiscreteResource, "value"),
    (ThrottleDevice, "path"),
    (ThrottleDevice, "rate"),
    (Watch, "action"),
    (Watch, "path"),
    (WeightDevice, "path"),
    (WeightDevice, "weight"),
}

_ALWAYS_IN_JSON: Mapping[tuple[type, str], object] = {
    (Hook, "command"): None,
    (Service, "command"): None,
    (Service, "entrypoint"): None,
    (Watch, "exec"): {"command": None},
    (WatchExec, "command"): None,
}
"""What stands in the JSON for a value that is not set."""

_ZERO_IS_UNSET = {
    (DeviceRequest, "count"),
    (Model, "context_size"),
    (ReservedDevice, "count"),
    (TmpfsOptions, "mode"),
    (TmpfsOptions, "size"),
    (UpdateConfig, "delay"),
    (UpdateConfig, "monitor"),
}
"""Optional fields whose zero is not printed either."""

_CAPITALISED_IN_JSON: tuple[type, ...] = (WeightDevice, ThrottleDevice)


def service_tree(service: Service, *, json: bool = False) -> Tree:
    """Return what `config` prints below the name of `service`."""
    return record_tree(service, json=json)


def record_tree(record: Service | Network | Volume, *, json: bool = False) -> Tree:
    """Return what `config` prints below the name of a service, network or volume."""
    tree: Tree = _record(record, json)
    return tree


def project_tree(project: Project, *, json: bool = False) -> Tree:
    """Return everything that `config` prints for `project`.

    Files of labels are not named, since their labels are there; files of
    variables are named if they were not read.
    """
    services = {key: replace(one, label_file=()) for key, one in project.services.items()}
    tree: Tree = {"name": project.name}
    tree["services"] = _sorted(services, lambda one: _record(one, json), json)
    if project.jobs:
        tree["jobs"] = _sorted(project.jobs, lambda one: _job(one, json), json)
    sections: Mapping[str, Mapping[str, object]] = {
        "networks": project.networks,
        "volumes": project.volumes,
        "secrets": {key: _without_content(one) for key, one in project.secrets.items()},
        "configs": {
            key: _without_content(one) if one.environment else one
            for key, one in project.configs.items()
        },
        "models": project.models,
    }
    for key, section in sections.items():
        if section:
            tree[key] = _sorted(section, lambda one: _record(one, json), json)
    extensions = _sorted(project.extensions, lambda one: free_tree(one, json), json)
    return dict(sorted({**tree, **extensions}.items())) if json else {**tree, **extensions}


def _job(job: Job, json: bool) -> Tree:
    return {**_record(job.container, json), "triggers": free_tree(job.triggers, json)}


def _without_content(one: FileObject) -> FileObject:
    return replace(one, content=None)


@dataclass(frozen=True, slots=True)
class _Printed:
    """A field that is printed, if `keep` says so of its value."""

    name: str
    json_name: str
    keep: Callable[[Any], bool]


def _record(record: Any, json: bool) -> Any:
    kind: Any = type(record)
    if kind in (Ulimit, BuildUlimit):
        return _ulimit(record, json)
    tree: Tree = {}
    for field in _printed(kind):
        value = getattr(record, field.name)
        name = field.json_name if json else field.name
        if field.keep(value):
            show, part = _shown(kind, field.name)
            shown = show(value, json)
            if shown != {} or json or not part:
                tree[name] = shown
        elif json and (kind, field.name) in _ALWAYS_IN_JSON:
            tree[name] = _ALWAYS_IN_JSON[kind, field.name]
    if not json and kind is not IpamPool:
        tree.update(free_tree(getattr(record, "extensions", {})))
    return tree


@cache
def _printed(kind: type) -> tuple[_Printed, ...]:
    return tuple(
        _Printed(
            field.name,
            field.name.capitalize() if kind in _CAPITALISED_IN_JSON else field.name,
            _keeper(kind, field),
        )
        for field in fields(kind)
        if field.name != "extensions" and (kind, field.name) not in _NEVER
    )


@cache
def _shown(kind: type, name: str) -> tuple[Callable[[Any, bool], Any], bool]:
    """Return how a field is printed, and whether it is a part: hidden when it is empty.

    Most fields have no value, so a type hint is looked at when one has.
    """
    hint = eval(kind.__annotations__[name], vars(sys.modules[kind.__module__]))
    show = _show_ssh if (kind, name) == (Build, "ssh") else _shower(hint)
    return show, is_dataclass(hint)


def _keeper(kind: type, field: Field[Any]) -> Callable[[Any], bool]:
    if (kind, field.name) in _ALWAYS:
        return lambda value: True
    optional = field.default is None and (kind, field.name) not in _ZERO_IS_UNSET
    if optional or is_dataclass(_factory(field)):
        return lambda value: value is not None and value != ""
    return bool


def _factory(field: Field[Any]) -> object:
    return None if field.default_factory is MISSING else field.default_factory


def _shower(hint: Any) -> Callable[[Any, bool], Any]:
    """Return what prints a value of type `hint`."""
    if get_origin(hint) in (Union, types.UnionType):
        inner = _shower(next(one for one in get_args(hint) if one is not type(None)))
        return lambda value, json: None if value is None else inner(value, json)
    if hint is Duration:
        return lambda value, json: print_duration(value)
    if hint is Bytes:
        return lambda value, json: str(value)
    if hint is float:
        return lambda value, json: _number(single_precision(value), json)
    if is_dataclass(hint):
        return _record
    if get_origin(hint) is tuple:
        inner = _shower(get_args(hint)[0])
        return lambda value, json: [inner(one, json) for one in value]
    if get_origin(hint) is not None:
        inner = _shower(get_args(hint)[1])
        return lambda value, json: _sorted(value, lambda one: inner(one, json), json)
    return free_tree


def free_tree(value: Any, json: bool = False, *, nil: bool = True) -> Any:
    """Return a value of unknown shape, such as that of an `x-` key.

    In JSON an empty list is null there, as Go prints a slice that is nil; without
    `nil` it is left to the caller.
    """
    if isinstance(value, Mapping):
        return _sorted(value, lambda one: free_tree(one, json, nil=nil), json)
    if isinstance(value, list | tuple):
        if json and nil and not value:
            return None
        return [free_tree(one, json, nil=nil) for one in value]
    return _number(value, json) if isinstance(value, float) else value


def _number(value: float, json: bool) -> float:
    """Return `value`, in JSON without the fraction of a whole number."""
    return int(value) if json and value.is_integer() else value


def _ulimit(limit: Ulimit | BuildUlimit, json: bool) -> Any:
    if limit.single:
        return limit.single
    pair = {"soft": limit.soft or 0, "hard": limit.hard or 0}
    return {key: value for key, value in pair.items() if value} if json else pair


def _show_ssh(keys: Mapping[str, str | None], json: bool) -> list[str]:
    return [key if path is None else f"{key}={path}" for key, path in sorted(keys.items())]


def _sorted(values: Mapping[str, Any], show: Callable[[Any], Any], json: bool) -> Tree:
    keys: Iterable[str] = sorted(values) if json else natural_order(values)
    return {key: show(values[key]) for key in keys}


def natural_order(keys: Iterable[str]) -> list[str]:
    """Return `keys` in the order of go-yaml: numbers by value, letters after the rest."""
    return sorted(keys, key=cmp_to_key(_compare))


def _compare(one: str, other: str) -> int:
    digits = False
    for index, (a, b) in enumerate(zip_longest(one, other, fillvalue="")):
        if a == "" or b == "":
            return -1 if a == "" else 1
        if a == b:
            digits = a.isdigit()
            continue
        if a.isalpha() or b.isalpha():
            return _compare_letters(a, b, digits)
        return _compare_numbers(one, other, index)
    return 0


def _compare_letters(a: str, b: str, after_digits: bool) -> int:
    if a.isalpha() and b.isalpha():
        return -1 if a < b else 1
    return -1 if a.isalpha() == after_digits else 1


def _compare_numbers(one: str, other: str, index: int) -> int:
    """Compare from the first difference on, where neither has a letter."""
    a, b = _digits(one[index:]), _digits(other[index:])
    inside = "0" in (one[index], other[index]) and _in_number(one, index)
    lead = "1" if inside else "0"
    x, y = int(lead + a), int(lead + b)
    if x != y:
        return -1 if x < y else 1
    if len(a) != len(b):
        return -1 if len(a) < len(b) else 1
    return -1 if one[index] < other[index] else 1


def _digits(text: str) -> str:
    end = next((i for i, c in enumerate(text) if not c.isdigit()), len(text))
    return text[:end]


def _in_number(text: str, index: int) -> bool:
    """Say whether a digit other than 0 precedes `index` in the same number."""
    start = index
    while start > 0 and text[start - 1].isdigit():
        start -= 1
    return text[start:index].strip("0") != ""
