"""Images that are mounted into containers: there before these, and part of what they are.

Which ones a container has is in a label of Docker Compose 5.  A container without it,
such as 2.40 makes, is not known to have others than the file says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from composer.model.observed import ObservedContainer, ObservedImage
from composer.model.plan import Change
from composer.model.project import Project
from composer.model.service import Service
from composer.planner.desire import image_ref
from composer.planner.hooks import hook_images
from composer.planner.mounts import image_mounts, mounted_ref, noted_images
from composer.record import replace
from composer.source import SourceMark


def further_images(project: Project, service: Service) -> Iterator[Service]:
    """Yield for each image that `service` needs beside its own a service to get it for."""
    yield from hook_images(project, service)
    for _, mount in image_mounts(service):
        source = mount.source or ""
        ref = mounted_ref(project, source)
        if ref != source:
            yield project.services[source]
        else:
            policy = None if service.pull_policy == "build" else service.pull_policy
            yield replace(service, image=ref, build=None, pull_policy=policy)


def written(project: Project, ref: str) -> SourceMark | None:
    """Return where the file first names an image: a service's own, a mounted one, a hook's."""
    for name, service in project.services.items():
        if image_ref(project, service) == ref:
            return project.mark("services", name, "image")
        for index, mount in image_mounts(service):
            if mounted_ref(project, mount.source or "") == ref:
                return project.mark("services", name, "volumes", index, "source")
        for index, hook in enumerate(service.pre_start):
            if hook.image == ref:
                return project.mark("services", name, "pre_start", index, "image")
    return None


def mounted_refs(project: Project, service: Service) -> tuple[str, ...]:
    return tuple(mounted_ref(project, m.source or "") for _, m in image_mounts(service))


def image_mount_changed(
    project: Project,
    service: Service,
    live: ObservedContainer,
    images: Mapping[str, ObservedImage],
) -> tuple[str, Change] | None:
    """Return the image that `live` mounts in an older form, by its name, and how it changed."""
    given = noted_images(live)
    for index, mount in image_mounts(service):
        ref = mounted_ref(project, mount.source or "")
        image, had = images.get(ref), given.get(mount.target)
        if image is None or not had or had == image.id or had in image.digests:
            continue
        mark = project.mark("services", service.name, "volumes", index, "source")
        field = f"volumes.{mount.target}"
        return ref, Change(field, _short(had), _short(image.id), mark)
    return None


def _short(id: str) -> str:
    return id.removeprefix("sha256:")[:12]
