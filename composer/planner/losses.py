"""What data a plan destroys: read off its steps, so that nothing goes unlisted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from composer.model.names import Label
from composer.model.observed import MountPoint, Observed, ObservedContainer, VolumeUsage
from composer.model.operations import CreateContainer, CreateVolume, Remove, RemoveVolume
from composer.model.plan import Change, Loss, Step
from composer.planner.mounts import is_anonymous
from composer.planner.renames import former_names
from composer.record import replace


def losses(steps: Iterable[Step], observed: Observed) -> tuple[Loss, ...]:
    """Return the volumes that `steps` remove: named ones, then those that nobody named."""
    steps = tuple(steps)
    named = {
        step.operation.name: step
        for step in steps
        if isinstance(step.operation, RemoveVolume) and not _is_ours(observed, step.operation.name)
    }
    found = [
        Loss(
            volume=name,
            reason=step.reason,
            users=users(observed, name),
            changes=_changes(steps, name),
            outside=outside(observed, name),
        )
        for name, step in named.items()
    ]
    return (*found, *_anonymous(steps, observed))


def _is_ours(observed: Observed, volume: str) -> bool:
    """Say whether composer keeps files in `volume` that are elsewhere too."""
    live = observed.volumes.get(volume)
    return live is not None and Label.FILES in live.labels


def users(observed: Observed, volume: str) -> tuple[str, ...]:
    """Return the containers of the project that mount `volume`, running or not."""
    return tuple(sorted(c.name for c in observed.containers if mounts_volume(c, volume)))


def mounts_volume(container: ObservedContainer, volume: str) -> bool:
    return any(point.type == "volume" and point.name == volume for point in container.mounts)


def _changes(steps: Iterable[Step], volume: str) -> tuple[Change, ...]:
    for step in steps:
        if isinstance(step.operation, CreateVolume) and step.operation.spec.name == volume:
            return step.changes
    return ()


def outside(observed: Observed, volume: str) -> str | None:
    """Return where the files of a volume are if not on the engine's own disk.

    The driver local mounts what `device` names: another directory, or another machine's.
    """
    live = observed.volumes.get(volume)
    device = live.options.get("device") if live else None
    if live is None or not device or live.options.get("type") == "tmpfs":
        return None
    return device


def _anonymous(steps: Iterable[Step], observed: Observed) -> Iterator[Loss]:
    """Yield the volumes that containers take with them; one that is carried over stays."""
    steps = tuple(steps)
    live = {container.name: container for container in observed.containers}
    before = former_names(steps)
    gone = {
        before.get(s.operation.container, s.operation.container): s
        for s in steps
        if isinstance(s.operation, Remove)
    }
    kept = {
        mount.source
        for step in steps
        if isinstance(step.operation, CreateContainer)
        for mount in step.operation.spec.config.mounts
    }
    kept |= {
        point.name
        for name, container in live.items()
        if name not in gone
        for point in container.mounts
    }
    for name, step in gone.items():
        assert isinstance(step.operation, Remove)
        if step.operation.volumes and name in live:
            for point in _lost(live[name], kept):
                kept.add(point.name)
                yield Loss(point.name or "", step.reason, (name,), target=point.target)


def _lost(container: ObservedContainer, kept: set[str | None]) -> list[MountPoint]:
    return [p for p in container.mounts if is_anonymous(p) and p.name not in kept]


def measured(losses: Iterable[Loss], usage: Mapping[str, VolumeUsage]) -> tuple[Loss, ...]:
    """Return the losses with what the engine tells of the volumes."""
    return tuple(
        replace(
            loss,
            size=used.size,
            users=tuple(sorted({*loss.users, *used.users})),
        )
        if (used := usage.get(loss.volume))
        else loss
        for loss in losses
    )
