"""May a live container stay, or must it be replaced, and why."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from composer.model.names import COMPOSE_VERSION, KEPT_AT, Label
from composer.model.observed import Observed, ObservedContainer
from composer.model.options import Recreate
from composer.model.plan import Change
from composer.model.project import Project
from composer.model.resources import ContainerConfig
from composer.model.service import Service
from composer.planner.content import changed, uses
from composer.planner.delivery import files, target
from composer.planner.desire import container_config, image_ref
from composer.planner.diff import container_changes
from composer.planner.identity import accepted_digests, fits, has_image
from composer.planner.image_mounts import image_mount_changed
from composer.planner.live_update import LiveUpdate
from composer.planner.mounts import given_targets, is_anonymous
from composer.record import dataclass, replace

_SHARED_BY = (("network_mode", "network"), ("ipc", "ipc namespace"), ("pid", "pid namespace"))
_VOLUMES = "volumes"


@dataclass(frozen=True, slots=True)
class Replace:
    """The container must go.  `reason` and `changes` are for people."""

    reason: str
    changes: tuple[Change, ...] = ()


def verdict(
    project: Project,
    service: Service,
    live: ObservedContainer,
    observed: Observed,
    *,
    policy: Recreate,
    replaced: Collection[str],
    owners: Mapping[str, str],
    kept: Mapping[str, Collection[str]],
    update: Callable[[], LiveUpdate],
) -> Replace | None:
    """Return why `live` must be replaced, None when it may stay.

    `replaced` are the services that this plan replaces, `owners` the containers
    that stand for services, as in `container_spec`, and `kept` those of services that
    stay, by the names they have now.  `update` says what would be changed of it in place.
    A container made by a Compose whose hashes we cannot compute is judged by its visible
    fields alone.
    """
    if policy is Recreate.NEVER:
        return None
    if (fate := _doomed(service, live, policy, replaced)) is not None:
        return fate
    if not fits(service, live, observed):
        return _diverged(project, service, live, owners)
    fate = (
        _image_changed(project, service, live, observed)
        or _mounted_image_changed(project, service, live, observed)
        or _volume_missing(project, service, live)
        or _owner_gone(service, live, observed, kept)
        or _volumes_gone(project, service, live, observed, owners)
        or _unfinished(project, service, live, observed)
    )
    changes = update()
    if fate is not None:
        return Replace(fate.reason, (*fate.changes, *changes.all_changes))
    return Replace(changes.obstacle, changes.all_changes) if changes.obstacle else None


def _doomed(
    service: Service, live: ObservedContainer, policy: Recreate, replaced: Collection[str]
) -> Replace | None:
    """Return why `live` must go whatever it is made of."""
    if policy is Recreate.FORCE:
        return Replace("asked for by --force-recreate")
    if live.state.status in ("dead", "removing"):
        return Replace(f"it is {live.state.status}")
    if live.state.unstartable:
        return Replace("the engine has lost track of it, and cannot start it")
    for name, what in shared_with(service):
        if name in replaced:
            return Replace(f"it uses the {what} of {name!r}, which is replaced")
    return None


def shared_with(service: Service) -> list[tuple[str, str]]:
    """Return the services whose containers `service` is bound to, and by what."""
    shared = []
    for attribute, what in _SHARED_BY:
        kind, _, name = (getattr(service, attribute) or "").partition(":")
        if kind == "service":
            shared.append((name, what))
    sources = [text for text in service.volumes_from if not text.startswith("container:")]
    return shared + [(source.partition(":")[0], _VOLUMES) for source in sources]


def unexplained(project: Project, observed: Observed) -> tuple[str, ...]:
    """Return the ids of the containers of which a decision needs more than the list tells.

    Those that differ from the file, to say in what; those that composer made, whose
    limits and networks may have been changed since, without a trace in their labels;
    those that do not run, to see whether they can;
    those that live in another one's namespaces, to see whether that one is still there;
    and those with anonymous volumes, to see which of them the image asks for.
    """
    return tuple(
        container.id
        for service in project.services.values()
        for container in observed.of(service.name)
        if container.config is None
        and (
            container.digest not in accepted_digests(service, observed)
            or Label.SETTLED in container.labels
            or any(what != _VOLUMES for _, what in shared_with(service))
            or container.state.status in ("created", "exited")
            or any(is_anonymous(point) for point in container.mounts)
        )
    )


def _diverged(
    project: Project, service: Service, live: ObservedContainer, owners: Mapping[str, str]
) -> Replace | None:
    changes: tuple[Change, ...] = ()
    if live.config is not None:
        wanted = container_config(project, service, owners=owners)
        compared, wanted = _without_files(project, service, live, wanted)
        changes = container_changes(compared, wanted, project, service.name)
        changes = (*changes, *changed(project, service, live).values())
    if changes:
        return Replace("configuration changed", changes)
    if live.config is not None and not _comparable(live):
        return None
    return Replace("configuration hash changed; no visible field differs")


def _without_files(
    project: Project, service: Service, live: ObservedContainer, wanted: ContainerConfig
) -> tuple[ObservedContainer, ContainerConfig]:
    """Return both without the mounts of the configs and secrets that `live` has already.

    How one gets in is not what it is: Docker Compose mounts files that composer writes.
    """
    assert live.config is not None
    places = {target(use) for use in uses(project, service)}
    had = {mount.target for mount in live.config.mounts} & places
    there = tuple(m for m in live.config.mounts if m.target not in had and m.target != KEPT_AT)
    mounts = tuple(m for m in wanted.mounts if m.target not in had)
    return (
        replace(live, config=replace(live.config, mounts=there)),
        replace(wanted, mounts=mounts),
    )


def _comparable(live: ObservedContainer) -> bool:
    """Say whether the container's hash was written by a Compose whose form we know."""
    version = live.labels.get(Label.VERSION, "").removeprefix("v")
    known = ".".join(COMPOSE_VERSION.split(".")[:2]) + "."
    return version.startswith((known, "5."))


def _image_changed(
    project: Project, service: Service, live: ObservedContainer, observed: Observed
) -> Replace | None:
    ref = image_ref(project, service)
    image = observed.images.get(ref)
    if image is None or has_image(live, image):
        return None
    current = live.labels.get(Label.IMAGE) or live.image_id
    mark = project.mark("services", service.name, "image")
    change = Change("image", _short(current), _short(image.id), mark)
    return Replace(f"image {ref} is another one now", (change,))


def _mounted_image_changed(
    project: Project, service: Service, live: ObservedContainer, observed: Observed
) -> Replace | None:
    found = image_mount_changed(project, service, live, observed.images)
    if found is None:
        return None
    ref, change = found
    return Replace(f"image {ref}, which it mounts, is another one now", (change,))


def _short(image_id: str) -> str:
    return image_id.removeprefix("sha256:")[:12]


def _volume_missing(project: Project, service: Service, live: ObservedContainer) -> Replace | None:
    mounted = {mount.name for mount in live.mounts if mount.type == "volume"}
    for name in _volume_names(project, service):
        if name not in mounted:
            return Replace(f"volume {name} is not mounted")
    return None


def _owner_gone(
    service: Service,
    live: ObservedContainer,
    observed: Observed,
    kept: Mapping[str, Collection[str]],
) -> Replace | None:
    """Notice a container whose namespace belongs to one that is no more.

    The engine binds it to an id: a new container of the same name is another one.
    """
    for attribute, what in _SHARED_BY:
        kind, _, name = (getattr(service, attribute) or "").partition(":")
        if kind != "service" or live.config is None:
            continue
        owner = (getattr(live.config, attribute) or "").removeprefix("container:")
        if owner not in kept.get(name, {container.name for container in observed.of(name)}):
            return Replace(f"it uses the {what} of a container of {name!r} that is gone")
    return None


def _volumes_gone(
    project: Project,
    service: Service,
    live: ObservedContainer,
    observed: Observed,
    owners: Collection[str],
) -> Replace | None:
    """Notice a container that has volumes of one that is no more, as its successor has others.

    What stands in its own list is its own; of two sources that agree in a place, either will do.
    A source that is still to get its container will mount what its service and its image say.
    """
    own = {mount.target for mount in service.volumes}
    sources = [name for name, what in shared_with(service) if what == _VOLUMES and name in owners]
    given: dict[str, set[str | None]] = {}
    for name in sources:
        for owner in observed.of(name)[:1]:
            for point in owner.mounts:
                given.setdefault(point.target, set()).add(point.name)
        if not observed.of(name) and name in project.services:
            to_come = given_targets(project, project.services[name], observed, owners)
            given = {**{place: set() for place in to_come}, **given}
    for point in live.mounts:
        others = given.get(point.target)
        lost = others is not None and point.name not in others and point.target not in own
        if is_anonymous(point) and lost:
            return Replace(f"it has a volume of a container of {' or '.join(sources)} that is gone")
    return None


def _unfinished(
    project: Project, service: Service, live: ObservedContainer, observed: Observed
) -> Replace | None:
    """Notice a container that may lack its files: they are written after it is created.

    One that this very run has made, beside a pull, has them.
    """
    mine = live.name in observed.begun.fresh
    if live.state.status == "created" and not mine and files(project, service):
        return Replace("it was never started, and may lack its configs and secrets")
    return None


def _volume_names(project: Project, service: Service) -> Iterable[str]:
    for mount in service.volumes:
        if mount.type == "volume" and mount.source and mount.source in project.volumes:
            yield project.volumes[mount.source].name
