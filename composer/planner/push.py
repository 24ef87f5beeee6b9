"""What is built here and has a name → pushes, each image once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from composer.errors import Problem
from composer.model.names import full_reference
from composer.model.observed import ObservedImage
from composer.model.operations import PushImage
from composer.model.plan import Plan, Step
from composer.model.project import Project
from composer.model.service import Service
from composer.record import replace


def plan_push(
    project: Project, services: Iterable[Service], images: Mapping[str, ObservedImage]
) -> Plan:
    """Return the pushes of the images of `services`; one that is not here is an error."""
    steps: dict[str, Step] = {}
    errors: dict[str, Problem] = {}
    for service in services:
        for ref in pushed_refs(service):
            if ref in images:
                steps.setdefault(full_reference(ref), Step(PushImage(ref), "asked for by push"))
            else:
                errors.setdefault(full_reference(ref), _missing(project, service, ref))
    return Plan(tuple(one_by_one(steps.values())), errors=tuple(errors.values()))


def one_by_one(pushes: Iterable[Step]) -> Iterator[Step]:
    """Yield the pushes, those into one repository after each other.

    They have layers in common, which a registry may lose sight of when they come twice at once.
    """
    latest: dict[str, str] = {}
    for step in pushes:
        assert isinstance(step.operation, PushImage)
        repository = full_reference(step.operation.ref).rpartition(":")[0]
        before = {latest[repository]} if repository in latest else set()
        latest[repository] = step.id
        yield replace(step, after=step.after | before)


def pushed_refs(service: Service) -> Iterator[str]:
    """Yield the names under which the image of `service` is pushed: it is built, and has one."""
    if service.build is not None and service.image:
        yield from dict.fromkeys((service.image, *service.build.tags))


def _missing(project: Project, service: Service, ref: str) -> Problem:
    path = ("image",) if ref == service.image else ("build", "tags")
    return Problem(
        f"image {ref!r} of service {service.name!r} is not on this engine",
        project.mark("services", service.name, *path),
        help=f"composer build {service.name}",
    )
