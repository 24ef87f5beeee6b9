"""The names of images, in all places in which a service has some."""

from __future__ import annotations

from collections.abc import Callable, Container

from composer.model.service import Hook, Mount, Service
from composer.record import replace


def with_images(
    service: Service, named: Callable[[str], str], services: Container[str | None] = ()
) -> Service:
    """Return `service` with its images, those of mounts and of hooks too, as `named` names them.

    What is built here, and mounts of the images of `services`, keep their names.
    """

    def mount(one: Mount) -> Mount:
        if one.type != "image" or not one.source or one.source in services:
            return one
        return replace(one, source=named(one.source))

    def hook(one: Hook) -> Hook:
        return replace(one, image=named(one.image)) if one.image else one

    pulled = service.image is not None and service.build is None
    return replace(
        service,
        image=named(service.image) if pulled and service.image else service.image,
        volumes=tuple(map(mount, service.volumes)),
        pre_start=tuple(map(hook, service.pre_start)),
    )
