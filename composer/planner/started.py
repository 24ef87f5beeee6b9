"""Which containers a plan makes or starts, and as what service."""

from __future__ import annotations

from collections.abc import Iterator

from composer.model.observed import Observed
from composer.model.operations import CreateContainer, Start
from composer.model.plan import Plan
from composer.model.project import Project
from composer.model.service import Service
from composer.planner.identity import fits
from composer.planner.renames import former_names


def started(project: Project, observed: Observed, plan: Plan) -> Iterator[tuple[str, Service]]:
    """Yield the containers that the plan starts, by the names they will have.

    Left out is what differs from the file and is started all the same, for
    --no-recreate: nobody has looked at what it asks for.
    """
    made = dict(created(project, plan))
    live = {container.name: container for container in observed.containers}
    former = former_names(plan.steps)
    for step in plan.steps:
        if not isinstance(step.operation, Start):
            continue
        name = step.operation.container
        container = live.get(former.get(name, name))
        if name in made:
            yield name, made[name]
        elif container is not None and container.service in project.services:
            service = project.services[container.service]
            if fits(service, container, observed):
                yield name, service


def created(project: Project, plan: Plan) -> Iterator[tuple[str, Service]]:
    """Yield the replicas that the plan makes, by the names they will have."""
    for step in plan.steps:
        if isinstance(step.operation, CreateContainer) and not step.operation.spec.hook:
            spec = step.operation.spec
            yield spec.name, project.services[spec.service]
