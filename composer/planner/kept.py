"""Volumes in which composer keeps files that cannot be written into containers.

They are as much of the container as what is written into it, and no data of anybody:
made with the containers that mount them, removed with the last one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from composer.model.names import Label
from composer.model.observed import Observed
from composer.model.operations import CreateContainer, CreateVolume, Remove, RemoveVolume, Rename
from composer.model.plan import Step
from composer.record import replace


def with_kept_files(steps: Iterable[Step]) -> list[Step]:
    """Return the steps with those that make such volumes.

    One is filled whenever a container is made that mounts it, whether it is there or
    not: who made it may have been cut off before it was full.
    """
    steps = list(steps)
    made: dict[str, Step] = {}
    for index, step in enumerate(steps):
        kept = step.operation.spec.kept if isinstance(step.operation, CreateContainer) else None
        if kept is not None:
            service = kept.labels[Label.FILES]
            make = Step(CreateVolume(kept), f"it keeps files that {service!r} cannot be given else")
            made[kept.name] = make
            steps[index] = replace(step, after=step.after | {make.id})
    return [*made.values(), *steps]


def unkept_files(project: str, steps: Collection[Step], observed: Observed) -> Iterator[Step]:
    """Yield the steps that remove such volumes, after those that remove their last users.

    One of another project, which the file of this one names, is that one's affair.
    """
    made = {s.operation.spec.name for s in steps if isinstance(s.operation, CreateVolume)}
    removed = dict(_removed(steps))
    for volume in observed.volumes.values():
        if Label.FILES not in volume.labels or volume.name in made or volume.project != project:
            continue
        users = [
            container.name
            for container in observed.containers
            if any(point.name == volume.name for point in container.mounts)
        ]
        if all(name in removed for name in users):
            after = frozenset(removed[name] for name in users)
            reason = "nobody needs its files any more"
            yield Step(RemoveVolume(volume.name), reason, after, tolerant=True)


def _removed(steps: Iterable[Step]) -> Iterator[tuple[str, str]]:
    """Yield the containers that go, by the names they have now, with the steps that do it."""
    former: dict[str, str] = {}
    for step in steps:
        match step.operation:
            case Rename(name, to):
                former[to] = former.get(name, name)
            case Remove(name):
                yield former.get(name, name), step.id
            case _:
                pass
