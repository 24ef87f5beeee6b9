"""Which volumes a project has."""

from __future__ import annotations

from collections.abc import Collection

from composer.engine.port import Reader
from composer.model.observed import Interest, ObservedVolume


def volumes(
    name: str, engine: Reader, services: Collection[str] = ()
) -> tuple[ObservedVolume, ...]:
    """Return the volumes of project `name`, or those that containers of `services` mount."""
    observed = engine.observe(Interest(project=name))
    mounted = {
        mount.name
        for container in observed.containers
        if container.service in services
        for mount in container.mounts
    }
    return tuple(
        volume
        for _, volume in sorted(observed.volumes.items())
        if volume.project == name and (not services or volume.name in mounted)
    )
