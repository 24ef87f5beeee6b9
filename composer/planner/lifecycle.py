"""Plans for containers that exist: stop, kill."""

from __future__ import annotations

from collections.abc import Collection

from composer.graph import order
from composer.model.observed import Observed
from composer.model.operations import Kill, Stop
from composer.model.plan import Plan, Step
from composer.model.project import Project
from composer.planner.down import dependents_of
from composer.planner.hooks import with_stop_hooks
from composer.planner.removal import ALIVE


def plan_stop(
    observed: Observed,
    services: Collection[str],
    timeout: float | None,
    project: Project | None = None,
) -> Plan:
    """Return the plan that stops `services`, all if none is named, dependents first.

    Their hooks are known with the file only, as `project`.
    """
    running = [
        c
        for c in observed.containers
        if c.state.status in ALIVE and not c.oneoff and (not services or c.service in services)
    ]
    dependents = dependents_of(running)
    stops = (
        Step(
            Stop(container.name, timeout),
            "asked for by stop",
            frozenset(f"stop {user.name}" for user in dependents.get(container.service, ())),
        )
        for container in running
    )
    return Plan(order(with_stop_hooks(stops, project, observed)))


def plan_kill(observed: Observed, services: Collection[str], signal: str) -> Plan:
    """Return the plan that sends `signal` to all running containers of `services` at once."""
    return Plan(
        tuple(
            Step(Kill(container.name, signal), "asked for by kill")
            for container in observed.containers
            if container.state.status in ALIVE
            and not container.oneoff
            and (not services or container.service in services)
        )
    )
