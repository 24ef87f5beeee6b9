"""Where a port of a service is on the host."""

from __future__ import annotations

from composer.actions.one_container import no_replica
from composer.engine.port import Reader
from composer.errors import UsageError
from composer.model.observed import ObservedContainer, PublishedPort
from composer.record import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PortOptions:
    """Which port.  `target` None: all; `index` 0: of the first replica that runs."""

    service: str
    target: int | None
    protocol: str = "tcp"
    index: int = 0


def port(name: str, engine: Reader, options: PortOptions) -> tuple[PublishedPort, ...]:
    """Return the places of one port, or of all; raises UsageError if there is none."""
    container = _container(name, engine, options)
    found = sorted(container.ports, key=lambda one: (one.target, one.protocol, one.host_ip))
    if options.target is None:
        return tuple(one for one in found if one.published is not None)
    asked = [
        one for one in found if one.target == options.target and one.protocol == options.protocol
    ]
    if not asked:
        there = ", ".join(dict.fromkeys(f"{one.target}/{one.protocol}" for one in found))
        raise UsageError(
            f"no port {options.target}/{options.protocol} for container {container.name}",
            help=f"it has {there}" if there else "it has no ports",
        )
    return tuple(asked)


def _container(name: str, engine: Reader, options: PortOptions) -> ObservedContainer:
    replicas = [
        one
        for one in engine.project_containers(name)
        if one.service == options.service and not one.oneoff and one.digest is not None
    ]
    asked = [one for one in replicas if options.index in (0, one.number)]
    running = [one for one in asked if one.state.status in ("running", "paused", "restarting")]
    if running:
        return min(running, key=lambda one: one.number)
    if replicas and not asked:
        raise no_replica(options.service, options.index, replicas)
    if options.index:
        raise UsageError(f"service {options.service!r} is not running container #{options.index}")
    raise UsageError(
        f"service {options.service!r} is not running",
        help=f"start it with: composer up -d {options.service}",
    )
