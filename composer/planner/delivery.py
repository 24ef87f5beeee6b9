"""How configs and secrets get into a container: mounted, written into it, or kept in a volume.

A file of this machine is mounted as it is, like Docker Compose does it.  What has a
content of its own, an owner, a mode or a signal to reload is written into the container
before its first start.  Where nothing can be written, below a read-only root or where a
tmpfs will hide it, it is kept in a volume of composer's own, and its file there mounted.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator
from enum import Enum

from composer.checksum import sha256_hex
from composer.model.names import COMPOSE_VERSION, Label
from composer.model.observed import Observed, ObservedContainer
from composer.model.project import Content, Project
from composer.model.reload import said_in, signal_named
from composer.model.resources import ContainerFile, Delivery, VolumeSpec
from composer.model.service import BindOptions, FileReference, Mount, Service, VolumeOptions
from composer.planner.content import Use, content_label, content_of, digests, uses
from composer.planner.removal import ALIVE

_DIRECTORIES = {"configs": "/", "secrets": "/run/secrets/"}


class Way(Enum):
    MOUNTED = "mounted"
    WRITTEN = "written"
    KEPT = "kept"


def way(project: Project, service: Service, use: Use) -> Way:
    """Return how `service` gets what it uses; a file that was not read can only be mounted."""
    if content_of(project, use) is None:
        return Way.MOUNTED
    sealed = _is_sealed(service, target(use))
    if use.entry.content is None and not is_owned(use.reference) and not project.elsewhere:
        return Way.WRITTEN if signal(service, use) and not sealed else Way.MOUNTED
    return Way.KEPT if sealed else Way.WRITTEN


def is_owned(reference: FileReference) -> bool:
    return any(one is not None for one in (reference.uid, reference.gid, reference.mode))


def signal(service: Service, use: Use) -> str | None:
    """Return the signal that tells `service` of another content; None: it is replaced."""
    for extensions in (use.reference.extensions, use.entry.extensions, service.extensions):
        said = said_in(extensions)
        if said is not None:
            return signal_named(said)
    return None


def target(use: Use) -> str:
    return posixpath.join(_DIRECTORIES[use.section], use.reference.target or use.reference.source)


def file_mounts(project: Project, service: Service) -> Iterator[Mount]:
    """Yield the mounts of configs and secrets, read-only."""
    kept = kept_volume(project, service)
    for use in uses(project, service):
        match way(project, service, use):
            case Way.MOUNTED if use.entry.file:
                yield Mount(
                    type="bind",
                    source=use.entry.file,
                    target=target(use),
                    read_only=True,
                    bind=BindOptions(create_host_path=False),
                )
            case Way.KEPT if kept is not None:
                yield Mount(
                    type="volume",
                    source=kept.name,
                    target=target(use),
                    read_only=True,
                    volume=VolumeOptions(nocopy=True, subpath=_kept_name(use)),
                )


def files(project: Project, service: Service) -> tuple[ContainerFile, ...]:
    """Return the configs and secrets that are written into the container."""
    return tuple(
        _file(use, content, posixpath.normpath(target(use)))
        for use, content in _given(project, service, Way.WRITTEN)
    )


def kept_volume(project: Project, service: Service) -> VolumeSpec | None:
    """Return the volume with what cannot be written into the container, None if all can.

    Its name tells its content: a successor has another one, and each its own until
    nobody needs it.
    """
    given = list(_given(project, service, Way.KEPT))
    if not given:
        return None
    kept = tuple(_file(use, content, _kept_name(use)) for use, content in given)
    known = digests(project, service)
    told = [(known.get(use.name), file.path, file.uid, file.gid, file.mode)
            for (use, _), file in zip(given, kept, strict=True)]  # fmt: skip
    name = f"{project.name}_{service.name}-files-{sha256_hex(repr(told).encode())[:12]}"
    labels = {
        Label.FILES: service.name,
        Label.PROJECT: project.name,
        Label.VERSION: COMPOSE_VERSION,
    }
    return VolumeSpec(
        key=name,
        name=name,
        labels={str(key): value for key, value in sorted(labels.items())},
        files=kept,
    )


def delivery(
    project: Project, service: Service, live: ObservedContainer, names: Collection[str]
) -> Delivery | None:
    """Return how `live` gets the new content of `names`; None if it needs a new container.

    It does unless all of it was written into the container, and a signal tells of it.
    Where something is mounted, by Docker Compose or from before there was a signal, it
    was not.
    """
    mounted = {point.target for point in live.mounts}
    concerned = [use for use in uses(project, service) if use.name in names]
    signals = [signal(service, use) for use in concerned]
    if not concerned or None in signals:
        return None
    if any(target(u) in mounted or way(project, service, u) is not Way.WRITTEN for u in concerned):
        return None
    alive = live.state.status in ALIVE
    return Delivery(
        files=tuple(
            _file(use, content, posixpath.normpath(target(use)))
            for use in concerned
            if (content := content_of(project, use)) is not None
        ),
        signals=tuple(dict.fromkeys(one for one in signals if one and alive)),
        digest=content_label(project, service),
    )


def perhaps_told(project: Project, observed: Observed) -> tuple[str, ...]:
    """Return the ids of the containers that may have been given new content since they are there.

    Only they themselves know: nothing that a list of containers shows can be changed.
    """
    return tuple(
        container.id
        for service in project.services.values()
        for container in observed.of(service.name)
        if (told := container.labels.get(Label.CONTENT))
        and (told != content_label(project, service) or _is_reloadable(project, service))
    )


def _is_reloadable(project: Project, service: Service) -> bool:
    return any(signal(service, use) for use in uses(project, service))


def _given(project: Project, service: Service, wanted: Way) -> Iterator[tuple[Use, Content]]:
    for use in uses(project, service):
        content = content_of(project, use)
        if content is not None and way(project, service, use) is wanted:
            yield use, content


def _file(use: Use, content: Content, path: str) -> ContainerFile:
    """Return the file as it is to be there.  What is not said is as it is on this machine."""
    reference = use.reference
    return ContainerFile(
        path=path,
        content=content.data,
        uid=_number(reference.uid, content.uid),
        gid=_number(reference.gid, content.gid),
        mode=int(reference.mode, 8) if reference.mode else content.mode,
    )


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdecimal() else otherwise


def _kept_name(use: Use) -> str:
    return f"{use.section}-{use.index}-{use.reference.source}"


def _is_sealed(service: Service, path: str) -> bool:
    """Say whether what is written at `path` before the start is refused, or hidden later."""
    covers = [text.partition(":")[0] for text in service.tmpfs]
    covers += [m.target for m in service.volumes if m.type == "tmpfs" or m.read_only]
    return service.read_only or any(
        f"{posixpath.normpath(path)}/".startswith(f"{cover.rstrip('/')}/") for cover in covers
    )
