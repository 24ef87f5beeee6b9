"""What each service will feel of a plan, and which one thing is to blame for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from composer.model.names import Label
from composer.model.operations import (
    Connect,
    CreateContainer,
    CreateNetwork,
    CreateVolume,
    Deliver,
    Disconnect,
    UpdateContainer,
)
from composer.model.plan import Cause, Change, Step
from composer.planner.containers import Convergence
from composer.planner.live_update import changes_in_place
from composer.record import replace

REPLACEMENT = "replacement"
_LIVE = "live update"


def causes(converged: Mapping[str, Convergence]) -> dict[str, Cause]:
    """Return what is to blame, by service; nothing for those that feel nothing, or are new."""
    found = {name: next(_causes(one), None) for name, one in sorted(converged.items())}
    return {name: cause for name, cause in found.items() if cause is not None}


def with_consequences(steps: Iterable[Step]) -> list[Step]:
    """Return the steps, each change with what it alone asks for."""
    return [replace(step, changes=tuple(_told(step))) if step.changes else step for step in steps]


def is_replacement(step: Step) -> bool:
    """Say whether a step creates a container in the place of another."""
    operation = step.operation
    return isinstance(operation, CreateContainer) and Label.REPLACE in operation.spec.labels


def _causes(one: Convergence) -> Iterator[Cause]:
    """Yield what explains the effect, the best explanation first."""
    match one.effect:
        case "replacement":
            chosen = [step for step in one.steps if is_replacement(step)]
        case "restart" | "start":
            yield from (Cause(why) for why in one.starts.values())
            return
        case "nothing" | "new container":
            return
        case _:
            chosen = [step for step in one.steps if not is_replacement(step)]
    for step in with_consequences(chosen):
        blamed = [c for c in step.changes if c.consequence == one.effect]
        yield from (Cause(change.field, change.mark) for change in blamed[:1])
    yield from (Cause(step.reason) for step in chosen)


def _told(step: Step) -> Iterator[Change]:
    match step.operation:
        case CreateContainer():
            alone = [_LIVE if changes_in_place(change) else REPLACEMENT for change in step.changes]
            if REPLACEMENT not in alone:  # together they cannot be made in place
                alone = [REPLACEMENT] * len(alone)
        case UpdateContainer() | Connect() | Disconnect():
            alone = [_LIVE] * len(step.changes)
        case Deliver():
            alone = ["reload"] * len(step.changes)
        case CreateNetwork():
            alone = ["new network"] * len(step.changes)
        case CreateVolume():
            alone = ["new volume"] * len(step.changes)
        case _:
            alone = [change.consequence for change in step.changes]
    for change, consequence in zip(step.changes, alone, strict=True):
        yield replace(change, consequence=consequence)
