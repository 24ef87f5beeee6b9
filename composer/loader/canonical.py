"""Bring a model to its long form, so that binding it needs no special cases.

`_RULES` says which attribute has which short form.  A value is brought to its
long form before what lies below it is looked at, so that `services.*.labels`
makes a map of a list and `services.*.labels.*` a text of each value.  A null
that means nothing is left out; the rules below maps of names decide for theirs.

A long form is one of the forms that the schema knows, and its own long form:
the next document is merged onto it, and the whole is validated again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from composer.errors import Problem
from composer.loader import short_values as short
from composer.loader.forms import Place, Problems
from composer.loader.nodes import MarkedList, MarkedMap
from composer.loader.rules import Rules
from composer.loader.short_ports import canonical_ports
from composer.loader.short_volumes import canonical_volume
from composer.source import SourceMark

Rule: TypeAlias = Callable[[Any, Place], Any]


def canonical(root: MarkedMap) -> tuple[MarkedMap, list[Problem]]:
    """Return `root` in long form, and what is wrong with or odd about its short forms."""
    problems = Problems()
    return _map(root, Place((), root.mark, problems), _RULES), problems


def _value(value: Any, place: Place, rules: Rules[Rule]) -> Any:
    if rules.value is not None:
        value = rules.value(value, place)
    if isinstance(value, MarkedMap):
        return _map(value, place, rules)
    if isinstance(value, MarkedList):
        return _list(value, place, rules)
    return value


def _map(node: MarkedMap, place: Place, rules: Rules[Rule]) -> MarkedMap:
    long = node.copy()
    for key, value in node.items():
        below = rules.step(key)
        if below is None:
            if key.startswith("x-"):
                continue
            below = _NO_RULES
        if below.value is not None or isinstance(value, _CONTAINERS):
            value = long[key] = _value(value, _below(place, key, node.mark_of(key)), below)
        if value is None and below.value not in _NULL_MEANS:
            long.drop(key)
    return long


def _list(node: MarkedList, place: Place, rules: Rules[Rule]) -> MarkedList:
    below = rules.step(0) or _NO_RULES
    long = node.copy()
    for at, (item, mark) in enumerate(zip(node, node.items_at, strict=True)):
        if below.value is not None or isinstance(item, _CONTAINERS):
            long[at] = _value(item, _below(place, at, mark), below)
    return long


def _below(place: Place, key: str | int, mark: SourceMark | None) -> Place:
    return Place((*place.path, key), mark or place.mark, place.problems)


_CONTAINERS = (MarkedMap, MarkedList)
_NULL_MEANS = (short.text, short.as_it_is)
_NO_RULES: Rules[Rule] = Rules()


def _entries(each: Rule, *at: str) -> dict[str, Rule]:
    """Return the rows for attributes of `K=V` entries; `each` brings a value to text."""
    whole = short.variables if each is short.text else short.labels
    return {key: rule for a in at for key, rule in ((a, whole), (f"{a}.*", each))}


def _under(at: str, rows: dict[str, Rule]) -> dict[str, Rule]:
    """Return `rows` with their places below `at`; "" is `at` itself."""
    return {f"{at}.{key}" if key else at: rule for key, rule in rows.items()}


_EMPTY = short.text_or_empty

_BUILD: dict[str, Rule] = {
    "": short.build,
    **_entries(_EMPTY, "labels", "additional_contexts"),
    **_entries(short.text, "args", "ssh"),
    **dict.fromkeys(("no_cache", "pull", "privileged"), short.boolean),
    **dict.fromkeys(("provenance", "sbom"), short.text),
    "extra_hosts": short.hosts,
    "no_cache_filter": short.texts,
    "secrets.[]": short.reference,
    "secrets.[].mode": short.octal,
    "ulimits.*": short.integer,
}

_HOOK: dict[str, Rule] = {
    "command": short.command,
    **_entries(short.text, "environment"),
    "privileged": short.boolean,
}

_DEVICE_REQUEST: dict[str, Rule] = {
    "count": short.device_count,
    **_entries(_EMPTY, "options"),
}

_MOUNT: dict[str, Rule] = {
    "": canonical_volume,
    "bind.create_host_path": short.boolean,
    "tmpfs.mode": short.octal_number,
    **_entries(_EMPTY, "volume.labels"),
}

_DEPLOY: dict[str, Rule] = {
    **_entries(_EMPTY, "labels"),
    "resources.limits.cpus": short.number,
    "resources.limits.pids": short.integer,
    "resources.reservations.cpus": short.number,
    **_under("resources.reservations.devices.[]", _DEVICE_REQUEST),
    "resources.reservations.generic_resources.[].discrete_resource_spec.value": short.integer,
}

_WATCH: dict[str, Rule] = {
    **_under("exec", _HOOK),
    "ignore": short.texts,
    "include": short.texts,
    "initial_sync": short.boolean,
}

_SERVICE: dict[str, Rule] = {
    "": short.as_it_is,
    **_entries(_EMPTY, "annotations", "labels", "sysctls"),
    **_entries(short.text, "environment"),
    **dict.fromkeys(
        ("logging.options.*", "networks.*.driver_opts.*", "storage_opt.*"), short.text_or_empty
    ),
    **dict.fromkeys(
        ("dns_search", "expose", "group_add", "label_file", "provider.options.*", "tmpfs"),
        short.texts,
    ),
    **_under("build", _BUILD),
    **_under("deploy", _DEPLOY),
    **_under("develop.watch.[]", _WATCH),
    **_under("gpus.[]", _DEVICE_REQUEST),
    **_under("post_start.[]", _HOOK),
    **_under("pre_start.[]", _HOOK),
    **_under("pre_stop.[]", _HOOK),
    **_under("volumes.[]", _MOUNT),
    "attach": short.boolean,
    "blkio_config.weight": short.integer,
    "blkio_config.weight_device.[].weight": short.integer,
    "command": short.command,
    "configs.[]": short.reference,
    "configs.[].mode": short.octal,
    "depends_on": short.dependencies,
    "depends_on.*": short.dependency,
    "develop.watch": short.watches,
    "devices.[]": short.device,
    "dns": short.filled_texts,
    "entrypoint": short.command,
    "env_file": short.env_files,
    "env_file.[]": short.env_file,
    "env_file.[].required": short.boolean,
    "extra_hosts": short.hosts,
    "gpus": short.device_requests,
    "healthcheck.test": short.probe,
    "models": short.references,
    "models.*": short.as_it_is,
    "networks": short.references,
    "networks.*": short.as_it_is,
    "ports": canonical_ports,
    "pre_start.[].per_replica": short.boolean,
    "secrets.[]": short.reference,
    "secrets.[].mode": short.octal,
    "ulimits.*": short.integer,
    "use_api_socket": short.boolean,
}

_RESOURCES = ("networks.*", "volumes.*", "configs.*", "secrets.*")

_RULES: Rules[Rule] = Rules.of(
    {
        **_under("services.*", _SERVICE),
        **_under("jobs.*", _SERVICE),
        "jobs.*.triggers.manual": short.boolean,
        **dict.fromkeys(_RESOURCES, short.resource),
        **_entries(_EMPTY, *(f"{resource}.labels" for resource in _RESOURCES)),
        **dict.fromkeys(
            (
                "networks.*.driver_opts.*",
                "networks.*.ipam.config.[].aux_addresses.*",
                "networks.*.ipam.options.*",
                "secrets.*.driver_opts.*",
                "volumes.*.driver_opts.*",
            ),
            short.text_or_empty,
        ),
    }
)
