"""A project as a graph: services, what they depend on, and what they share."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from composer.graph import closure
from composer.model.names import image_name
from composer.model.project import Project
from composer.model.service import Mount, Port, Service
from composer.record import dataclass


@dataclass(frozen=True, slots=True)
class Need:
    """`service` is needed; `condition` is "" where it need only be started."""

    service: str
    condition: str


@dataclass(frozen=True, slots=True)
class Use:
    """A volume or a path of the host, and where a service has it."""

    source: str
    target: str
    is_volume: bool
    read_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A service.  `ports` are published ones, as in "127.0.0.1:8080→80/tcp"."""

    name: str
    image: str
    replicas: int
    ports: tuple[str, ...]
    networks: tuple[str, ...]
    uses: tuple[Use, ...]
    needs: tuple[Need, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """`services` by name, in the order of the file; networks and volumes are those in use.

    `external` are those of them that the project does not make.
    """

    project: str
    services: Mapping[str, Node]
    networks: tuple[str, ...]
    volumes: tuple[str, ...]
    external: frozenset[str]


_CONDITIONS = {
    "service_healthy": "healthy",
    "service_completed_successfully": "completed",
}


def graph(project: Project, asked: Collection[str] = ()) -> Graph:
    """Return the graph of a project, or of `asked` services and what they depend on."""
    edges = {name: tuple(one.depends_on) for name, one in project.services.items()}
    wanted = closure(edges, asked or project.services)
    services = {
        name: _node(project, one) for name, one in project.services.items() if name in wanted
    }
    networks = {key for node in services.values() for key in node.networks}
    volumes = {use.source for node in services.values() for use in node.uses if use.is_volume}
    foreign = {key for key, one in project.networks.items() if one.external}
    foreign |= {key for key, one in project.volumes.items() if one.external}
    return Graph(
        project=project.name,
        services=services,
        networks=tuple(sorted(networks)),
        volumes=tuple(sorted(volumes)),
        external=frozenset(foreign & {*networks, *volumes}),
    )


def image_of(project: Project, service: Service) -> str:
    return service.image or image_name(project.name, service.name, project.separator)


def networks_of(service: Service) -> tuple[str, ...]:
    """Return the networks of a service, those of high priority first."""

    def rank(key: str) -> tuple[int, str]:
        reference = service.networks[key]
        return (-reference.priority if reference else 0, key)

    return tuple(sorted(service.networks, key=rank))


def _node(project: Project, service: Service) -> Node:
    return Node(
        name=service.name,
        image=image_of(project, service),
        replicas=service.replicas,
        ports=tuple(_port(port) for port in service.ports if port.published),
        networks=networks_of(service),
        uses=tuple(_use(mount) for mount in service.volumes if mount.source),
        needs=tuple(
            Need(name, _CONDITIONS.get(one.condition, ""))
            for name, one in sorted(service.depends_on.items())
        ),
    )


def _port(port: Port) -> str:
    host = f"[{port.host_ip}]" if port.host_ip and ":" in port.host_ip else port.host_ip
    place = f"{host}:{port.published}" if host else port.published
    return f"{place}→{port.target}/{port.protocol or 'tcp'}"


def _use(mount: Mount) -> Use:
    return Use(mount.source or "", mount.target, mount.type == "volume", mount.read_only)
