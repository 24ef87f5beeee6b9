"""What nobody wrote but everybody means: defaults, implied dependencies, names.

Works on the nodes of the whole model, in place, because a default belongs beside
the marks of what it completes.  What is added has no mark of its own; a
dependency that follows from an attribute is marked at that attribute.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from composer.loader.nodes import MarkedList, MarkedMap
from composer.loader.short_volumes import clean_target
from composer.model.names import resource_name
from composer.source import SourceMark

_NAMED = ("networks", "volumes", "secrets", "configs")
NAMESPACES = ("network_mode", "ipc", "pid", "uts", "cgroup")


def complete(root: MarkedMap, *, written: bool = False) -> None:
    """Fill in the defaults that stand inside a service, before paths are resolved.

    With `written`, all devices are called `all`, which is -1 in the long form.
    """
    for service in _services(root):
        if isinstance(build := service.get("build"), MarkedMap):
            build.setdefault("context", ".")
        for port in _maps(service.get("ports")):
            port.setdefault("mode", "ingress")
            port.setdefault("protocol", "tcp")
        for secret in _maps(service.get("secrets")):
            secret.setdefault("target", f"/run/secrets/{secret.get('source')}")
        for request in _device_requests(service):
            if "device_ids" not in request:
                request.setdefault("count", "all" if written else -1)


def normalise(root: MarkedMap, project: str) -> None:
    """Make explicit what follows from what was written."""
    for service in _services(root):
        elsewhere = "network_mode" in service or service.get("provider")
        if not elsewhere and not service.get("networks"):
            service["networks"] = _single("default")
        if service.get("pull_policy") == "if_not_present":
            service["pull_policy"] = "missing"
        build = service.get("build")
        if isinstance(build, MarkedMap) and "dockerfile_inline" not in build:
            build.setdefault("dockerfile", "Dockerfile")
        for mount in _maps(service.get("volumes")):
            if isinstance(target := mount.get("target"), str) and target:
                mount["target"] = clean_target(target)
        for hook in _maps(service.get("pre_start")):
            if service.get("image") is not None:
                hook.setdefault("image", service["image"])
        _add_dependencies(service)
    _declare_default_network(root)
    for section in _NAMED:
        _name_entries(root, section, project)


def _services(root: MarkedMap) -> Iterator[MarkedMap]:
    """Yield every service, and every job, which is one that does not stay."""
    yield from _entries(root, "services").values()
    yield from _entries(root, "jobs").values()


def _entries(root: MarkedMap, section: str) -> dict[str, MarkedMap]:
    """Return the entries of a section; one that is null becomes an empty one."""
    entries = root.get(section)
    if not isinstance(entries, MarkedMap):
        return {}
    for key in [key for key, entry in entries.items() if entry is None]:
        entries[key] = MarkedMap(entries.mark_of(key))
    return entries


def _maps(value: Any) -> Iterator[MarkedMap]:
    """Yield the mappings in a list."""
    for item in value if isinstance(value, MarkedList) else ():
        if isinstance(item, MarkedMap):
            yield item


def _device_requests(service: MarkedMap) -> Iterator[MarkedMap]:
    yield from _maps(service.get("gpus"))
    resources = (service.get("deploy") or {}).get("resources") or {}
    yield from _maps((resources.get("reservations") or {}).get("devices"))


def _single(key: str) -> MarkedMap:
    entry = MarkedMap()
    entry[key] = None
    return entry


def _add_dependencies(service: MarkedMap) -> None:
    wanted = [*_linked(service), *_sharing(service), *_mounting(service)]
    if not wanted:
        return
    if service.get("depends_on") is None:
        service["depends_on"] = MarkedMap()
    for name, restart, mark in wanted:
        if name not in service["depends_on"]:
            dependency = MarkedMap(mark)
            dependency["condition"] = "service_started"
            dependency["restart"] = restart
            dependency["required"] = True
            service["depends_on"].put(name, dependency, mark)


_Implied = tuple[str, bool, SourceMark | None]


def _linked(service: MarkedMap) -> Iterator[_Implied]:
    for link, mark in _items(service.get("links")):
        yield link.partition(":")[0], True, mark


def _sharing(service: MarkedMap) -> Iterator[_Implied]:
    for key in NAMESPACES:
        value = service.get(key)
        if isinstance(value, str) and value.startswith("service:"):
            yield value.removeprefix("service:"), True, service.mark_of(key)


def _mounting(service: MarkedMap) -> Iterator[_Implied]:
    for source, mark in _items(service.get("volumes_from")):
        if not source.startswith("container:"):
            yield source.partition(":")[0], False, mark


def _items(value: Any) -> Iterator[tuple[str, SourceMark | None]]:
    if isinstance(value, MarkedList):
        yield from ((str(item), mark) for item, mark in zip(value, value.items_at, strict=True))


def _declare_default_network(root: MarkedMap) -> None:
    if not any("default" in (service.get("networks") or ()) for service in _services(root)):
        return
    if root.get("networks") is None:
        root["networks"] = MarkedMap()
    root["networks"].setdefault("default", None)


def _name_entries(root: MarkedMap, section: str, project: str) -> None:
    for key, entry in _entries(root, section).items():
        if entry.get("name") is None:
            entry["name"] = key if entry.get("external") is True else resource_name(project, key)
