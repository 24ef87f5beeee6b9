"""One form for a container's configuration, however it was come by.

A file says some things in several ways, an engine keeps them in one way and
forgets others, and what the image or the engine would do anyway looks the same
as if it had been asked for.  Two configurations are compared after `settled`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from composer.model.one_form import healthcheck, in_one_form
from composer.model.resources import ContainerConfig
from composer.model.service import Healthcheck, Logging
from composer.record import fields, replace

T = TypeVar("T")

NOTHING = ContainerConfig(image="")

_EMPTY = {
    field.name: getattr(NOTHING, field.name)
    for field in fields(ContainerConfig)
    if field.name != "image"
}


def settled(
    config: ContainerConfig, defaults: ContainerConfig = NOTHING, names: Collection[str] = ()
) -> ContainerConfig:
    """Return `config` as the engine keeps it, without what it would be anyway.

    `defaults` is what the image and the engine fill in where nothing is said, in one form.
    `names` are the container's own, which are aliases of it in any case.
    """
    return _without(in_one_form(config, names), defaults)


def _without(config: ContainerConfig, defaults: ContainerConfig) -> ContainerConfig:
    changes: dict[str, Any] = {}
    for name, empty in _EMPTY.items():
        value = getattr(config, name)
        if value == empty:  # as most are
            continue
        usual = getattr(defaults, name)
        if isinstance(value, Mapping):
            value = {key: item for key, item in value.items() if usual.get(key, config) != item}
        changes[name] = empty if value == usual or value == "" else value
    changes |= _commands(config, defaults)
    changes |= {
        "expose": tuple(port for port in config.expose if port not in defaults.expose),
        "healthcheck": _probe_without(config.healthcheck, defaults.healthcheck),
        "logging": _logging_without(config.logging, defaults.logging),
        "mounts": tuple(mount for mount in config.mounts if mount not in defaults.mounts),
        "network_mode": config.network_mode,
    }
    return replace(config, **changes)


def _commands(config: ContainerConfig, defaults: ContainerConfig) -> dict[str, Any]:
    """Return entrypoint and command: an entrypoint makes the engine forget the image's command.

    An empty entrypoint drops the image's and keeps its command; an empty command
    says nothing.
    """
    entrypoint = config.entrypoint
    if entrypoint is None or entrypoint == (defaults.entrypoint or ()):
        entrypoint = None
    command = config.command or None
    if not entrypoint and command == defaults.command:
        command = None
    return {"entrypoint": entrypoint, "command": command}


def _probe_without(probe: Healthcheck | None, usual: Healthcheck | None) -> Healthcheck | None:
    if probe is None or usual is None:
        return probe
    if probe.test == ("NONE",):
        return None if usual == probe else probe
    return healthcheck(
        Healthcheck(
            test=() if probe.test == usual.test else probe.test,
            interval=_unless(probe.interval, usual.interval),
            timeout=_unless(probe.timeout, usual.timeout),
            start_period=_unless(probe.start_period, usual.start_period),
            start_interval=_unless(probe.start_interval, usual.start_interval),
            retries=_unless(probe.retries, usual.retries),
        )
    )


def _unless(value: T | None, usual: T | None) -> T | None:
    return None if value == usual else value


def _logging_without(logging: Logging | None, usual: Logging | None) -> Logging | None:
    """Return what is said beyond the engine's default driver."""
    if logging is None:
        return None
    named = replace(logging, driver=logging.driver or (usual.driver if usual else None))
    return None if named in (usual, Logging()) else named
