"""Bring a model to its long form, so that binding it needs no special cases.

`_TABLE` says which attribute has which short form.  A value is brought to its
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
from composer.loader.forms import Place
from composer.loader.nodes import MarkedList, MarkedMap
from composer.loader.rules import Rules
from composer.loader.short_ports import canonical_ports
from composer.loader.short_volumes import canonical_volume
from composer.source import SourceMark

_Rule: TypeAlias = Callable[[Any, Place], Any]


def canonical(root: MarkedMap) -> tuple[MarkedMap, list[Problem]]:
    """Return `root` in long form, and what is wrong with or odd about its short forms."""
    problems: list[Problem] = []
    return _map(root, Place((), root.mark, problems), _RULES), problems


def _value(value: Any, place: Place, rules: Rules[_Rule]) -> Any:
    if rules.value is not None:
        value = rules.value(value, place)
    if isinstance(value, MarkedMap):
        return _map(value, place, rules)
    if isinstance(value, MarkedList):
        return _list(value, place, rules)
    return value


def _map(node: MarkedMap, place: Place, rules: Rules[_Rule]) -> MarkedMap:
    long = node.copy()
    for key, value in node.items():
        below = rules.step(key)
        if below is None and key.startswith("x-"):
            continue
        below = below or _NO_RULES
        long[key] = _value(value, _below(place, key, node.mark_of(key)), below)
        if long[key] is None and below.value not in _NULL_MEANS:
            long.drop(key)
    return long


def _list(node: MarkedList, place: Place, rules: Rules[_Rule]) -> MarkedList:
    below = rules.step(0) or _NO_RULES
    long = node.copy()
    for at, (item, mark) in enumerate(zip(node, node.items_at, strict=True)):
        long[at] = _value(item, _below(place, at, mark), below)
    return long


def _below(place: Place, key: str | int, mark: SourceMark | None) -> Place:
    return Place((*place.path, key), mark or place.mark, place.problems)


_NULL_MEANS = (short.text, short.as_it_is)
_NO_RULES: Rules[_Rule] = Rules()


def _named(at: str, rule: _Rule, each: _Rule) -> dict[str, _Rule]:
    """Return the rows for a map of names: for the whole, and for each value."""
    return {at: rule, f"{at}.*": each}


def _texts(*at: str) -> dict[str, _Rule]:
    """Return the rows for maps of texts in which null is empty."""
    return {key: rule for a in at for key, rule in _named(a, short.labels, _EMPTY).items()}


_EMPTY = short.text_or_empty

_BUILD: dict[str, _Rule] = {
    "": short.build,
    **_texts("labels", "additional_contexts"),
    **_named("args", short.variables, short.text),
    **_named("ssh", short.variables, short.text),
    **dict.fromkeys(("cache_from", "cache_to", "no_cache_filter", "tags"), short.texts),
    **dict.fromkeys(("no_cache", "pull", "privileged"), short.boolean),
    **dict.fromkeys(("provenance", "sbom"), short.text),
    "extra_hosts": short.hosts,
    "secrets.[]": short.reference,
    "secrets.[].mode": short.octal,
    "ulimits.*": short.integer,
}

_HOOK: dict[str, _Rule] = {
    "command": short.command,
    **_named("environment", short.variables, short.text),
    "privileged": short.boolean,
    "per_replica": short.boolean,
}

_DEVICE_REQUEST: dict[str, _Rule] = {
    "count": short.device_count,
    "capabilities": short.texts,
    "device_ids": short.texts,
    **_texts("options"),
}

_MOUNT: dict[str, _Rule] = {
    "": canonical_volume,
    "bind.create_host_path": short.boolean,
    "tmpfs.mode": short.octal_number,
    **_texts("volume.labels"),
}


def _under(at: str, rows: dict[str, _Rule]) -> dict[str, _Rule]:
    """Return `rows` with their places below `at`; "" is `at` itself."""
    return {f"{at}.{key}" if key else at: rule for key, rule in rows.items()}


_SERVICE: dict[str, _Rule] = {
    "": short.as_it_is,
    **_texts("annotations", "labels", "storage_opt", "sysctls"),
    **_texts("deploy.labels", "logging.options", "networks.*.driver_opts"),
    **_under("build", _BUILD),
    **_under("develop.watch.[].exec", _HOOK),
    **_under("post_start.[]", _HOOK),
    **_under("pre_start.[]", _HOOK),
    **_under("pre_stop.[]", _HOOK),
    **_under("gpus.[]", _DEVICE_REQUEST),
    **_under("deploy.resources.limits.devices.[]", _DEVICE_REQUEST),
    **_under("deploy.resources.reservations.devices.[]", _DEVICE_REQUEST),
    **_under("volumes.[]", _MOUNT),
    **_named("depends_on", short.dependencies, short.dependency),
    **_named("environment", short.variables, short.text),
    **_named("models", short.references, short.as_it_is),
    **_named("networks", short.references, short.as_it_is),
    **dict.fromkeys(("cap_add", "cap_drop", "dns_opt", "dns_search", "expose"), short.texts),
    **dict.fromkeys(("group_add", "label_file", "provider.options.*", "tmpfs"), short.texts),
    "attach": short.boolean,
    "blkio_config.weight": short.integer,
    "blkio_config.weight_device.[].weight": short.integer,
    "command": short.command,
    "configs.[]": short.reference,
    "configs.[].mode": short.octal,
    "deploy.resources.limits.cpus": short.number,
    "deploy.resources.limits.pids": short.integer,
    "deploy.resources.reservations.cpus": short.number,
    "deploy.resources.reservations.generic_resources.[].discrete_resource_spec.value": (
        short.integer
    ),
    "develop.watch": short.watches,
    "develop.watch.[].ignore": short.texts,
    "develop.watch.[].include": short.texts,
    "develop.watch.[].initial_sync": short.boolean,
    "devices.[]": short.device,
    "dns": short.filled_texts,
    "entrypoint": short.command,
    "env_file": short.env_files,
    "env_file.[]": short.env_file,
    "env_file.[].required": short.boolean,
    "extra_hosts": short.hosts,
    "gpus": short.device_requests,
    "healthcheck.test": short.probe,
    "ports": canonical_ports,
    "secrets.[]": short.reference,
    "secrets.[].mode": short.octal,
    "ulimits.*": short.integer,
    "use_api_socket": short.boolean,
}

_RULES: Rules[_Rule] = Rules.of(
    {
        **_under("services.*", _SERVICE),
        **_under("jobs.*", _SERVICE),
        "jobs.*.triggers.manual": short.boolean,
        "include": short.as_it_is,
        **dict.fromkeys(("networks.*", "volumes.*", "configs.*", "secrets.*"), short.resource),
        **_texts("networks.*.driver_opts", "networks.*.labels", "networks.*.ipam.options"),
        **_texts("networks.*.ipam.config.[].aux_addresses", "configs.*.labels"),
        **_texts("volumes.*.driver_opts", "volumes.*.labels"),
        **_texts("secrets.*.driver_opts", "secrets.*.labels"),
    }
)
