"""Volumes: create what is missing; touch what holds data only for who agreed to lose it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from composer.errors import Problem
from composer.model.observed import Observed, ObservedVolume
from composer.model.operations import CreateVolume, RemoveVolume
from composer.model.plan import Change, Step
from composer.model.project import Project
from composer.model.resources import VolumeSpec
from composer.planner.found import Found
from composer.planner.losses import users
from composer.planner.resource_diff import volume_changes

_CHANGED = "volume configuration changed"


def plan_volumes(
    project: Project,
    specs: Iterable[VolumeSpec],
    observed: Observed,
    renewed: Collection[str] = (),
) -> Found:
    """Return the steps for every volume, and what is wrong or strange about them.

    A volume that differs from the file is kept as it is, with a warning, unless it is
    `renewed`: making it anew destroys its data.
    """
    found = Found()
    for spec in specs:
        live = observed.volumes.get(spec.name)
        mark = project.mark("volumes", spec.key)
        if live is None and spec.external:
            found.errors.append(
                Problem(
                    f"volume {spec.name!r} is declared external, but does not exist",
                    mark,
                    help=f"create it with: docker volume create {spec.name}",
                )
            )
        elif live is None:
            found.steps.append(Step(CreateVolume(spec), "missing"))
        elif spec.external:
            continue
        elif live.project != project.name:
            found.warnings.append(
                Problem(
                    f"volume {spec.name!r} exists but was not created for project "
                    f"{project.name!r}; it is used as it is",
                    mark,
                    help="say 'external: true' to use a volume that others manage",
                    severity="warning",
                )
            )
        elif differs(project, spec, live):
            changes = volume_changes(project, spec, live)
            if spec.name in renewed:
                found.steps += _renew(spec, changes, observed)
            else:
                found.warnings.append(_kept(project, spec, changes))
    return found


def differs(project: Project, spec: VolumeSpec, live: ObservedVolume | None) -> bool:
    """Say whether a volume is the project's own and was made with another configuration."""
    if live is None or spec.external or live.project != project.name:
        return False
    return live.digest not in (None, spec.digest)


def _renew(spec: VolumeSpec, changes: tuple[Change, ...], observed: Observed) -> list[Step]:
    """Return the steps that make a volume anew, once everybody who mounts it is gone."""
    gone = frozenset(f"remove {name}" for name in users(observed, spec.name))
    remove = Step(RemoveVolume(spec.name), _CHANGED, gone)
    return [remove, Step(CreateVolume(spec), _CHANGED, frozenset({remove.id}), changes)]


def _kept(project: Project, spec: VolumeSpec, changes: tuple[Change, ...]) -> Problem:
    fields = ", ".join(change.field for change in changes)
    mark = next((change.mark for change in changes if change.mark), None)
    return Problem(
        f"volume {spec.name!r} was created with another configuration"
        f"{f', {fields}' if fields else ''}; it is kept as it is",
        mark or project.mark("volumes", spec.key),
        help="back its data up: with --yes, up makes the volume anew, and its data is lost",
        severity="warning",
    )
