"""A container gives way to another, and is kept until that one is known to work.

It gives its name up first, so that the successor is created under it at once and
everything may refer to it.  It is stopped when there is a successor, started again
if that one fails, and removed once it has proven itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from composer.model.names import aside_name, is_replacement_name
from composer.model.observed import Observed, ObservedContainer, ObservedImage
from composer.model.operations import CreateContainer, Remove, Rename, Start, Stop
from composer.model.plan import Replacement, Step
from composer.model.resources import ContainerConfig, ContainerSpec
from composer.model.service import Healthcheck, Service
from composer.planner.removal import ALIVE
from composer.record import replace


def set_aside(old: ObservedContainer, name: str, reason: str) -> tuple[Replacement, list[Step]]:
    """Return how `old` gives way to container `name`, and the step that frees its name.

    There is no step when an interrupted run has done it.
    """
    prefix = aside_name(old.id, "")
    if old.name.startswith(prefix):
        former = old.name.removeprefix(prefix)
    else:
        former = name if is_replacement_name(old.name) and old.name != name else old.name
    aside = prefix + former
    one = Replacement(
        service=old.service,
        old=old.id,
        former=former,
        aside=aside,
        new=name,
        ran=old.state.status in ALIVE,
    )
    return one, [] if old.name == aside else [Step(Rename(old.name, aside), reason)]


def undoable(one: Replacement, old: ObservedContainer, *, volumes: bool) -> Replacement:
    """Return `one` as it is undone: who is aside already ran until a run that was cut off."""
    return replace(one, ran=one.ran or old.name == one.aside, volumes=volumes)


def is_proven(container: ObservedContainer) -> bool:
    """Say whether a container works: it runs, and its probe, if it has one, agrees."""
    return container.state.status == "running" and container.state.health in (None, "healthy")


def may_be_probed(service: Service, like: ObservedContainer, image: ObservedImage | None) -> bool:
    """Say whether a new container of `service` may have a healthcheck, its image's included.

    What the image has is known if `like` was inspected and runs the same.
    """
    if service.healthcheck is not None:
        return _probes(service.healthcheck)
    if like.defaults is None or image is None or image.id != like.image_id:
        return True
    return like.defaults.healthcheck is not None and _probes(like.defaults.healthcheck)


def _probes(healthcheck: Healthcheck) -> bool:
    return not healthcheck.disable and healthcheck.test[:1] != ("NONE",)


def stopped_late(steps: Iterable[Step], replacements: Iterable[Replacement]) -> list[Step]:
    """Return the steps, nobody stopped before its successor could be started at once.

    Who lives in the namespace of another is not held back: that one goes as well.
    """
    steps = list(steps)
    starts = {s.operation.container: s for s in steps if isinstance(s.operation, Start)}
    guests = {
        s.operation.spec.name
        for s in steps
        if isinstance(s.operation, CreateContainer) and _is_guest(s.operation.spec.config)
    }
    gates = {
        f"stop {one.aside}": starts[one.new].after - {f"stop {one.aside}"}
        for one in replacements
        if one.new in starts and one.new not in guests
    }
    return [replace(s, after=s.after | gates.get(s.id, frozenset())) for s in steps]


def _is_guest(config: ContainerConfig) -> bool:
    return any(mode.startswith("container:") for mode in _shared(config))


def _shared(config: ContainerConfig) -> Iterator[str]:
    return (mode or "" for mode in (config.network_mode, config.ipc, config.pid))


def grouped(
    replacements: Iterable[Replacement], steps: Iterable[Step], observed: Observed
) -> tuple[Replacement, ...]:
    """Return the replacements with their groups.

    Replicas of a service are one, and so is who takes something from another, a name, a
    port, a namespace: its successor is made or started after a step of the other.  Who lives
    in the namespace of another now can come back only with that one, wherever its successor
    will live.
    """
    found = list(replacements)
    olds = {one.aside: index for index, one in enumerate(found)}
    news = {one.new: index for index, one in enumerate(found)}
    steps = tuple(steps)
    given = dict(_given(steps, olds, news))
    services = [one.service for one in found]
    group = [services.index(one) for one in services]
    pairs = list(_lodgings(found, observed))
    for step in steps:
        match step.operation:
            case CreateContainer(ContainerSpec(name=name)) | Start(name) if name in news:
                pairs += [(news[name], given[one]) for one in step.after if one in given]
            case _:
                pass
    for one, other in pairs:
        first, last = sorted((group[one], group[other]))
        group = [first if number == last else number for number in group]
    return tuple(replace(one, group=group[index]) for index, one in enumerate(found))


def _lodgings(replacements: Iterable[Replacement], observed: Observed) -> Iterator[tuple[int, int]]:
    """Yield who lives in a namespace of whom as they are now, as positions."""
    positions = {one.old: position for position, one in enumerate(replacements)}
    by_name = {container.name: container.id for container in observed.containers}
    for container in observed.containers:
        if container.id not in positions or container.config is None:
            continue
        for mode in _shared(container.config):
            owner = by_name.get(mode.removeprefix("container:"), "")
            if owner in positions:
                yield positions[container.id], positions[owner]


def _given(
    steps: Iterable[Step], olds: Mapping[str, int], news: Mapping[str, int]
) -> Iterator[tuple[str, int]]:
    """Yield the steps after which something can be taken, with whose replacement they are of."""
    for step in steps:
        match step.operation:
            case Rename(_, name) | Stop(name) if name in olds:
                yield step.id, olds[name]
            case CreateContainer(spec) if spec.name in news:
                yield step.id, news[spec.name]
            case _:
                pass


def removals(
    replacements: Iterable[Replacement], proofs: Mapping[str, frozenset[str]]
) -> Iterator[Step]:
    """Yield the steps that remove who was set aside, once all of its group are proven.

    `proofs` maps each successor to the steps after which it is known to work.
    """
    replacements = tuple(replacements)
    needed: dict[int, frozenset[str]] = {}
    for one in replacements:
        needed[one.group] = needed.get(one.group, frozenset()) | proofs[one.new]
    for one in replacements:
        yield Step(Remove(one.aside, one.volumes), "it is replaced", needed[one.group])
