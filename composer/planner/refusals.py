"""What a file may say, and no plan can bring about."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from composer.errors import Problem, did_you_mean
from composer.model.observed import Observed
from composer.model.options import UpOptions
from composer.model.project import Project
from composer.model.service import Service
from composer.pattern import pattern
from composer.planner.desire import canonical_name

_MODES = ("bridge", "host", "none")
_MODES_SOMEWHERE = ("default", "disabled", "nat", "pasta", "private", "slirp4netns")
_ID = pattern(r"[0-9a-f]{12,64}")


def refusals(
    project: Project, services: Iterable[Service], observed: Observed, options: UpOptions
) -> Iterator[Problem]:
    """Yield what stands in the way of bringing `services` up."""
    services = tuple(services)
    yield from _too_many(project, services, options)
    yield from _named_twice(project, services, options)
    if options.start:
        yield from _unknown_modes(project, services, observed)
    yield from _absent_owners(project, services)
    yield from _empty_owners(project, services, observed, options)
    once = options.one_off.service if options.one_off else None
    yield from paused(project, (one for one in services if one.name != once), observed)


def _too_many(
    project: Project, services: Iterable[Service], options: UpOptions
) -> Iterator[Problem]:
    for service in services:
        wanted = options.scale.get(service.name, service.replicas)
        if service.container_name and wanted > 1:
            yield Problem(
                f"service {service.name!r} has a container_name and cannot have {wanted} replicas",
                project.mark("services", service.name, "container_name"),
                help="remove container_name, or do not scale it",
            )


def _named_twice(
    project: Project, services: Iterable[Service], options: UpOptions
) -> Iterator[Problem]:
    """Yield a problem for a container_name that is also another service's usual name."""
    bearers: dict[str, str] = {}
    for service in sorted(services, key=lambda one: one.container_name is not None):
        replicas = options.scale.get(service.name, service.replicas)
        count = min(replicas, 1) if service.container_name else replicas
        for number in range(1, count + 1):
            name = canonical_name(project, service, number)
            other = bearers.setdefault(name, service.name)
            if other != service.name:
                yield Problem(
                    f"services {other!r} and {service.name!r} would both have a container {name!r}",
                    project.mark("services", service.name, "container_name"),
                    help="choose another container_name",
                )


def _unknown_modes(
    project: Project, services: Iterable[Service], observed: Observed
) -> Iterator[Problem]:
    """Yield a problem for a network_mode that is neither a mode nor a network of the engine."""
    own = {network.name for network in project.networks.values()}
    known = {*_MODES, *_MODES_SOMEWHERE, *own, *observed.networks}
    for service in services:
        mode = service.network_mode or "none"
        if mode not in known and ":" not in mode and not _ID.fullmatch(mode):
            hint = did_you_mean(mode, _MODES)
            if mode in project.networks:
                hint = f"a network of the file is joined with networks: [{mode}]"
            yield Problem(
                f"network_mode {mode!r} of service {service.name!r} is no network of the engine",
                project.mark("services", service.name, "network_mode"),
                help=hint or "bridge, host, none, service:NAME, container:NAME, or such a network",
            )


def _absent_owners(project: Project, services: Iterable[Service]) -> Iterator[Problem]:
    """Yield a problem for a namespace of a service that is switched off."""
    for service in services:
        for attribute, name in _owners(service):
            if attribute != "volumes_from" and name not in project.services:
                yield Problem(
                    f"service {service.name!r} shares what {name!r} has, which is switched off",
                    project.mark("services", service.name, attribute),
                    help="switch it on with --profile",
                )


def _empty_owners(
    project: Project, services: Collection[Service], observed: Observed, options: UpOptions
) -> Iterator[Problem]:
    """Yield a problem for a namespace, or volumes, of a service that will have no container."""
    wanted = {one.name: options.scale.get(one.name, one.replicas) for one in services}
    for service in services:
        for attribute, name in _owners(service):
            have = wanted[name] if name in wanted else len(observed.of(name))
            if wanted[service.name] and name in project.services and not have:
                yield Problem(
                    f"service {service.name!r} shares what {name!r} has, which has no container",
                    project.mark("services", service.name, attribute),
                    help=f"let {name!r} have a replica, and bring it up as well",
                )


def _owners(service: Service) -> Iterator[tuple[str, str]]:
    """Yield the services that a service shares something with, and the attributes that say so."""
    for attribute in ("network_mode", "ipc", "pid"):
        kind, _, name = (getattr(service, attribute) or "").partition(":")
        if kind == "service":
            yield attribute, name
    for text in service.volumes_from:
        if not text.startswith("container:"):
            yield "volumes_from", text.partition(":")[0]


def paused(
    project: Project | None, services: Iterable[Service], observed: Observed
) -> Iterator[Problem]:
    """Yield a problem for each paused container: the engine neither starts nor stops it."""
    for service in services:
        for container in observed.of(service.name):
            if container.state.status == "paused":
                yield Problem(
                    f"container {container.name!r} is paused",
                    project.mark("services", service.name) if project else None,
                    help=f"let it go on with: composer unpause {container.service}",
                )
