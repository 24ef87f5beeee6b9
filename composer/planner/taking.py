"""What is free only once somebody lets go of it: names and published ports.

A rename or create takes a name, a start takes ports.  Where a container that goes in
the same plan still has them, the taking comes after the going.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TypeAlias

from composer.model.names import replacement_name
from composer.model.observed import Observed
from composer.model.operations import CreateContainer, Remove, Rename, Start, Stop
from composer.model.plan import Step
from composer.model.service import Port
from composer.record import replace

_CREATE = "create container "

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
    removals = {s.operation.container: s.id for s in steps if isinstance(s.operation, Remove)}
    moved = set(_moved(steps, observed)) & set(removals)
    freed = dict(_freed_ports(steps, observed))
    wanted = {
        container: frozenset(one for port in published for one in _numbers(port))
        for container, published in ports.items()
    }
    return [
        replace(
            step, after=_without_creates(step, moved) | {*_first(step, removals, freed, wanted)}
        )
        for step in steps
    ]


def _moved(steps: Iterable[Step], observed: Observed) -> Iterator[str]:
    """Yield the names that another container takes than the successor of their bearer."""
    ids = {container.name: container.id for container in observed.containers}
    for step in steps:
        match step.operation:
            case CreateContainer(spec):
                yield spec.name
            case Rename(container, to) if container != replacement_name(ids.get(to, ""), to):
                yield to
            case _:
                pass


def _without_creates(step: Step, moved: Collection[str]) -> frozenset[str]:
    """Return what `step` is after; who gives its name away does not wait for a successor.

    The successor may share what the new bearer of the name has, and so come after it.
    """
    match step.operation:
        case Stop(container) | Remove(container) if container in moved:
            return frozenset(one for one in step.after if not one.startswith(_CREATE))
        case _:
            return step.after


def _first(
    step: Step,
    removals: Mapping[str, str],
    freed: Mapping[str, frozenset[Taken]],
    wanted: Mapping[str, frozenset[Taken]],
) -> Iterator[str]:
    """Yield the ids of the steps that free what `step` takes."""
    match step.operation:
        case CreateContainer(spec) if spec.name in removals:
            yield removals[spec.name]
        case Rename(_, to) if to in removals:
            yield removals[to]
        case Start(container):
            ports = wanted.get(container, frozenset())
            yield from (stop for stop, given in freed.items() if ports & given)
        case _:
            pass


def _freed_ports(
    steps: Iterable[Step], observed: Observed
) -> Iterator[tuple[str, frozenset[Taken]]]:
    published = {
        container.name: frozenset(
            (port.published, port.protocol) for port in container.ports if port.published
        )
        for container in observed.containers
    }
    for step in steps:
        if isinstance(step.operation, Stop) and published.get(step.operation.container):
            yield step.id, published[step.operation.container]


def _numbers(port: Port) -> Iterator[Taken]:
    first, _, last = (port.published or "").partition("-")
    if first.isdecimal():
        for number in range(int(first), int(last or first) + 1):
            yield number, port.protocol or "tcp"
