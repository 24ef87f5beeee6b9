"""Which volumes that differ from the file could be made anew, if the user agrees to lose them."""

from __future__ import annotations

from collections.abc import Iterable

from composer.errors import Problem
from composer.model.observed import Observed
from composer.model.options import Recreate, UpOptions
from composer.model.plan import Loss
from composer.model.project import Project
from composer.model.service import Service
from composer.planner.losses import outside, users
from composer.planner.resource_diff import volume_changes
from composer.planner.up import volumes_of
from composer.planner.volumes import differs


def diverged(project: Project, services: Iterable[Service], observed: Observed) -> tuple[Loss, ...]:
    """Return what would be lost if every volume of `services` were as the file says."""
    found = {}
    for spec in volumes_of(project, services):
        live = observed.volumes.get(spec.name)
        if live is not None and differs(project, spec, live):
            found[spec.name] = Loss(
                volume=spec.name,
                reason="volume configuration changed",
                users=users(observed, spec.name),
                changes=volume_changes(project, spec, live),
                outside=outside(observed, spec.name),
            )
    return tuple(found.values())


def in_the_way(
    loss: Loss,
    project: Project,
    services: Iterable[Service],
    observed: Observed,
    options: UpOptions,
) -> Problem | None:
    """Return a warning if somebody mounts the volume whom this command does not replace."""
    replaceable = {
        container.name
        for service in services
        for container in observed.of(service.name)
        if options.recreate is not Recreate.NEVER
    }
    if options.remove_orphans:
        known = {*project.services, *project.disabled}
        orphans = (c for c in observed.containers if c.service not in known and not c.oneoff)
        replaceable |= {container.name for container in orphans}
    others = [name for name in loss.users if name not in replaceable]
    if not others:
        return None
    return Problem(
        f"volume {loss.volume!r} cannot be made anew: {', '.join(others)} uses it, "
        "which is to stay",
        severity="warning",
    )
