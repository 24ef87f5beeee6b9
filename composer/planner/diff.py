"""Field by field: how two container configurations differ.

This explains a decision, it does not make one: whether a container is replaced
is decided by its config hash.  The live side was read back from the engine, so
both sides are compared in the form in which the engine keeps them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from composer.model.observed import ObservedContainer
from composer.model.plan import Change
from composer.model.project import Project
from composer.model.resources import ContainerConfig, RestartPolicy
from composer.model.settled import NOTHING, settled
from composer.record import fields, is_dataclass
from composer.source import Path, SourceMark

_WRITTEN_AS = {
    "device_requests": ("gpus",),
    "mounts": ("volumes",),
    "restart": ("restart",),
    "stop_timeout": ("stop_grace_period",),
}
"""Where the file says a field that has another name there."""

_DEPLOY = {
    "cpus": ("deploy", "resources", "limits", "cpus"),
    "mem_limit": ("deploy", "resources", "limits", "memory"),
    "mem_reservation": ("deploy", "resources", "reservations", "memory"),
    "pids_limit": ("deploy", "resources", "limits", "pids"),
    "restart": ("deploy", "restart_policy"),
}
_ALL = tuple(field.name for field in fields(ContainerConfig))


def as_kept(live: ObservedContainer, wanted: ContainerConfig, service: str) -> ContainerConfig:
    """Return `wanted` in the form in which the engine would give it back for `live`."""
    return settled(wanted, live.defaults or NOTHING, (live.name, live.id[:12], service))


def container_changes(
    live: ObservedContainer,
    wanted: ContainerConfig,
    project: Project,
    service: str,
    only: Collection[str] = _ALL,
) -> tuple[Change, ...]:
    """Return what differs, in the order of the fields, each with its place in the file.

    `live` must have been inspected.  `only` names the fields that are compared.
    """
    assert live.config is not None
    asked = as_kept(live, wanted, service)
    keys = {network.name: key for key, network in project.networks.items()}

    def mark(path: Path) -> SourceMark | None:
        base = ("services", service)
        written = (*_WRITTEN_AS.get(str(path[0]), path[:1]), *path[1:])
        if path[0] == "networks":
            written = ("networks", *(keys.get(str(name), name) for name in path[1:]))
        deploy = _DEPLOY.get(str(path[0]))
        if deploy and (*base, *written) not in project.marks:
            written = deploy
        return project.mark(*base, *written)

    return tuple(
        Change(".".join(str(key) for key in path), old, new, mark(path))
        for path, old, new in _differences(live.config, asked)
        if path[0] in only
    )


def _differences(
    live: ContainerConfig, wanted: ContainerConfig
) -> Iterator[tuple[Path, str | None, str | None]]:
    for field in fields(ContainerConfig):
        old, new = getattr(live, field.name), getattr(wanted, field.name)
        if old == new or (not old and not new):
            continue
        if isinstance(new, Mapping) and isinstance(old, Mapping):
            yield from _map_differences((field.name,), old, new)
        else:
            shown = _SHOWN.get(field.name, show)
            yield (field.name,), shown(old), shown(new)


def _map_differences(
    path: Path, old: Mapping[str, object], new: Mapping[str, object]
) -> Iterator[tuple[Path, str | None, str | None]]:
    for key in sorted({*old, *new}):
        if key not in old:
            yield (*path, key), None, show(new[key]) or "(empty)"
        elif key not in new:
            yield (*path, key), show(old[key]) or "(empty)", None
        elif old[key] != new[key]:
            yield (*path, key), show(old[key]), show(new[key])


def show(value: object) -> str | None:
    """Return `value` as text for people; None for nothing at all."""
    if value is None or value == () or value == {}:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if is_dataclass(value) and not isinstance(value, type):
        return _show_record(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={show(item)}" for key, item in sorted(value.items()))
    if isinstance(value, tuple):
        return "[" + ", ".join(show(item) or "" for item in value) + "]"
    return repr(value) if isinstance(value, str) else str(value)


def _show_bytes(value: object) -> str | None:
    """Return a size as it is written: "256m"."""
    if not isinstance(value, int) or value <= 0:
        return "unlimited" if value == -1 else None
    for unit, size in (("g", 1024**3), ("m", 1024**2), ("k", 1024)):
        if value % size == 0:
            return f"{value // size}{unit}"
    return str(value)


def _show_number(value: object) -> str | None:
    return str(value) if value else None


def _show_restart(value: object) -> str | None:
    assert isinstance(value, RestartPolicy)
    return f"{value.name}:{value.retries}" if value.retries else value.name


_SHOWN: Mapping[str, Callable[[object], str | None]] = {
    "cpus": _show_number,
    "cpu_period": _show_number,
    "cpu_quota": _show_number,
    "cpu_shares": _show_number,
    "mem_limit": _show_bytes,
    "mem_reservation": _show_bytes,
    "memswap_limit": _show_bytes,
    "pids_limit": _show_number,
    "restart": _show_restart,
    "shm_size": _show_bytes,
}
"""How a field is shown, where its type alone would not say it as people write it."""


def _show_record(value: object) -> str:
    """Return what a record says beyond its defaults: "target=80 published='8080'"."""
    said = []
    for field in fields(value):  # type: ignore[arg-type]
        item = getattr(value, field.name)
        if item and item != field.default:
            said.append(f"{field.name}={show(item)}")
    return " ".join(said) or "(defaults)"
