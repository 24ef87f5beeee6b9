"""Who depends on whom, as the labels of containers say, and the file where there is one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from composer.model.names import Label
from composer.model.observed import Observed, ObservedContainer
from composer.model.project import Project
from composer.model.service import Dependency, Service

_CONDITIONS = ("service_healthy", "service_completed_successfully")


def services_of(project: Project | None, observed: Observed) -> Mapping[str, Service]:
    """Return the services of the file; without one, those that have containers.

    Of the latter only names and dependencies are known.
    """
    if project is not None:
        return project.services
    depends_on: dict[str, dict[str, Dependency]] = {}
    for container in observed.containers:
        if not container.oneoff and container.digest is not None:
            depends_on.setdefault(container.service, {})
    for container, name, dependency in _labelled(observed.containers):
        if container.service in depends_on and name in depends_on:
            depends_on[container.service][name] = dependency
    return {name: Service(name=name, depends_on=found) for name, found in depends_on.items()}


def dependents_of(
    containers: Iterable[ObservedContainer], everybody: Iterable[ObservedContainer] = ()
) -> Mapping[str, tuple[ObservedContainer, ...]]:
    """Return for each service those of `containers` that depend on it.

    Who depends on something that depends on it counts as well, if that has none of
    `containers` between; `everybody` has the labels of that.
    """
    containers = tuple(containers)
    edges: dict[str, set[str]] = {}
    for one, name, _ in _labelled((*containers, *everybody)):
        edges.setdefault(one.service, set()).add(name)
    present = {container.service for container in containers}
    found: dict[str, list[ObservedContainer]] = {}
    for container in containers:
        for name in _below(container.service, edges, present):
            found.setdefault(name, []).append(container)
    return {service: tuple(users) for service, users in found.items()}


def _below(service: str, edges: Mapping[str, set[str]], present: set[str]) -> Iterator[str]:
    """Yield what `service` depends on, through services that are not present."""
    seen: set[str] = set()
    waiting = sorted(edges.get(service, ()))
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            yield name
            if name not in present:
                waiting.extend(sorted(edges.get(name, ())))


def _labelled(
    containers: Iterable[ObservedContainer],
) -> Iterator[tuple[ObservedContainer, str, Dependency]]:
    """Yield each dependency that a label tells, with its container.

    A dependency that would close a cycle is left out: labels may stem from
    different versions of the file.
    """
    edges: dict[str, set[str]] = {}
    for container in containers:
        for text in filter(None, container.labels.get(Label.DEPENDS_ON, "").split(",")):
            name, _, rest = text.partition(":")
            condition, _, restart = rest.partition(":")
            if _reaches(edges, name, container.service):
                continue
            edges.setdefault(container.service, set()).add(name)
            known = condition if condition in _CONDITIONS else "service_started"
            yield container, name, Dependency(condition=known, restart=restart == "true")


def _reaches(edges: Mapping[str, Iterable[str]], start: str, goal: str) -> bool:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name == goal:
            return True
        if name not in seen:
            seen.add(name)
            waiting.extend(edges.get(name, ()))
    return False
