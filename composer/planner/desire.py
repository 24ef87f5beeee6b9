"""Project → specs: what should exist, in the engine's words.

Everything that a container gets from the project and not from its service is
put together here: names, labels, volumes by their engine names, networks,
configs and secrets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from composer.model.deploy import Resource
from composer.model.names import (
    COMPOSE_VERSION,
    Label,
    container_name,
    image_name,
)
from composer.model.observed import ObservedImage
from composer.model.project import Network, Project, Volume
from composer.model.resources import (
    ContainerConfig,
    ContainerSpec,
    NetworkSpec,
    RestartPolicy,
    VolumeSpec,
)
from composer.model.service import (
    DeviceRequest,
    Mount,
    NetworkReference,
    Service,
)
from composer.planner.content import content_label
from composer.planner.delivery import files, kept_volume
from composer.planner.digest import (
    network_digest,
    service_digests,
    settled_digest,
    volume_digest,
)
from composer.planner.identity import shared_hash
from composer.planner.mounts import image_mounts_label, mounts, whole_number
from composer.record import fields, replace

SAME_NAME = sorted(
    {field.name for field in fields(ContainerConfig)} & {field.name for field in fields(Service)}
)
"""Attributes that a container gets as its service has them, unless said otherwise below."""


NO_OWNERS: Mapping[str, str] = {}
"""No container but the one with the usual name stands for a service."""

NO_IMAGES: Mapping[str, ObservedImage] = {}


def network_spec(project: Project, key: str, network: Network) -> NetworkSpec:
    digest = network_digest(network)
    own: dict[str, str] = {
        Label.CONFIG_HASH: digest,
        Label.NETWORK: key,
        Label.PROJECT: project.name,
        Label.VERSION: COMPOSE_VERSION,
    }
    return NetworkSpec(
        key=key,
        name=network.name,
        digest=digest,
        external=network.external,
        driver=network.driver,
        driver_opts=network.driver_opts,
        ipam=network.ipam,
        internal=network.internal,
        attachable=network.attachable,
        enable_ipv4=network.enable_ipv4,
        enable_ipv6=network.enable_ipv6,
        labels=_sorted({**network.labels, **own}),
    )


def volume_spec(project: Project, key: str, volume: Volume) -> VolumeSpec:
    digest = volume_digest(volume)
    own: dict[str, str] = {
        Label.CONFIG_HASH: digest,
        Label.PROJECT: project.name,
        Label.VERSION: COMPOSE_VERSION,
        Label.VOLUME: key,
    }
    return VolumeSpec(
        key=key,
        name=volume.name,
        digest=digest,
        external=volume.external,
        driver=volume.driver,
        driver_opts=volume.driver_opts,
        labels=_sorted({**volume.labels, **own}),
    )


def image_ref(project: Project, service: Service) -> str:
    """Return the name of the image that `service` runs, as the file writes it."""
    return service.image or image_name(project.name, service.name, project.separator)


def platform(project: Project, service: Service) -> str | None:
    return service.platform or project.default_platform


def container_spec(
    project: Project,
    service: Service,
    number: int,
    *,
    images: Mapping[str, ObservedImage] = NO_IMAGES,
    replaces: str | None = None,
    inherited: Iterable[Mount] = (),
    owners: Mapping[str, str] = NO_OWNERS,
) -> ContainerSpec:
    """Return the container that replica `number` of `service` should be.

    `replaces` is the name of its predecessor, whose anonymous volumes are
    `inherited`.  `images` are those of the engine, by the names in the file.
    `owners` maps services to the container that others share things with.
    """
    config = container_config(project, service, inherited, owners)
    kept = kept_volume(project, service)
    digest = service_digests(service)[0]
    image = images.get(config.image)
    labels = _labels(project, service, number, digest, image.id if image else "")
    told = {
        Label.CONTENT: content_label(project, service),
        Label.IMAGE_MOUNTS: image_mounts_label(project, service, images),
        Label.REPLACE: replaces,
    }
    more = {str(key): value for key, value in told.items() if value}
    return ContainerSpec(
        service=service.name,
        number=number,
        name=canonical_name(project, service, number),
        digest=digest,
        config=config,
        labels=_sorted({**labels, **more}),
        files=files(project, service),
        kept=kept and replace(kept, image=config.image),
        shared=shared_hash(service, _Owners(project, owners).of),
    )


def canonical_name(project: Project, service: Service, number: int) -> str:
    return service.container_name or container_name(
        project.name, service.name, number, project.separator
    )


def container_config(
    project: Project,
    service: Service,
    inherited: Iterable[Mount] = (),
    owners: Mapping[str, str] = NO_OWNERS,
) -> ContainerConfig:
    """Return how `service` is to run; `owners` and `inherited` as for `container_spec`."""
    owner = _Owners(project, owners)
    values: dict[str, Any] = {name: getattr(service, name) for name in SAME_NAME}
    values |= _limits(service)
    values |= {
        "image": image_ref(project, service),
        "device_requests": _device_requests(service),
        "ipc": owner.namespace(service.ipc),
        "links": _links(project, service, owner),
        "mem_swappiness": service.mem_swappiness or None,
        "mounts": mounts(project, service, inherited),
        "network_mode": owner.namespace(service.network_mode),
        "networks": networks_of(project, service),
        "platform": platform(project, service),
        "pid": owner.namespace(service.pid),
        "restart": _restart(service),
        "stop_timeout": service.stop_grace_period,
        "volumes_from": _volumes_from(service, owner),
    }
    return ContainerConfig(**values)


def _labels(
    project: Project,
    service: Service,
    number: int,
    digest: str,
    image_id: str,
) -> dict[str, str]:
    labels = {
        Label.CONFIG_FILES: ",".join(project.files),
        Label.CONFIG_HASH: digest,
        Label.DEPENDS_ON: depends_on_label(service),
        Label.IMAGE: image_id,
        Label.NUMBER: str(number),
        Label.ONEOFF: "False",
        Label.PROJECT: project.name,
        Label.SERVICE: service.name,
        Label.SETTLED: settled_digest(service),
        Label.VERSION: COMPOSE_VERSION,
        Label.WORKING_DIR: project.directory,
    }
    if project.env_files:
        labels[Label.ENVIRONMENT_FILE] = ",".join(project.env_files)
    if service.name in project.provided:
        labels[Label.PROVIDED] = ",".join(project.provided[service.name])
    return {str(key): value for key, value in labels.items()}


def depends_on_label(service: Service) -> str:
    return ",".join(
        f"{name}:{dependency.condition}:{str(dependency.restart).lower()}"
        for name, dependency in sorted(service.depends_on.items())
    )


def _limits(service: Service) -> dict[str, int | float]:
    """Return the limits, which `deploy.resources` may say as well."""
    resources = service.deploy.resources if service.deploy else None
    limits = (resources and resources.limits) or Resource()
    reservations = (resources and resources.reservations) or Resource()
    return {
        "cpus": service.cpus or limits.cpus,
        "mem_limit": service.mem_limit or limits.memory,
        "mem_reservation": service.mem_reservation or reservations.memory,
        "pids_limit": service.pids_limit or limits.pids,
    }


def _device_requests(service: Service) -> tuple[DeviceRequest, ...]:
    gpus = tuple(
        DeviceRequest(
            capabilities=tuple(dict.fromkeys((*request.capabilities, "gpu"))),
            driver=request.driver,
            count=request.count,
            device_ids=request.device_ids,
            options=request.options,
        )
        for request in service.gpus
    )
    resources = service.deploy.resources if service.deploy else None
    if resources is None or resources.reservations is None:
        return gpus
    return gpus + tuple(
        DeviceRequest(
            capabilities=device.capabilities,
            driver=device.driver,
            count=device.count,
            device_ids=device.device_ids,
            options=device.options,
        )
        for device in resources.reservations.devices
    )


def _restart(service: Service) -> RestartPolicy:
    """Return the policy; `deploy.restart_policy` wins over `restart`."""
    policy = service.deploy.restart_policy if service.deploy else None
    if policy is not None:
        condition = policy.condition or "any"
        name = {"none": "no", "any": "always"}.get(condition, condition)
        retries = (policy.max_attempts or 0) if name == "on-failure" else 0
        return RestartPolicy(name=name, retries=retries)
    name, _, limit = (service.restart or "").partition(":")
    return RestartPolicy(name=name, retries=whole_number(limit))


class _Owners:
    """Which container stands for a service in a namespace, a link or `volumes_from`.

    None for a service that is switched off or has no container: nothing can be shared with it.
    """

    def __init__(self, project: Project, names: Mapping[str, str]) -> None:
        self._project = project
        self._names = names

    def of(self, name: str) -> str | None:
        service = self._project.services.get(name)
        if service is None:
            return None
        usual = canonical_name(self._project, service, 1) if service.replicas else None
        return self._names.get(name) or usual

    def namespace(self, mode: str | None) -> str | None:
        """Return `mode` with a service replaced by its container."""
        kind, _, name = (mode or "").partition(":")
        container = self.of(name) if kind == "service" else None
        return f"container:{container}" if container else mode


def networks_of(project: Project, service: Service) -> dict[str, NetworkReference]:
    """Return the networks that containers of `service` are in, by their engine names."""
    """Return the networks by their names, in the order of their keys."""
    if service.network_mode:
        return {}
    return {
        project.networks[key].name: service.networks[key] or NetworkReference()
        for key in sorted(service.networks)
        if key in project.networks
    }


def _links(project: Project, service: Service, owners: _Owners) -> tuple[str, ...]:
    links = []
    for link in service.links:
        target, _, alias = link.partition(":")
        if container := owners.of(target):
            full = container_name(project.name, target, 1, project.separator)
            names = (alias or target, f"{target}{project.separator}1", full)
            links += [f"{container}:{name}" for name in names]
    for link in service.external_links:
        container, _, alias = link.partition(":")
        links.append(f"{container}:{alias or container}")
    return tuple(links)


def _volumes_from(service: Service, owners: _Owners) -> tuple[str, ...]:
    sources = []
    for text in service.volumes_from:
        if text.startswith("container:"):
            sources.append(text.removeprefix("container:"))
            continue
        name, _, mode = text.partition(":")
        if container := owners.of(name):
            sources.append(f"{container}:{mode}" if mode else container)
    return tuple(sources)


def _sorted(labels: Mapping[str, str]) -> dict[str, str]:
    return {str(key): labels[key] for key in sorted(labels)}
