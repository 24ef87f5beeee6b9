"""Carry a plan out; when it fails, bring back who was being replaced.

The way back is planned from what exists then, and planned again where a step of it
fails: one container that cannot come back does not keep the others from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from composer.errors import Cancelled, EngineError, PlanFailed
from composer.executor.run import Emit, execute
from composer.model.observed import Interest, Observed
from composer.model.options import UpOptions
from composer.model.plan import Plan
from composer.model.project import Project

if TYPE_CHECKING:
    from composer.engine.port import Engine


def carry_out(
    plan: Plan,
    project: Project,
    engine: Engine,
    before: Observed,
    options: UpOptions,
    emit: Emit,
    *,
    parallel: int | None = None,
) -> None:
    """Run `plan`, which was made of `before`.

    Raises PlanFailed, with what became of it, and Cancelled as it is: an interrupted
    replacement is for the next `up` to go on with.
    """
    try:
        execute(plan, engine, emit, project=project.name, parallel=parallel)
    except PlanFailed as failed:
        from composer.planner.rollback import own_steps

        internal = own_steps(plan)
        failed.done = tuple(one for one in failed.done if one not in internal)
        failed.skipped = tuple(one for one in failed.skipped if one not in internal)
        failed.aftermath = _recover(failed, plan, project, engine, before, options, emit, parallel)
        raise


def _recover(
    failed: PlanFailed,
    plan: Plan,
    project: Project,
    engine: Engine,
    before: Observed,
    options: UpOptions,
    emit: Emit,
    parallel: int | None,
) -> tuple[str, ...]:
    """Go the way back, and return what became of it, a line each."""
    from composer.planner.rollback import (
        aftermath,
        concerned,
        lost_sight,
        plan_rollback,
        steps_about,
        taken_back_by,
    )

    wanted = Interest(project=project.name, networks=frozenset(before.networks))
    troubles: dict[str, BaseException] = {}
    given_up: set[str] = set()
    taken_back: dict[str, None] = {}
    try:
        now = engine.observe(wanted)
        while True:
            way = plan_rollback(
                project, plan, failed.failures, before, now,
                timeout=options.timeout, given_up=given_up,
            )  # fmt: skip
            if not way:
                break
            taken_back |= dict.fromkeys(taken_back_by(way, plan))
            again = _execute(way, engine, emit, project.name, parallel)
            now = engine.observe(wanted)
            if not again:
                break
            troubles |= again
            given_up |= {*concerned(way.steps, again)}
    except EngineError as error:
        return tuple(lost_sight(plan, error))
    told = {step: error for step, error in troubles.items() if step not in failed.failures}
    removed = [name for name in taken_back if f"remove {name}" not in troubles]
    undone = steps_about(plan, removed)
    failed.done = tuple(one for one in failed.done if one not in undone)
    return tuple(aftermath(project, plan, now, told, removed))


def _execute(
    way: Plan, engine: Engine, emit: Emit, project: str, parallel: int | None
) -> dict[str, BaseException]:
    """Run the way back and return what failed of it; Ctrl-C ends it where it is."""
    try:
        execute(way, engine, emit, project=project, parallel=parallel)
    except PlanFailed as failed:
        return failed.failures
    except Cancelled:
        pass
    return {}
