"""The one container that `export` and `commit` are about: running or not."""

from __future__ import annotations

from collections.abc import Iterable

from composer.engine.port import Reader
from composer.errors import NotFound
from composer.model.observed import ObservedContainer


def one_container(
    project: str, engine: Reader, service: str, index: int | None
) -> ObservedContainer:
    """Return replica `index` of a service, or the first: of those that run, else of all."""
    found = [
        one for one in engine.project_containers(project) if one.service == service and not one.hook
    ]
    replicas = [one for one in found if not one.oneoff]
    if index is not None:
        found = [one for one in found if one.number == index and not one.oneoff]
        if not found:
            raise no_replica(service, index, replicas)
    if not found:
        raise NotFound(
            f"service {service!r} has no container", help=f"make one: composer create {service}"
        )
    return min(found, key=lambda one: (not _runs(one), one.oneoff, one.number, one.name))


def no_replica(service: str, index: int, replicas: Iterable[ObservedContainer]) -> NotFound:
    """Return what is said where a replica is asked for that is not there, with those that are."""
    there = [f"#{number}" for number in sorted({one.number for one in replicas})]
    return NotFound(
        f"service {service!r} has no container #{index}",
        help=f"it has {', '.join(there)}" if there else f"start one: composer up -d {service}",
    )


def _runs(container: ObservedContainer) -> bool:
    return container.state.status in ("running", "paused", "restarting")
