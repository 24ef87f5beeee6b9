"""Static addresses that cannot be had: not of their network, its own, taken, wanted twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from composer.errors import Problem
from composer.model.names import Label
from composer.model.observed import Observed, ObservedContainer
from composer.model.operations import Connect, Disconnect, Kill, Remove, Stop
from composer.model.plan import Plan
from composer.model.project import Ipam, IpamPool, Project
from composer.model.vicinity import Vicinity
from composer.planner.address_pools import LOCAL
from composer.planner.ports import over_before, way_out
from composer.planner.renames import former_names
from composer.planner.started import started
from composer.record import dataclass

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

    Address: TypeAlias = IPv4Address | IPv6Address
    Subnet: TypeAlias = tuple[IPv4Network | IPv6Network, IpamPool]

_KEPT_BY_THE_ENGINE = (None, "", "default")
_BRIDGES = (None, "", "bridge")
"""The drivers of networks that have a gateway even if none is written: the first address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """An address that a container is to have in a network; `key` is that of the network."""

    container: str
    service: str
    key: str
    network: str
    attribute: str
    address: str


def claims(project: Project, observed: Observed, plan: Plan) -> tuple[Claim, ...]:
    """Return the static addresses of all that the plan starts or connects."""
    return tuple(
        Claim(
            container=container,
            service=service,
            key=key,
            network=project.networks[key].name,
            attribute=attribute,
            address=address,
        )
        for container, service in dict(_concerned(project, observed, plan)).items()
        for key, reference in project.services[service].networks.items()
        if reference is not None and key in project.networks
        for attribute in ("ipv4_address", "ipv6_address")
        if (address := getattr(reference, attribute))
    )


def unobtainable(
    project: Project, observed: Observed, plan: Plan, around: Vicinity
) -> Iterator[Problem]:
    """Yield a problem for each static address that its container will not get, once."""
    told: set[tuple[str, str]] = set()
    before: list[Claim] = []
    for one in claims(project, observed, plan):
        why = (
            _outside(project, observed, one)
            or _reserved(project, observed, one)
            or _taken(project, observed, plan, around, one)
            or _wanted_twice(project, before, one)
        )
        before.append(one)
        if why is not None and (one.service, one.address) not in told:
            told.add((one.service, one.address))
            place = ("services", one.service, "networks", one.key)
            mark = project.mark(*place, one.attribute) or project.mark(*place)
            yield Problem(why[0], mark, help=why[1])


def plain(address: str) -> str:
    """Return `address` in the form that equal ones share."""
    from ipaddress import ip_address

    try:
        return str(ip_address(address))
    except ValueError:
        return address


def _concerned(project: Project, observed: Observed, plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield the containers that are started or connected, with their services."""
    known = {container.name: container.service for container in observed.containers}
    former = former_names(plan.steps)
    for name, service in started(project, observed, plan):
        yield name, service.name
    for step in plan.steps:
        if isinstance(step.operation, Connect):
            name = step.operation.container
            joins = known.get(former.get(name, name), "")
            if joins in project.services:
                yield name, joins


def _outside(project: Project, observed: Observed, one: Claim) -> tuple[str, str] | None:
    """Return what is wrong, and what to do, with an address that is not of its network."""
    known = _known(project, observed, one)
    if known is None:
        return None
    address, pools = known
    subnets = [subnet for subnet, _ in pools if subnet.version == address.version]
    if any(address in subnet for subnet in subnets):
        return None
    if not subnets:
        return (
            f"address {one.address} can only be had in a network whose subnet is written, "
            f"and {one.key!r} has none",
            f"say it: networks.{one.key}.ipam.config: [{{subnet: …}}]",
        )
    shown = " or ".join(map(str, subnets))
    return (
        f"address {one.address} is not of network {one.key!r}",
        f"choose one of {shown}",
    )


def _reserved(project: Project, observed: Observed, one: Claim) -> tuple[str, str] | None:
    """Return what is wrong with an address that the network keeps for itself."""
    known = _known(project, observed, one)
    if known is None:
        return None
    address, pools = known
    bridge = project.networks[one.key].driver in _BRIDGES
    for subnet, pool in pools:
        kept_for = {plain(other): name for name, other in pool.aux_addresses.items()}
        if name := kept_for.get(str(address)):
            return (
                f"address {one.address} is kept for {name!r} by network {one.key!r}",
                "choose another one, or take it out of aux_addresses",
            )
        if address not in subnet or subnet.num_addresses < 4:
            continue
        usual = str(subnet[1]) if bridge and not pool.ip_range else ""
        gateway = plain(pool.gateway or usual)
        what = (
            "the gateway" if gateway == str(address)
            else "the network address" if address == subnet[0]
            else "the broadcast address" if address.version == 4 and address == subnet[-1]
            else ""
        )  # fmt: skip
        if what:
            return f"address {one.address} is {what} of network {one.key!r}", "choose another one"
    return None


def _known(project: Project, observed: Observed, one: Claim) -> tuple[Address, list[Subnet]] | None:
    """Return an address, and the subnets of its network if the engine itself deals them out."""
    from ipaddress import ip_address, ip_network

    ipam = _ipam(project, observed, one)
    driver = project.networks[one.key].driver
    if ipam is None or driver not in LOCAL or ipam.driver not in _KEPT_BY_THE_ENGINE:
        return None
    try:
        address = ip_address(one.address)
        return address, [(ip_network(p.subnet, strict=False), p) for p in ipam.config if p.subnet]
    except ValueError:
        return None


def _ipam(project: Project, observed: Observed, one: Claim) -> Ipam | None:
    """Return the pools of a network: what the file says of our own, else what there is."""
    network = project.networks[one.key]
    live = observed.networks.get(one.network)
    if live is not None and (network.external or live.project != project.name):
        return live.ipam
    return None if network.external else network.ipam or Ipam()


def _taken(
    project: Project, observed: Observed, plan: Plan, around: Vicinity, one: Claim
) -> tuple[str, str] | None:
    """Return what is wrong with an address that somebody has who keeps it."""
    former = former_names(plan.steps)
    own = {one.container, former.get(one.container, one.container)}
    gone = own.union(_leaving(plan, one.network))
    over = over_before(project, one.service)
    for other in around.containers:
        ours = other.labels.get(Label.PROJECT) == project.name
        if other.name in gone or (ours and other.service in over):
            continue
        if plain(one.address) in map(plain, other.addresses.get(one.network, ())):
            return (
                f"address {one.address} is taken by container {_called(other, project)}",
                f"{way_out(project, other)}, or choose another one",
            )
    return None


def _leaving(plan: Plan, network: str) -> Iterator[str]:
    """Yield the containers that give up what they have in a network, by all their names."""
    former = former_names(plan.steps)
    for step in plan.steps:
        match step.operation:
            case Stop(name) | Remove(name) | Kill(name):
                yield from (name, former.get(name, name))
            case Disconnect(name, left) if left == network:
                yield from (name, former.get(name, name))
            case _:
                pass


def _called(container: ObservedContainer, project: Project) -> str:
    owner = container.labels.get(Label.PROJECT)
    if owner == project.name:
        return f"{container.name} of this project"
    return container.name + (f" of project {owner}" if owner else "")


def _wanted_twice(project: Project, before: Iterable[Claim], one: Claim) -> tuple[str, str] | None:
    over = over_before(project, one.service)
    for other in before:
        same = (plain(other.address), other.network) == (plain(one.address), one.network)
        if not same or other.container == one.container or other.service in over:
            continue
        if other.service == one.service:
            return (
                f"address {one.address} can be had by one container of {one.service!r} only, "
                "not by several",
                "leave it out: the engine finds one for each",
            )
        return (
            f"services {other.service!r} and {one.service!r} both want address {one.address}",
            "choose another one",
        )
    return None
