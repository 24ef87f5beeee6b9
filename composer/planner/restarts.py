"""Who depends on a service with `restart: true` is stopped around its replacement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from composer.model.operations import Stop
from composer.model.options import UpOptions
from composer.model.plan import Step
from composer.planner.containers import Convergence


def restarts_of(converged: Mapping[str, Convergence], options: UpOptions) -> list[Step]:
    """Stop what depends, with `restart: true`, on a service that is replaced."""
    steps: list[Step] = []
    for one in converged.values():
        cause = next(
            (
                name
                for name, dependency in one.service.depends_on.items()
                if dependency.restart
                and name in converged
                and (converged[name].replaced or converged[name].resumed)
            ),
            None,
        )
        if cause is None or not options.start:
            continue
        for container in one.running:
            why = f"it depends on {cause!r}, which is replaced, with 'restart: true'"
            ready = one.ready.get(container.name, frozenset())
            stop = Step(Stop(container.name, options.timeout), why, ready)
            steps.append(stop)
            one.starts[container.name] = why
            one.ready[container.name] = frozenset({stop.id})
            one.restarted = True
        one.running.clear()
    return steps


def held_back(converged: Convergence, restarts: Iterable[Step]) -> list[Step]:
    """Return the steps of a service; those that stop it come after `restarts`."""
    stopped_first = frozenset(step.id for step in restarts)
    if not (converged.replaced or converged.resumed) or not stopped_first:
        return converged.steps
    return [
        Step(step.operation, step.reason, step.after | stopped_first, step.changes)
        if step.id in converged.stops
        else step
        for step in converged.steps
    ]
