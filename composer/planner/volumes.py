"""Volumes: create what is missing; never touch what holds data."""

from __future__ import annotations

from collections.abc import Iterable

from composer.errors import Problem
from composer.model.observed import Observed
from composer.model.operations import CreateVolume
from composer.model.plan import Step
from composer.model.project import Project
from composer.model.resources import VolumeSpec
from composer.planner.found import Found


def plan_volumes(project: Project, specs: Iterable[VolumeSpec], observed: Observed) -> Found:
    """Return the steps for every volume, and what is wrong or strange about them.

    A volume that differs from the file is kept as it is, with a warning: making it
    anew would destroy its data, and `up` was not asked to do that.
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
        elif live.digest not in (None, spec.digest):
            found.warnings.append(
                Problem(
                    f"volume {spec.name!r} was created with another configuration; "
                    "it is kept as it is",
                    mark,
                    help="back its data up, then 'composer down -v' lets it be created anew",
                    severity="warning",
                )
            )
    return found
