"""Which containers a project has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from composer.model.observed import ContainerState, ObservedContainer
from composer.model.project import Project
from composer.record import dataclass, replace

if TYPE_CHECKING:
    from composer.engine.port import Reader

STATUSES = ("created", "dead", "exited", "paused", "removing", "restarting", "running")


@dataclass(frozen=True, slots=True, kw_only=True)
class PsOptions:
    """What to list.  `statuses` empty: running ones, or with `all` every one.

    One-off containers are listed by `all`, and by who asks for a status.
    """

    services: tuple[str, ...] = ()
    all: bool = False
    statuses: frozenset[str] = frozenset()
    orphans: bool = True


def ps(
    name: str, project: Project | None, engine: Reader, options: PsOptions
) -> tuple[ObservedContainer, ...]:
    """Return the containers asked for, by name.

    Without a project the labels alone say what belongs to it, and nothing is an
    orphan.  What has the project's label and no config hash was made by no Compose.
    """
    found = selected(engine.project_containers(name), project, options)
    return tuple(_with_code(container, engine) for container in found)


def _with_code(container: ObservedContainer, engine: Reader) -> ObservedContainer:
    """Return a dead container, of which lists do not tell how it ended, with its exit code."""
    if container.state.status != "dead":
        return container
    seen = engine.inspect([container.id]).get(container.id)
    return container if seen is None else replace(container, state=seen.state)


def selected(
    found: Iterable[ObservedContainer], project: Project | None, options: PsOptions
) -> tuple[ObservedContainer, ...]:
    """Return those of the project's containers that are asked for, by name."""
    wanted = options.statuses or _default_statuses(all=options.all)
    known = None if project is None or options.orphans else {*project.services, *project.disabled}
    return tuple(
        sorted(
            (
                container
                for container in found
                if container.state.status in wanted
                and (options.all or options.statuses or not container.oneoff)
                and container.digest is not None
                and not container.hook
                and (not options.services or container.service in options.services)
                and (known is None or container.service in known)
            ),
            key=lambda container: container.name,
        )
    )


def services_of(containers: Iterable[ObservedContainer]) -> tuple[str, ...]:
    """Return their services, in the order of the containers."""
    return tuple(dict.fromkeys(container.service for container in containers))


def troubled(
    engine: Reader, containers: Iterable[ObservedContainer]
) -> Mapping[str, ContainerState]:
    """Return by name all that the engine knows of those that are not as they should be."""
    ids = [container.id for container in containers if _is_troubled(container.state)]
    return {one.name: one.state for one in engine.inspect(ids).values()} if ids else {}


def _is_troubled(state: ContainerState) -> bool:
    if state.status == "exited":
        return state.exit_code != 0
    return state.status in ("created", "dead", "restarting") or state.health in (
        "starting",
        "unhealthy",
    )


def _default_statuses(*, all: bool) -> frozenset[str]:
    return frozenset(STATUSES) if all else frozenset({"running", "paused", "restarting"})
