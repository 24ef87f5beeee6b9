"""The model of `config --no-interpolate`: merged and complete, but in the forms that were written.

Only what paths and defaults need is brought to long form, as Docker Compose does:
a list of variables stays a list, a command stays a text, a port that cannot be read
before `${…}` has a value leaves its list alone.  Nothing is refused here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from composer.errors import Problem
from composer.loader import forms
from composer.loader import short_values as short
from composer.loader.canonical import Rule
from composer.loader.forms import Place, Problems
from composer.loader.interpolate import interpolate
from composer.loader.nodes import MarkedList, MarkedMap, deep_copy
from composer.loader.rules import Rules
from composer.loader.short_ports import canonical_ports
from composer.loader.short_volumes import canonical_volume
from composer.loader.template import expressions


def written(root: MarkedMap) -> MarkedMap:
    """Return `root` in the forms that `config --no-interpolate` prints."""
    return _map(root, Place((), root.mark, Problems()), _RULES)


def with_references(
    root: MarkedMap, environment: Mapping[str, str]
) -> tuple[MarkedMap, list[Problem]]:
    """Return `root` with variables replaced where it names other files and services.

    These are read, and not printed.
    """
    references = MarkedMap(root.mark)
    if "include" in root:
        references.take(root, "include")
    extending = MarkedMap()
    services = root.get("services")
    for name, service in services.items() if isinstance(services, MarkedMap) else ():
        if isinstance(service, MarkedMap) and "extends" in service:
            extending[name] = MarkedMap(service.mark)
            extending[name].take(service, "extends")
    references["services"] = extending
    replaced, problems = interpolate(references, environment)
    if replaced is references:
        return root, problems
    whole = deep_copy(root)
    for name, service in replaced["services"].items():
        whole["services"][name].take(service, "extends")
    if "include" in replaced:
        whole.take(replaced, "include")
    return whole, problems


def drop_unset_arguments(root: MarkedMap) -> None:
    """Remove arguments of builds that have no value, in place."""
    for service in (root.get("services") or {}).values():
        build = service.get("build") if isinstance(service, MarkedMap) else None
        if not isinstance(build, MarkedMap):
            continue
        arguments = build.get("args")
        if isinstance(arguments, MarkedMap):
            for name in [name for name, value in arguments.items() if value is None]:
                arguments.drop(name)
        elif isinstance(arguments, MarkedList):
            build["args"] = _only_set(arguments)


def _only_set(arguments: MarkedList) -> MarkedList:
    kept = MarkedList(arguments.mark)
    for item, mark in zip(arguments, arguments.items_at, strict=True):
        if "=" in str(item):
            kept.add(item, mark)
    return kept


def _value(value: Any, place: Place, rules: Rules[Rule]) -> Any:
    if rules.value is not None:
        value = rules.value(value, place)
    if isinstance(value, MarkedMap):
        return _map(value, place, rules)
    if isinstance(value, MarkedList):
        return _items(value, place, rules)
    return value


def _map(node: MarkedMap, place: Place, rules: Rules[Rule]) -> MarkedMap:
    formed = node.copy()
    for key, value in node.items():
        if (below := rules.step(key)) is not None:
            formed[key] = _value(value, place.at(node.mark_of(key)), below)
    return formed


def _items(node: MarkedList, place: Place, rules: Rules[Rule]) -> MarkedList:
    below = rules.step(0)
    if below is None:
        return node
    formed = node.copy()
    for at, (item, mark) in enumerate(zip(node, node.items_at, strict=True)):
        formed[at] = _value(item, place.at(mark), below)
    return formed


def _ports(value: Any, place: Place) -> Any:
    """Return ports in long form, all as they were written if one of them cannot be read.

    So are those that come when ranges have made too many.
    """
    if not isinstance(value, MarkedList) or place.problems.ports_left <= 0:
        return value
    ports = MarkedList(value.mark)
    for item, mark in zip(value, value.items_at, strict=True):
        trial = Place((), mark, Problems())
        trial.problems.ports_left = place.problems.ports_left
        for port in canonical_ports(forms.as_list_of(item, mark), trial):
            ports.add(item if isinstance(item, MarkedMap) else port, mark)
        place.problems.ports_left = max(trial.problems.ports_left, 0)
        if trial.problems:
            return value
    return ports


def _all_devices(value: Any, place: Place) -> Any:
    """Return `all` as one request that says so."""
    if value != "all":
        return value
    request = MarkedMap(place.mark)
    request.put("count", "all", place.mark, place.mark)
    return forms.as_list_of(request, place.mark)


def _servers(value: Any, place: Place) -> Any:
    """Return one or several name servers as a list without empty ones."""
    value = _list(value, place)
    if not isinstance(value, MarkedList):
        return value
    filled = MarkedList(value.mark)
    for item, mark in zip(value, value.items_at, strict=True):
        if item != "":
            filled.add(item, mark)
    return filled


def _list(value: Any, place: Place) -> Any:
    return forms.as_list(value, place.mark)


def _volume(value: Any, place: Place) -> Any:
    """Return a mount in long form; a colon inside ${…} parts nothing."""
    if not isinstance(value, str) or "${" not in value:
        return canonical_volume(value, place)
    hidden: list[str] = []
    for expression in expressions(value):
        if expression.text in value:
            value = value.replace(expression.text, f"\0{len(hidden)}\0", 1)
            hidden.append(expression.text)
    mount = canonical_volume(value, place)
    if isinstance(mount, str):
        return _shown(mount, hidden)
    for key, part in mount.items():
        mount[key] = _shown(part, hidden) if isinstance(part, str) else part
    return mount


def _shown(text: str, hidden: list[str]) -> str:
    for number, expression in enumerate(hidden):
        text = text.replace(f"\0{number}\0", expression)
    return text


def _resource(value: Any, place: Place) -> Any:
    return value if value is None else short.resource(value, place)


_SERVICE: dict[str, Rule] = {
    "build": short.build,
    "build.additional_contexts": short.labels,
    "build.provenance": short.text,
    "build.sbom": short.text,
    "build.secrets.[]": short.reference,
    "build.ssh": short.variables,
    "configs.[]": short.reference,
    "depends_on": short.dependencies,
    "depends_on.*": short.dependency,
    "develop.watch": short.watches,
    "develop.watch.[].ignore": _list,
    "develop.watch.[].include": _list,
    "devices.[]": short.device,
    "dns": _servers,
    "env_file": _list,
    "env_file.[]": short.env_file,
    "gpus": _all_devices,
    "label_file": _list,
    "models": short.references,
    "networks": short.references,
    "ports": _ports,
    "secrets.[]": short.reference,
    "volumes.[]": _volume,
}

_RULES: Rules[Rule] = Rules.of(
    {
        **{
            f"{section}.*.{attribute}": rule
            for section in ("services", "jobs")
            for attribute, rule in _SERVICE.items()
        },
        **dict.fromkeys(("networks.*", "volumes.*", "configs.*", "secrets.*"), _resource),
    }
)
