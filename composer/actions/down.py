"""Take a project away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from composer.model.observed import Interest
from composer.model.options import DownOptions
from composer.model.plan import Plan
from composer.model.project import Project
from composer.planner.down import plan_down
from composer.planner.scope import interest
from composer.record import replace

if TYPE_CHECKING:
    from composer.engine.port import Engine
    from composer.executor.run import Emit


def planned(name: str, project: Project | None, engine: Engine, options: DownOptions) -> Plan:
    """Return what `down` would do."""
    plan = _plan(name, project, engine, options)
    if not plan.losses:
        return plan
    from composer.planner.losses import measured

    usage = engine.usage(loss.volume for loss in plan.losses)
    return replace(plan, losses=measured(plan.losses, usage))


def down(
    name: str,
    project: Project | None,
    engine: Engine,
    options: DownOptions,
    emit: Emit,
    *,
    parallel: int | None = None,
) -> Plan:
    """Remove containers and networks, and what `options` asks for besides; return the plan.

    Without `project` the labels of what there is say what belongs to project `name`.
    """
    plan = _plan(name, project, engine, options)
    if plan:
        from composer.executor.run import execute

        execute(plan, engine, emit, project=name, parallel=parallel)
    return plan


def _plan(name: str, project: Project | None, engine: Engine, options: DownOptions) -> Plan:
    wanted = interest(project) if project else Interest(project=name)
    if options.images is None:
        wanted = replace(wanted, images=frozenset())
    return plan_down(name, project, engine.observe(wanted), options)
