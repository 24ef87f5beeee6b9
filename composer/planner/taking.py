"""What is free only once somebody lets go of it: names, published ports, static addresses.

A rename or create takes a name, a start takes ports and addresses, a connect an address.
Where a container that goes or moves in the same plan still has them, the taking comes
after the going.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from composer.model.observed import Observed
from composer.model.operations import (
    Connect,
    CreateContainer,
    Disconnect,
    Remove,
    Rename,
    Start,
    Stop,
)
from composer.model.plan import Step
from composer.model.service import NetworkReference, Port
from composer.planner.addresses import plain
from composer.planner.renames import former_names
from composer.record import replace

Taken: TypeAlias = tuple[int | str, str]
"""A published port and its protocol, or an address in a network and that network's name.

Of ports the addresses are left out: most are all of them.
"""


def free_before_taken(
    steps: Iterable[Step], observed: Observed, ports: Mapping[str, Iterable[Port]]
) -> list[Step]:
    """Return the steps, each that takes something after those that set it free.

    `ports` maps the containers that are started to what they publish: a container
    that stands still does not show it.
    """
    steps = list(steps)
    names = dict(_freed_names(steps))
    left = tuple(_left_networks(steps))
    wanted = {
        container: frozenset(one for port in published for one in _numbers(port))
        for container, published in ports.items()
    }
    addresses = dict(_static_addresses(steps, observed))
    wanted |= {name: wanted.get(name, frozenset()) | one for name, one in addresses.items()}
    freed = dict(_freed_ports(steps, observed))
    if any(addresses.values()) or any(map(_joined_at, steps)):
        for step_id, given in _freed_addresses(steps, observed):
            freed[step_id] = freed.get(step_id, frozenset()) | given
    return [
        replace(step, after=step.after.union(_first(step, names, left, freed, wanted)))
        for step in steps
    ]


def _freed_names(steps: Iterable[Step]) -> Iterator[tuple[str, str]]:
    """Yield the names that containers give up, with the steps by which they do."""
    for step in steps:
        match step.operation:
            case Remove(container) | Rename(container):
                yield container, step.id
            case _:
                pass


def _left_networks(steps: Iterable[Step]) -> Iterator[tuple[str, str]]:
    """Yield the containers that are taken out of networks, with the steps that do it."""
    for step in steps:
        if isinstance(step.operation, Disconnect):
            yield step.operation.container, step.id


def _first(
    step: Step,
    names: Mapping[str, str],
    left: Iterable[tuple[str, str]],
    freed: Mapping[str, frozenset[Taken]],
    wanted: Mapping[str, frozenset[Taken]],
) -> Iterator[str]:
    """Yield the ids of the steps that free what `step` takes, or need what it gives up."""
    match step.operation:
        case CreateContainer(spec) if spec.name in names:
            yield names[spec.name]
        case Rename(container, to):
            yield from (one for name, one in left if name == container)
            if to in names:
                yield names[to]
        case Start(container):
            taken = wanted.get(container, frozenset())
            yield from (stop for stop, given in freed.items() if taken & given)
        case Connect():
            taken = _joined_at(step)
            yield from (going for going, given in freed.items() if taken & given)
        case _:
            pass


def _freed_ports(steps: list[Step], observed: Observed) -> Iterator[tuple[str, frozenset[Taken]]]:
    former = former_names(steps)
    published = {
        container.name: frozenset(
            (port.published, port.protocol) for port in container.ports if port.published
        )
        for container in observed.containers
    }
    for step in steps:
        if not isinstance(step.operation, Stop):
            continue
        name = step.operation.container
        if given := published.get(former.get(name, name)):
            yield step.id, given


def _static_addresses(
    steps: Iterable[Step], observed: Observed
) -> Iterator[tuple[str, frozenset[Taken]]]:
    """Yield the containers that may be started, with the addresses that they then want."""
    for container in observed.containers:
        if container.config is not None:
            yield container.name, _addresses(container.config.networks)
    for step in steps:
        if isinstance(step.operation, CreateContainer):
            spec = step.operation.spec
            yield spec.name, _addresses(spec.config.networks)


def _joined_at(step: Step) -> frozenset[Taken]:
    """Return the addresses that a connect takes."""
    match step.operation:
        case Connect(_, network, endpoint):
            return _addresses({network: endpoint})
        case _:
            return frozenset()


def _addresses(networks: Mapping[str, NetworkReference | None]) -> frozenset[Taken]:
    return frozenset(
        (plain(address), network)
        for network, reference in networks.items()
        if reference is not None
        for address in (reference.ipv4_address, reference.ipv6_address)
        if address
    )


def _freed_addresses(
    steps: Iterable[Step], observed: Observed
) -> Iterator[tuple[str, frozenset[Taken]]]:
    """Yield the steps by which containers give up addresses, be they the engine's choice."""
    steps = tuple(steps)
    former = former_names(steps)
    had = {
        container.name: frozenset(
            (plain(address), network)
            for network, addresses in container.addresses.items()
            for address in addresses
        )
        for container in observed.containers
    }
    for step in steps:
        match step.operation:
            case Stop(name):
                yield step.id, had.get(former.get(name, name), frozenset())
            case Disconnect(name, network):
                given = had.get(former.get(name, name), frozenset())
                yield step.id, frozenset(one for one in given if one[1] == network)
            case _:
                pass


def _numbers(port: Port) -> Iterator[Taken]:
    first, _, last = (port.published or "").partition("-")
    if first.isdecimal():
        for number in range(int(first), int(last or first) + 1):
            yield number, port.protocol or "tcp"
