"""How a container goes: stopped if it is alive, then removed."""

from __future__ import annotations

from composer.model.observed import ObservedContainer
from composer.model.operations import Remove, Stop
from composer.model.plan import Step

ALIVE = ("running", "restarting", "paused")
"""States in which a container has a process that wants to be stopped."""

HALF_GONE = ("dead", "removing")
"""States of a container that the engine could not remove, or is about to."""


def remove_container(
    container: ObservedContainer,
    reason: str,
    *,
    timeout: float | None = None,
    after: frozenset[str] = frozenset(),
    volumes: bool = False,
) -> list[Step]:
    """Return the steps that stop and remove `container`; the last one is the removal.

    `volumes` takes its anonymous volumes with it.
    """
    steps = []
    if container.state.status in ALIVE:
        stop = Step(Stop(container.name, timeout), reason, after)
        steps.append(stop)
        after = frozenset({stop.id})
    return [*steps, Step(Remove(container.name, volumes), reason, after)]


def why_down(container: ObservedContainer) -> str:
    """Return why a container that does not run is started."""
    state = container.state
    if state.status == "exited":
        return f"it exited with code {state.exit_code}"
    return f"it is {state.status}, not running"
