"""Carry out pulls and pushes, of which some may fail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from composer.engine.port import Engine
from composer.errors import PlanFailed, Problem, of_step
from composer.executor.run import Emit, execute
from composer.model.events import Event, StepFinished
from composer.model.plan import Plan


def transfer(
    plan: Plan,
    forgiven: Mapping[str, str | None],
    engine: Engine,
    emit: Emit,
    *,
    parallel: int | None = None,
) -> Iterator[Problem]:
    """Run the plan, and yield a warning for each step that failed and is `forgiven`.

    That maps the ids of steps to what to do about their failures, None for nothing.  After
    such a failure the rest goes on.  Raises PlanFailed for every other one.
    """
    steps = {step.id: step for step in plan.steps}

    def hear(event: Event) -> None:
        if isinstance(event, StepFinished) and event.cause is None:
            steps.pop(event.step.id, None)
        emit(event)

    while steps:
        try:
            execute(Plan(tuple(steps.values())), engine, hear, parallel=parallel)
        except PlanFailed as failed:
            if not failed.failures.keys() <= forgiven.keys():
                raise
            for step, error in failed.failures.items():
                help = forgiven[step] or getattr(error, "help", None)
                yield Problem(of_step(step, error), help=help, severity="warning")
