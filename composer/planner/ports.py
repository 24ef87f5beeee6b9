"""Ports that cannot be published: taken by a container or process, or wanted twice.

A port is free that a container of the same plan lets go of first (see `taking.py`).
An address that is not written is all addresses; a range is one port of it, which the
engine chooses for each container.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from composer.errors import Problem
from composer.model.names import Label
from composer.model.observed import Observed, ObservedContainer
from composer.model.operations import Kill, Remove, Stop
from composer.model.plan import Plan
from composer.model.project import Project
from composer.model.service import Service
from composer.model.vicinity import Listener, Vicinity
from composer.pattern import pattern
from composer.planner.renames import former_names
from composer.planner.started import started
from composer.record import dataclass, replace
from composer.source import SourceMark

_EVERYWHERE: Final = ("", "0.0.0.0", "::")
_BINDING: Final = "com.docker.network.bridge.host_binding_ipv4"
_VARIABLE: Final = pattern(r"\$\{(\w+)[^{}]*\}(?=:[^:{}]*$)")
"""What fills in the port of the host, in the short form."""
_WITHOUT_PORTS: Final = ("host", "ipvlan", "macvlan", "none", "null")


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A port that a container is to publish.  `index` is that of the port in its service."""

    service: str
    index: int
    container: str
    address: str
    protocol: str
    numbers: range


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """A port that somebody has, and how to call who has it."""

    address: str
    protocol: str
    number: int
    who: str
    help: str
    service: str = ""


def publications(project: Project, observed: Observed, plan: Plan) -> tuple[Publication, ...]:
    """Return what the containers that the plan starts publish, ports without a number left out."""
    return tuple(
        one
        for container, service in started(project, observed, plan)
        for one in _published(project, observed, service, container)
    )


def conflicts(
    project: Project, observed: Observed, plan: Plan, around: Vicinity
) -> Iterator[Problem]:
    """Yield a problem for each published port that is not free, or is wanted twice."""
    wanted = publications(project, observed, plan)
    taken = list(_taken(project, observed, plan, around)) if wanted else []
    claims: list[Publication] = []
    told: set[tuple[str, int]] = set()
    for one in sorted(wanted, key=lambda one: len(one.numbers)):
        number, problem = _choose(project, one, taken, claims)
        if problem is None:
            claims.append(_at(one, number))
        elif (one.service, one.index) not in told:
            told.add((one.service, one.index))
            yield problem


def _choose(
    project: Project, one: Publication, taken: Iterable[_Taken], claims: Iterable[Publication]
) -> tuple[int, Problem | None]:
    """Return a number that `one` may have; a problem when there is none."""
    over = over_before(project, one.service)
    first: Problem | None = None
    for number in one.numbers:
        holder = next((h for h in taken if _meet(one, number, h) and h.service not in over), None)
        rival = next((c for c in claims if _rivals(one, number, c) and c.service not in over), None)
        if holder is None and rival is None:
            return number, None
        if first is None and holder is not None:
            first = _held(project, one, number, holder)
        elif first is None and rival is not None:
            first = _wanted_twice(project, one, number, rival)
    return 0, first


def _held(project: Project, one: Publication, number: int, holder: _Taken) -> Problem:
    taken = f"port {_shown(number, one)} is taken by {holder.who}"
    if len(one.numbers) > 1:
        taken = f"no port of {one.numbers[0]}-{one.numbers[-1]} is free: {taken}"
    mark = project.mark("services", one.service, "ports", one.index)
    if holder.service == one.service:
        wider = "each container of the service takes one port of the range: publish a wider one"
        return Problem(taken, mark, help=wider if len(one.numbers) > 1 else _apart(project, one))
    return Problem(taken, mark, help=holder.help + _by_variable(mark))


def _by_variable(mark: SourceMark | None) -> str:
    """Return how to publish another port where a variable says which, "" elsewhere."""
    if mark is None:
        return ""
    begin = mark.column - 1
    written = mark.file.line(mark.line)[begin : begin + mark.width].strip("'\"")
    found = _VARIABLE.search(written)
    return f": set {found[1]}" if found else ""


def _apart(project: Project, one: Publication) -> str:
    """Return how several containers of a service can each have a port."""
    first, target = one.numbers[0], project.services[one.service].ports[one.index].target
    inside = _shown(target, one)
    return (
        "containers of one service cannot share a port: publish a range such as "
        f"'{first}-{min(first + 9, 65535)}:{inside}', or only '{inside}', and the engine chooses"
    )


def _wanted_twice(project: Project, one: Publication, number: int, other: Publication) -> Problem:
    mark = project.mark("services", one.service, "ports", one.index)
    if one.service == other.service and one.index == other.index:
        return Problem(
            f"port {_shown(number, one)} can be published by one container of "
            f"{one.service!r} only, not by several",
            mark,
            help=_apart(project, one),
        )
    place = project.mark("services", other.service, "ports", other.index)
    return Problem(
        f"services {other.service!r} and {one.service!r} both publish port {_shown(number, one)}",
        mark,
        help="publish another port",
        notes=(("the other one", place),) if place else (),
    )


def _shown(number: int | None, one: Publication) -> str:
    return str(number) if one.protocol == "tcp" else f"{number}/{one.protocol}"


def _at(one: Publication, number: int) -> Publication:
    return replace(one, numbers=range(number, number + 1))


def over_before(project: Project, name: str) -> set[str]:
    """Return the services that have completed before `name` starts: their ports are free."""
    over: set[str] = set()
    waiting, seen = [name], set[str]()
    while waiting:
        service = project.services.get(waiting.pop())
        if service is None or service.name in seen:
            continue
        seen.add(service.name)
        waiting += service.depends_on
        over |= {
            other
            for other, dependency in service.depends_on.items()
            if dependency.condition == "service_completed_successfully"
        }
    return over


def _meet(one: Publication, number: int, other: _Taken) -> bool:
    same = (number, one.protocol) == (other.number, other.protocol)
    return same and _overlap(one.address, other.address)


def _rivals(one: Publication, number: int, other: Publication) -> bool:
    same = (number, one.protocol) == (other.numbers[0], other.protocol)
    apart = one.container != other.container
    return same and apart and _overlap(one.address, other.address)


def _overlap(wanted: str, held: str) -> bool:
    """Say whether one address has to do with another.

    Who asks for all addresses does not get them where one of IPv4 is taken; whether
    the engine wants those of IPv6 too depends on how it is set up.
    """
    if not wanted or not held:
        return ":" not in f"{wanted}{held}" or held == "::" or wanted == "::"
    if (":" in wanted) != (":" in held):
        return False
    return wanted == held or wanted in _EVERYWHERE or held in _EVERYWHERE


def _published(
    project: Project, observed: Observed, service: Service, container: str
) -> Iterator[Publication]:
    if not service.ports or not _publishes(project, observed, service):
        return
    usual = _usual_address(project, observed, service)
    for index, port in enumerate(service.ports):
        first, _, last = (port.published or "").partition("-")
        if first.isdecimal() and int(first):
            yield Publication(
                service=service.name,
                index=index,
                container=container,
                address=_plain(port.host_ip or usual),
                protocol=port.protocol or "tcp",
                numbers=range(int(first), int(last or first) + 1),
            )


def _publishes(project: Project, observed: Observed, service: Service) -> bool:
    """Say whether ports of `service` are published: it needs a network that leads outside."""
    mode = service.network_mode or ""
    if mode:
        return mode not in _WITHOUT_PORTS and ":" not in mode
    for key in service.networks:
        network = project.networks.get(key)
        live = observed.networks.get(network.name) if network else None
        driver = live.driver if live else (network.driver if network else None)
        internal = live.internal if live else bool(network and network.internal)
        if driver not in _WITHOUT_PORTS and not internal:
            return True
    return not service.networks


def _usual_address(project: Project, observed: Observed, service: Service) -> str:
    """Return the address at which a network publishes where a port names none."""
    for key in service.networks:
        network = project.networks.get(key)
        live = observed.networks.get(network.name) if network else None
        options = live.options if live else (network.driver_opts if network else {})
        if address := options.get(_BINDING):
            return address
    return ""


def _plain(address: str) -> str:
    """Return `address` in the form that equal ones share."""
    if not address or address in _EVERYWHERE:
        return address
    from ipaddress import ip_address

    try:
        return str(ip_address(address.strip("[]")))
    except ValueError:
        return address


def _taken(project: Project, observed: Observed, plan: Plan, around: Vicinity) -> Iterator[_Taken]:
    gone = set(_gone(plan))
    for container in around.containers:
        for port in container.ports if container.name not in gone else ():
            if port.published:
                yield _Taken(
                    address=_plain(port.host_ip),
                    protocol=port.protocol,
                    number=port.published,
                    who=_called(container, project),
                    help=f"{way_out(project, container)}, or publish another port",
                    service=_own(container, project),
                )
    yield from _listening(project, observed, gone, around)


def _gone(plan: Plan) -> Iterator[str]:
    """Yield the containers that the plan stops, by the names they have now."""
    later = former_names(plan.steps)
    for step in plan.steps:
        if isinstance(step.operation, Stop | Remove | Kill):
            yield step.operation.container
            yield later.get(step.operation.container, step.operation.container)


def _listening(
    project: Project, observed: Observed, gone: set[str], around: Vicinity
) -> Iterator[_Taken]:
    """Yield what processes take that are not the engine's own, at work for a container."""
    by_id = {container.id: container for container in around.containers}
    published = {(p.published, p.protocol) for c in around.containers for p in c.ports}
    unsure = any(c.name in gone and "host" in c.networks for c in observed.containers)
    for one in around.listeners:
        container = by_id.get(one.container)
        going = container is not None and container.name in gone
        if (one.port, one.protocol) in published or going or (unsure and not one.pid):
            continue
        yield _Taken(
            address=_plain(one.address),
            protocol=one.protocol,
            number=one.port,
            who=_called(container, project) if container else _process(one),
            help="stop it, or publish another port",
            service=_own(container, project) if container else "",
        )


def way_out(project: Project, container: ObservedContainer) -> str:
    """Return how a container is made to let go of what it has."""
    ours = container.labels.get(Label.PROJECT) == project.name and not container.oneoff
    if ours and container.service not in {**project.services, **project.disabled}:
        return f"remove it with --remove-orphans: service {container.service!r} is not in the file"
    return f"stop it with 'docker stop {container.name}'"


def _own(container: ObservedContainer, project: Project) -> str:
    return container.service if container.labels.get(Label.PROJECT) == project.name else ""


def _called(container: ObservedContainer, project: Project) -> str:
    owner = container.labels.get(Label.PROJECT)
    if owner == project.name:
        return f"container {container.name} of this project"
    return f"container {container.name}" + (f" of project {owner}" if owner else "")


def _process(one: Listener) -> str:
    return f"process {one.process} (pid {one.pid})" if one.pid else "a process of another user"
