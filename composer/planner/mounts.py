"""What is mounted in a container: its volumes, with those that it inherits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from composer.model.names import Label, image_name
from composer.model.observed import MountPoint, Observed, ObservedContainer, ObservedImage
from composer.model.project import Project, Volume
from composer.model.service import Mount, Service
from composer.pattern import pattern
from composer.planner.delivery import file_mounts
from composer.record import replace

_ANONYMOUS = pattern(r"[0-9a-f]{64}")


def mounts(project: Project, service: Service, inherited: Iterable[Mount]) -> tuple[Mount, ...]:
    """Return every mount of `service`, volumes by their engine names.

    `inherited` are anonymous volumes by name; each stands in for the mount of its
    target, whose options it keeps.
    """
    carried = {mount.target: mount for mount in inherited}
    found = []
    for mount in service.volumes:
        if mount.type == "volume" and mount.source:
            found.append(_renamed(mount, project.volumes))
        elif mount.type == "image" and mount.source:
            found.append(replace(mount, source=mounted_ref(project, mount.source)))
        elif mount.type == "volume" and mount.target in carried:
            found.append(replace(mount, source=carried.pop(mount.target).source))
        else:
            found.append(mount)
    found += carried.values()
    return (*found, *file_mounts(project, service))


def anonymous_volumes(
    service: Service, container: ObservedContainer, shared: Collection[str] = ()
) -> tuple[Mount, ...]:
    """Return mounts that carry the container's anonymous volumes over to its successor.

    Only those that the service, or its image, still asks for, and where nothing else
    is to stand now.  What the image asks for is known of an inspected container; of
    another one, everything is carried.  What stands at the `shared` targets comes from
    other services, unless the service's own list has it.
    """
    listed = {m.target for m in service.volumes if m.type == "volume" and not m.source}
    taken = {mount.target for mount in service.volumes} - listed
    taken |= {text.partition(":")[0] for text in service.tmpfs}
    taken |= set(shared) - listed
    wanted = None
    if container.defaults is not None:
        wanted = listed | {mount.target for mount in container.defaults.mounts}
    return tuple(
        Mount(type="volume", source=point.name, target=point.target)
        for point in container.mounts
        if is_anonymous(point)
        and point.target not in taken
        and (wanted is None or point.target in wanted)
    )


def shared_targets(
    project: Project, service: Service, observed: Observed, owners: Collection[str]
) -> frozenset[str]:
    """Return where `service` has something of the services that its `volumes_from` names.

    `owners` are the services that have a container, or will have one.
    """
    sources = (text for text in service.volumes_from if not text.startswith("container:"))
    names = (text.partition(":")[0] for text in sources)
    return frozenset(
        target
        for name in names
        if name in owners and name in project.services
        for target in given_targets(project, project.services[name], observed, owners)
    )


def given_targets(
    project: Project, source: Service, observed: Observed, owners: Collection[str]
) -> Iterator[str]:
    """Yield where a container of `source` mounts something, or its successor will."""
    for live in observed.of(source.name)[:1]:
        yield from (point.target for point in live.mounts)
    yield from (mount.target for mount in source.volumes if mount.type != "tmpfs")
    ref = mounted_ref(project, source.name) if source.build else source.image
    image = observed.images.get(ref or "")
    yield from image.volumes if image else ()
    yield from shared_targets(project, source, observed, owners)


def is_anonymous(point: MountPoint) -> bool:
    """Say whether a mount is a volume that the engine named."""
    return point.type == "volume" and _ANONYMOUS.fullmatch(point.name or "") is not None


def mounted_ref(project: Project, source: str) -> str:
    """Return the name of an image to mount; `source` may be a service that is built."""
    built = project.services.get(source)
    if built is None or built.build is None:
        return source
    return built.image or image_name(project.name, source, project.separator)


def image_mounts_label(
    project: Project, service: Service, images: Mapping[str, ObservedImage]
) -> str:
    """Return the images that `service` mounts as Docker Compose 5 notes them, "" for none."""
    known = (
        (mount.target, images.get(mounted_ref(project, mount.source or "")))
        for _, mount in image_mounts(service)
    )
    return ",".join(sorted(f"{target}={image.id}" for target, image in known if image))


def noted_images(live: ObservedContainer) -> dict[str, str]:
    """Return the images that `live` mounts by their targets, as its label tells."""
    items = (item.partition("=") for item in live.labels.get(Label.IMAGE_MOUNTS, "").split(","))
    return {target: id for target, _, id in items if id}


def image_mounts(service: Service) -> Iterator[tuple[int, Mount]]:
    for index, mount in enumerate(service.volumes):
        if mount.type == "image" and mount.source:
            yield index, mount


def _renamed(mount: Mount, volumes: Mapping[str, Volume]) -> Mount:
    volume = volumes.get(mount.source or "")
    return replace(mount, source=volume.name) if volume else mount


def whole_number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0
