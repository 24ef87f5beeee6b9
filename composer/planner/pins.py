"""Images fixed by digests: which can be, and the project with those that are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from composer.errors import Problem
from composer.model.names import full_reference
from composer.model.observed import ObservedContainer
from composer.model.project import Project
from composer.model.service import Service
from composer.planner.chosen import chosen
from composer.planner.image_mounts import further_images
from composer.planner.image_names import with_images
from composer.record import replace

Pins = Mapping[str, str]
"""From the name of an image, with its tag, to its digest."""


def pinnable(project: Project, service: Service) -> Iterator[str]:
    """Yield the names of the images of `service` that come from a registry under a tag."""
    for one in (service, *further_images(project, service)):
        if one.build is not None or one.provider is not None or one.pull_policy == "never":
            continue
        if one.image and "@" not in one.image:
            yield full_reference(one.image)


def missing(
    project: Project, services: Collection[str], pins: Pins, file: str
) -> tuple[Problem, ...]:
    """Return a problem for each image that is not pinned, of `services` and their dependencies."""
    found: dict[str, Problem] = {}
    for service in chosen(project, services, dependencies=True):
        mark = project.mark("services", service.name, "image")
        for ref in pinnable(project, service):
            if ref not in pins:
                message = f"image {ref!r} is not in {file}"
                found.setdefault(ref, Problem(message, mark, help="composer lock adds it"))
    return tuple(found.values())


def instead(refs: Iterable[str], containers: Iterable[ObservedContainer]) -> dict[str, str]:
    """Return for each of `refs`, tags that are not here, the id of what a container has instead.

    It was named with its digest, by a lock file.
    """
    ids = {
        full_reference(name): container.image_id
        for container in sorted(containers, key=lambda one: one.name, reverse=True)
        for name, at, _ in (container.image.partition("@"),)
        if at
    }
    return {ref: ids[full_reference(ref)] for ref in refs if full_reference(ref) in ids}


def with_pins(project: Project, pins: Pins) -> Project:
    """Return the project with its images by their digests."""

    def pinned(ref: str) -> str:
        digest = pins.get(full_reference(ref)) if "@" not in ref else None
        return f"{ref}@{digest}" if digest else ref

    services = {
        name: one if one.pull_policy == "never" else with_images(one, pinned, project.services)
        for name, one in project.services.items()
    }
    return replace(project, services=services)
