"""What is free only once somebody lets go of it: names and published ports.

A rename or create takes a name, a start takes ports.  Where a container that goes in
the same plan still has them, the taking comes after the going.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from composer.model.observed import Observed
from composer.model.operations import CreateContainer, Disconnect, Remove, Rename, Start, Stop
from composer.model.plan import Step
from composer.model.service import Port
from composer.record import replace

Taken: TypeAlias = tuple[int, str]
"""A published port and its protocol.  Addresses are left out: most are all of them."""


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
    freed = dict(_freed_ports(steps, observed))
    wanted = {
        container: frozenset(one for port in published for one in _numbers(port))
        for container, published in ports.items()
    }
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
            ports = wanted.get(container, frozenset())
            yield from (stop for stop, given in freed.items() if ports & given)
        case _:
            pass


def _freed_ports(steps: list[Step], observed: Observed) -> Iterator[tuple[str, frozenset[Taken]]]:
    former = {
        s.operation.to: s.operation.container for s in steps if isinstance(s.operation, Rename)
    }
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


def _numbers(port: Port) -> Iterator[Taken]:
    first, _, last = (port.published or "").partition("-")
    if first.isdecimal():
        for number in range(int(first), int(last or first) + 1):
            yield number, port.protocol or "tcp"
