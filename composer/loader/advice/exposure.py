"""Advice on what a container may do to the machine, and who may reach it."""

from __future__ import annotations

from collections.abc import Iterator

from composer.errors import Problem
from composer.loader.advice import databases
from composer.loader.advice.scene import At, Scene
from composer.model.service import Port


def docker_socket(at: At) -> Iterator[Problem]:
    message = "who gets into this container is root on this machine: it has the engine's socket"
    help = "only for what you trust that far; read-only does not help"
    for index, mount in enumerate(at.service.volumes):
        if (mount.source or "").endswith("/docker.sock"):
            yield at.say(message, "volumes", index, help=help)
    if at.service.use_api_socket:
        yield at.say(message, "use_api_socket", help=help)


def privileged(at: At) -> Iterator[Problem]:
    help = "name what it needs, under cap_add and devices"
    if at.service.privileged:
        message = "a privileged container is root on this machine"
        yield at.say(message, "privileged", help=help)
    for index, capability in enumerate(at.service.cap_add):
        if capability.upper() in ("ALL", "CAP_ALL"):
            message = "a container with all capabilities is root on this machine"
            yield at.say(message, "cap_add", index, help=help)


def host_root(at: At) -> Iterator[Problem]:
    for index, mount in enumerate(at.service.volumes):
        if mount.type == "bind" and mount.source == "/" and not mount.read_only:
            yield at.say(
                "this container may write every file of this machine",
                *("volumes", index),
                help="mount the directory that it needs, or add :ro",
            )


def database_port(at: At) -> Iterator[Problem]:
    own = databases.kind(at.service)
    for index, port in enumerate(at.service.ports):
        is_database = own is not None or port.target in databases.PORTS
        if is_database and port.protocol in (None, "tcp") and _is_everywhere(port):
            outside = f"{port.published}:" if port.published else ":"
            yield at.say(
                f"port {port.target} of a database is open to every network of this machine",
                *("ports", index),
                help="services reach it without; for this machine alone: "
                f'"127.0.0.1:{outside}{port.target}"',
            )


def dead_ports(at: At) -> Iterator[Problem]:
    """Yield a problem for ports that the engine ignores: nothing could lead to them."""
    if at.service.network_mode == "host" and at.service.ports:
        yield at.say(
            "ports have no effect: the container listens on this machine itself",
            "ports",
            help="remove them, or network_mode",
            note=("the reason", at.mark("network_mode")),
        )
    declared = at.scene.project.networks
    joined = [declared[key] for key in at.service.networks if key in declared]
    if at.service.ports and joined and all(network.internal for network in joined):
        key = next(iter(at.service.networks))
        yield at.say(
            "ports have no effect: no network of the service leads out",
            "ports",
            help="join a network that is not internal",
            note=("the reason", at.scene.project.mark("networks", key, "internal")),
        )


def port_conflict(scene: Scene) -> Iterator[Problem]:
    """Yield a problem for each port of the machine that two running containers would have."""
    taken: dict[tuple[str, str | None], list[tuple[At, int]]] = {}
    for service in scene.project.services.values():
        at = At(scene, service)
        for index, port in enumerate(service.ports):
            if port.published is None or "-" in port.published or service.network_mode == "host":
                continue
            if service.replicas > 1:
                yield _replicas(at, index, port)
            earlier = taken.setdefault((port.published, port.protocol), [])
            for other, place in earlier:
                if _overlap(port, other.service.ports[place]):
                    yield _second(at, index, other, place)
                    break
            earlier.append((at, index))


def _second(at: At, index: int, other: At, place: int) -> Problem:
    return at.say(
        f"port {at.service.ports[index].published} of this machine is taken "
        f"by {other.service.name!r} already",
        *("ports", index),
        help="publish another one; only one of the two can start",
        note=("taken here", other.mark("ports", place)),
    )


def _replicas(at: At, index: int, port: Port) -> Problem:
    return at.say(
        f"{at.service.replicas} containers cannot all have port {port.published} of this machine",
        *("ports", index),
        help=f'publish a range, or let the engine choose: "{port.target}"',
    )


def _is_everywhere(port: Port) -> bool:
    return port.host_ip in (None, "", "0.0.0.0", "::")


def _overlap(one: Port, other: Port) -> bool:
    """Say whether two ports of one number have an address of the machine in common."""
    first, second = one.host_ip or "", other.host_ip or ""
    if not first or not second or first == second:
        return True
    alike = (":" in first) == (":" in second)
    return alike and (_is_everywhere(one) or _is_everywhere(other))
