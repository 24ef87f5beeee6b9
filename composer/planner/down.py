"""`down`: containers in reverse dependency order, then volumes and images.

A network goes once nothing runs in it, beside the containers, where the engine allows that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from composer.errors import Problem
from composer.graph import order
from composer.model.names import Label
from composer.model.observed import Observed, ObservedContainer
from composer.model.operations import RemoveImage, RemoveNetwork, RemoveVolume
from composer.model.options import DownOptions
from composer.model.plan import Plan, Step
from composer.model.project import Project
from composer.model.service import Service
from composer.planner.dependents import dependents_of
from composer.planner.desire import image_ref
from composer.planner.hooks import with_stop_hooks
from composer.planner.losses import losses
from composer.planner.provision import with_provider_downs
from composer.planner.removal import ALIVE, HALF_GONE, remove_container
from composer.record import replace

_REASON = "asked for by down"


def plan_down(name: str, project: Project | None, observed: Observed, options: DownOptions) -> Plan:
    """Return the plan that takes project `name` away.

    Without the file (`project` is None) the labels say what belongs to it.
    Volumes go only when asked for, external ones never.  With names of services only what
    nobody else has goes, and without the file as well no volume that has a name.
    """
    containers = [c for c in observed.containers if _goes(c, project, options)]
    steps = remove_in_reverse(
        containers, options.timeout, volumes=options.volumes, everybody=observed.containers
    )
    gone = frozenset(step.id for step in steps)
    warnings: list[Problem] = []
    stay = [c for c in observed.containers if c not in containers]
    theirs = _of_services(project, observed, stay, options) if options.services else observed
    left = _quiet(containers) if observed.lenient_networks else gone
    steps += _networks(name, project, theirs, stay, left, warnings)
    if options.volumes:
        going = _volumes(name, project, theirs, gone)
        if options.services and project is None:
            warnings += _left(going, observed, options.services)
        else:
            steps += going
    steps += _kept(name, observed, options, gone)
    steps += _images(project, observed, options, gone)
    steps = with_stop_hooks(steps, project, observed)
    steps = with_provider_downs(steps, project, options.services)
    return Plan(order(steps), warnings=tuple(warnings), losses=losses(steps, observed))


def remove_in_reverse(
    containers: Iterable[ObservedContainer],
    timeout: float | None,
    *,
    volumes: bool,
    reason: str = _REASON,
    everybody: Iterable[ObservedContainer] = (),
) -> list[Step]:
    """Return the steps that remove `containers`, dependents stopped before dependencies.

    Dependents are removed first too, but nobody waits for that with his stop.
    """
    containers = tuple(containers)
    dependents = dependents_of(containers, everybody)
    steps: list[Step] = []
    for container in containers:
        users = [user for user in dependents.get(container.service, ()) if user is not container]
        removed = frozenset(f"remove {user.name}" for user in users)
        quiet = frozenset(
            f"{'stop' if user.state.status in ALIVE else 'remove'} {user.name}" for user in users
        )
        *stops, remove = remove_container(
            container, reason, timeout=timeout, after=quiet, volumes=volumes
        )
        steps += [*stops, replace(remove, after=remove.after | removed)]
    return steps


def _goes(container: ObservedContainer, project: Project | None, options: DownOptions) -> bool:
    if options.services:
        return container.service in options.services and not container.oneoff
    if container.oneoff:
        return options.remove_orphans
    if project is None or container.service in project.services:
        return True
    return options.remove_orphans and container.service not in project.disabled


def _of_services(
    project: Project | None,
    observed: Observed,
    stay: Iterable[ObservedContainer],
    options: DownOptions,
) -> Observed:
    """Return what is observed with those networks and volumes only that go with some services.

    They are what these services have and no container that stays uses; nor may a volume be of
    another service, whether it has a container or not.
    """
    goes = [c for c in observed.containers if c.service in options.services]
    networks = {network for container in goes for network in container.networks}
    volumes = {point.name for container in goes for point in container.mounts}
    if project is not None:
        known = {**project.disabled, **project.services}
        named = [known[name] for name in options.services if name in known]
        networks |= {project.networks[key].name for one in named for key in one.networks
                     if key in project.networks}  # fmt: skip
        volumes |= _volumes_of(project, named)
        others = [service for name, service in known.items() if name not in options.services]
        volumes -= _volumes_of(project, others)
    networks -= {network for container in stay for network in container.networks}
    volumes -= {point.name for container in stay for point in container.mounts}
    return replace(
        observed,
        networks={name: one for name, one in observed.networks.items() if name in networks},
        volumes={name: one for name, one in observed.volumes.items() if name in volumes},
    )


def _volumes_of(project: Project, services: Iterable[Service]) -> set[str | None]:
    """Return the names of the project's volumes that services mount."""
    return {
        project.volumes[source].name
        for service in services
        for mount in service.volumes
        if mount.type == "volume" and (source := mount.source or "") in project.volumes
    }


def _networks(
    name: str,
    project: Project | None,
    observed: Observed,
    stay: Iterable[ObservedContainer],
    left: frozenset[str],
    warnings: list[Problem],
) -> list[Step]:
    steps = []
    for network in observed.networks.values():
        if network.project != name or Label.NETWORK not in network.labels:
            continue
        others = [container for container in stay if network.name in container.networks]
        users = [container.name for container in others]
        if users:
            verb = "use" if len(users) > 1 else "uses"
            warnings.append(
                Problem(
                    f"network {network.name!r} stays: {', '.join(users)} still {verb} it",
                    help="; ".join(_ways_to_remove(project, others)),
                    severity="warning",
                )
            )
        else:
            steps.append(Step(RemoveNetwork(network.name), _REASON, left, tolerant=True))
    return steps


def _quiet(containers: Iterable[ObservedContainer]) -> frozenset[str]:
    """Return the steps after which none of `containers` is in a network any more."""
    return frozenset(
        f"{'stop' if container.state.status in ALIVE else 'remove'} {container.name}"
        for container in containers
        if container.state.status in (*ALIVE, *HALF_GONE)
    )


def _ways_to_remove(project: Project | None, left: Iterable[ObservedContainer]) -> Iterator[str]:
    """Yield how a user takes along what stays: whom a profile switches off, and all others."""
    disabled = project.disabled if project else {}
    off = [c for c in left if c.service in disabled and not c.oneoff]
    flags = {f"--profile {name}" for c in off for name in disabled[c.service].profiles[:1]}
    if any(container not in off for container in left):
        yield "--remove-orphans removes what is not in the file, and what `run` has left"
    if flags:
        yield f"{' '.join(sorted(flags))} before the command removes what it switches on"


def _volumes(
    name: str, project: Project | None, observed: Observed, gone: frozenset[str]
) -> list[Step]:
    declared = None
    if project is not None:
        declared = {v.name for v in project.volumes.values() if not v.external}
    return [
        Step(RemoveVolume(volume.name), "asked for by --volumes", gone, tolerant=True)
        for volume in observed.volumes.values()
        if volume.project == name and (declared is None or volume.name in declared)
    ]


def _left(going: Iterable[Step], observed: Observed, services: Iterable[str]) -> Iterator[Problem]:
    """Warn of the volumes that may be of other services too: without the file nobody knows."""
    removed = [s.operation.name for s in going if isinstance(s.operation, RemoveVolume)]
    names = ", ".join(n for n in removed if Label.FILES not in observed.volumes[n].labels)
    if names:
        yield Problem(
            f"volumes of {', '.join(services)} stay: {names}",
            help="without the file nobody knows whether other services have them too: "
            "name it with --file, or remove them with `docker volume rm`",
            severity="warning",
        )


def _kept(
    name: str, observed: Observed, options: DownOptions, gone: frozenset[str]
) -> Iterator[Step]:
    """Yield the steps that remove the files which composer kept for the containers."""
    for volume in observed.volumes.values():
        service = volume.labels.get(Label.FILES)
        if (
            volume.project == name
            and service is not None
            and (not options.services or service in options.services)
        ):
            yield Step(RemoveVolume(volume.name), _REASON, gone, tolerant=True)


def _images(
    project: Project | None, observed: Observed, options: DownOptions, gone: frozenset[str]
) -> list[Step]:
    if options.images is None or project is None:
        return []
    refs = {
        image_ref(project, service): None
        for service in project.services.values()
        if not options.services or service.name in options.services
        if options.images == "all" or (service.build is not None and not service.image)
    }
    return [
        Step(RemoveImage(ref), f"asked for by --rmi {options.images}", gone, tolerant=True)
        for ref in refs
        if ref in observed.images
    ]
