"""What exists → the project that would make it: the way of `desire.py` back.

What the image or the engine would do anyway is left out.  Networks and volumes that this
project would not have made are external, so that they are found again and never removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from composer.model.names import Label, container_name
from composer.model.observed import Observed, ObservedContainer, ObservedNetwork, ObservedVolume
from composer.model.project import FileObject, Ipam, Network, Project, Volume
from composer.model.resources import ContainerConfig, RestartPolicy
from composer.model.service import (
    Dependency,
    DeviceRequest,
    FileReference,
    Mount,
    NetworkReference,
    Service,
)
from composer.model.units import Bytes
from composer.pattern import pattern
from composer.planner.desire import SAME_NAME
from composer.record import replace

_FOREIGN = ("com.docker.compose.", "desktop.docker.io/")
_ANONYMOUS = pattern(r"[0-9a-f]{64}")
_SECRETS = "/run/secrets/"
_NO_NETWORK = ("default", "bridge", "host", "none", "nat")


def regained(
    containers: Iterable[ObservedContainer], observed: Observed, name: str | None
) -> Project:
    """Return a project of one service for each of the containers, replicas in one.

    The containers are inspected; `observed` has the networks and volumes that they use.
    Without a `name` it is that of the project which all of them belong to, else "".
    """
    found = tuple(containers)
    work = _Regaining(observed, name if name is not None else common_project(found))
    for container in found:
        work.add(container)
    return work.project()


def common_project(containers: Iterable[ObservedContainer]) -> str:
    """Return the project that all containers belong to, "" if there is none."""
    names = {one.labels.get(Label.PROJECT, "") for one in containers}
    return names.pop() if len(names) == 1 else ""


def service_name(container: ObservedContainer) -> str:
    return container.labels.get(Label.SERVICE) or container.name


class _Regaining:
    """Collects services, and what they use."""

    def __init__(self, observed: Observed, name: str) -> None:
        self._observed = observed
        self._name = name
        self._services: dict[str, Service] = {}
        self._networks: dict[str, Network] = {}
        self._volumes: dict[str, Volume] = {}
        self._secrets: dict[str, FileObject] = {}
        self._by_container: dict[str, str] = {}

    def add(self, container: ObservedContainer) -> None:
        name, config = service_name(container), container.config
        self._by_container |= {container.name: name, container.id: name}
        if config is None:
            return
        known = self._services.get(name)
        if known is not None:
            own = replace(known, scale=known.replicas + 1, container_name=None)
            self._services[name] = own
            return
        values: dict[str, Any] = {field: getattr(config, field) for field in SAME_NAME}
        values |= {
            "name": name,
            "container_name": self._own_name(container),
            "depends_on": dict(_dependencies(container)),
            "external_links": config.links,
            "gpus": tuple(_gpus(config)),
            "labels": _own_labels(config.labels),
            "links": (),
            "mem_swappiness": Bytes(config.mem_swappiness or 0),
            "network_mode": _network_mode(config),
            "networks": dict(self._network_references(config)),
            "restart": _restart(config.restart),
            "secrets": tuple(self._secret_references(config)),
            "stop_grace_period": config.stop_timeout,
            "volumes": tuple(self._mounts(config)),
            "volumes_from": tuple(f"container:{one}" for one in config.volumes_from),
        }
        self._services[name] = Service(**values)

    def project(self) -> Project:
        services = {name: self._joined(one) for name, one in sorted(self._services.items())}
        return Project(
            name=self._name,
            directory="",
            services=services,
            networks=self._networks,
            volumes=self._volumes,
            secrets=self._secrets,
        )

    def _own_name(self, container: ObservedContainer) -> str | None:
        """Return the name that a container must be given, None if it gets it by itself."""
        name = service_name(container)
        usual = container_name(self._name, name, container.number or 1)
        return None if container.name == usual else container.name

    def _joined(self, service: Service) -> Service:
        """Return `service` with services in place of containers whose namespaces it shares."""

        def named(mode: str | None) -> str | None:
            kind, _, name = (mode or "").partition(":")
            known = self._by_container.get(name) if kind == "container" else None
            return f"service:{known}" if known else mode

        depends_on = {
            name: one for name, one in service.depends_on.items() if name in self._services
        }
        return replace(
            service,
            depends_on=depends_on,
            ipc=named(service.ipc),
            network_mode=named(service.network_mode),
            pid=named(service.pid),
        )

    def _network_references(
        self, config: ContainerConfig
    ) -> Iterator[tuple[str, NetworkReference | None]]:
        for name, reference in config.networks.items():
            network = self._observed.networks.get(name)
            fixed = bool(reference.ipv4_address or reference.ipv6_address)
            key = self._network(name, network, fixed=fixed)
            yield key, None if reference == NetworkReference() else reference

    def _network(self, name: str, network: ObservedNetwork | None, *, fixed: bool) -> str:
        """Note a network and return its key; addresses that are `fixed` need its pools."""
        labels = network.labels if network is not None else {}
        key = labels.get(Label.NETWORK, name)
        if network is None or not self._is_ours(labels):
            self._networks[name] = Network(name=name, external=True)
            return name
        known = self._networks.get(key)
        ipam = network.ipam if fixed else known.ipam if known else Ipam()
        self._networks[key] = Network(
            name=name,
            driver=network.driver if network.driver != "bridge" else None,
            driver_opts=network.options,
            ipam=replace(ipam, driver=None if ipam.driver == "default" else ipam.driver),
            internal=network.internal,
            attachable=network.attachable,
            labels=_own_labels(labels),
            enable_ipv6=network.enable_ipv6 or None,
        )
        return key

    def _mounts(self, config: ContainerConfig) -> Iterator[Mount]:
        for mount in config.mounts:
            if mount.type == "volume" and mount.source:
                if _ANONYMOUS.fullmatch(mount.source):
                    yield replace(mount, source=None)
                else:
                    yield replace(mount, source=self._volume(mount.source))
            elif not _is_secret(mount):
                yield mount

    def _volume(self, name: str) -> str:
        volume: ObservedVolume | None = self._observed.volumes.get(name)
        labels = volume.labels if volume is not None else {}
        key = labels.get(Label.VOLUME, name)
        if volume is None or not self._is_ours(labels):
            self._volumes[name] = Volume(name=name, external=True)
            return name
        self._volumes[key] = Volume(
            name=name,
            driver=volume.driver if volume.driver != "local" else None,
            driver_opts=volume.options,
            labels=_own_labels(labels),
        )
        return key

    def _secret_references(self, config: ContainerConfig) -> Iterator[FileReference]:
        for mount in filter(_is_secret, config.mounts):
            key = mount.target.removeprefix(_SECRETS).replace("/", "_")
            name = f"{self._name}_{key}" if self._name else key
            self._secrets[key] = FileObject(name=name, file=mount.source)
            yield FileReference(source=key, target=mount.target)

    def _is_ours(self, labels: Mapping[str, str]) -> bool:
        return bool(self._name) and labels.get(Label.PROJECT) == self._name


def _is_secret(mount: Mount) -> bool:
    return mount.type == "bind" and mount.target.startswith(_SECRETS)


def _dependencies(container: ObservedContainer) -> Iterator[tuple[str, Dependency]]:
    for text in container.labels.get(Label.DEPENDS_ON, "").split(","):
        name, _, rest = text.partition(":")
        condition, _, restart = rest.partition(":")
        if name:
            yield (
                name,
                Dependency(
                    condition=condition or "service_started",
                    restart=restart == "true",
                    required=True,
                ),
            )


def _gpus(config: ContainerConfig) -> Iterator[DeviceRequest]:
    for request in config.device_requests:
        yield replace(
            request, capabilities=tuple(one for one in request.capabilities if one != "gpu")
        )


def _network_mode(config: ContainerConfig) -> str | None:
    """Return the mode; a network that is named is among the networks."""
    mode = config.network_mode
    if mode is None or mode in config.networks:
        return None
    if mode in _NO_NETWORK:
        return "bridge" if mode == "default" else mode
    return mode if mode.startswith("container:") else None


def _restart(policy: RestartPolicy) -> str | None:
    if policy.name in ("", "no"):
        return None
    return f"{policy.name}:{policy.retries}" if policy.retries else policy.name


def _own_labels(labels: Mapping[str, str]) -> dict[str, str]:
    return {
        key: value
        for key, value in labels.items()
        if not key.startswith(_FOREIGN) and key not in set(Label)
    }
