"""Which images are behind what their registries have under the same tag."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor

from composer.engine.port import Engine
from composer.errors import ComposerError
from composer.model.names import full_reference
from composer.model.observed import ObservedContainer, ObservedImage
from composer.model.project import Project
from composer.planner.desire import platform
from composer.planner.pins import instead, pinnable
from composer.record import dataclass
from composer.remote.images import PublishedImage

Look = Callable[[str, str], PublishedImage]
"""From the name of an image and a platform to what its registry has."""

_AT_ONCE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """An image that services use, here and in its registry.

    `here` and `there` are digests, "" where there is none; `size` is how many bytes a pull
    would transfer.  `waiting` are containers that still run an older one than is here.
    """

    ref: str
    services: tuple[str, ...]
    here: str = ""
    there: str = ""
    size: int = 0
    waiting: tuple[str, ...] = ()
    failure: ComposerError | None = None

    @property
    def behind(self) -> bool:
        return bool(self.there) and self.here != self.there


def outdated(
    project: Project, engine: Engine, services: Collection[str], look: Look
) -> tuple[Compared, ...]:
    """Compare the images of `services`, of all without any; what is built here has no registry."""
    users: dict[str, list[str]] = {}
    platforms: dict[str, str | None] = {}
    for name in services or project.services:
        for ref in pinnable(project, project.services[name]):
            users.setdefault(ref, []).append(name)
            platforms.setdefault(ref, platform(project, project.services[name]))
    here = dict(engine.inspect_images(users))
    about = engine.version()
    usual = f"{about.os}/{about.arch}"
    containers = engine.project_containers(project.name)
    here |= _locked([ref for ref in users if ref not in here], engine, containers)

    def compare(ref: str) -> Compared:
        image = here.get(ref)
        waiting = tuple(_waiting(ref, image, containers))
        known = Compared(ref=ref, services=tuple(users[ref]), here=_digest(image), waiting=waiting)
        try:
            there = look(ref, platforms[ref] or usual)
        except ComposerError as error:
            return Compared(
                ref=ref, services=known.services, here=known.here, waiting=waiting, failure=error
            )
        digests = {one.partition("@")[2] for one in image.digests} if image else set()
        return Compared(
            ref=ref,
            services=known.services,
            here=there.digest if there.digest in digests else known.here,
            there=there.digest,
            size=_missing(there, image),
            waiting=waiting,
        )

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return tuple(pool.map(compare, sorted(users)))


def _locked(
    refs: Collection[str], engine: Engine, containers: Collection[ObservedContainer]
) -> dict[str, ObservedImage]:
    """Return for each of `refs`, tags that are not here, the image that a container has instead."""
    ids = instead(refs, containers)
    found = engine.inspect_images(ids.values())
    return {ref: found[id] for ref, id in ids.items() if id in found}


def _digest(image: ObservedImage | None) -> str:
    """Return the digest of an image that was pulled, else its id."""
    if image is None:
        return ""
    return image.digests[0].partition("@")[2] if image.digests else image.id


def _missing(there: PublishedImage, image: ObservedImage | None) -> int:
    """Return the size of the layers that are not here: they stand upon those that are."""
    shared = 0
    for layer, own in zip(there.layers, image.layers if image else (), strict=False):
        if layer.content != own:
            break
        shared += 1
    return sum(layer.size for layer in there.layers[shared:])


def _waiting(
    ref: str, image: ObservedImage | None, containers: Collection[ObservedContainer]
) -> Iterator[str]:
    for container in sorted(containers, key=lambda one: one.name):
        if container.oneoff or image is None or full_reference(container.image) != ref:
            continue
        if container.image_id != image.id:
            yield container.name
