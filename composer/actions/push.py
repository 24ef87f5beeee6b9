"""Push the images of services that are built here."""

from __future__ import annotations

from composer.actions.transfer import transfer
from composer.engine.port import Engine
from composer.errors import InvalidProject, Problem
from composer.executor.run import Emit
from composer.model.observed import Interest
from composer.model.options import PushOptions
from composer.model.plan import Plan
from composer.model.project import Project
from composer.planner.chosen import chosen
from composer.planner.push import plan_push, pushed_refs
from composer.record import replace


def push(
    plan: Plan,
    engine: Engine,
    options: PushOptions,
    emit: Emit,
    *,
    parallel: int | None = None,
) -> tuple[Problem, ...]:
    """Carry out what `pushes` returned; a warning for each failure that is to be ignored.

    Raises PlanFailed for the others.
    """
    may_fail = dict.fromkeys(step.id for step in plan.steps if options.ignore_failures)
    failed = transfer(plan, may_fail, engine, emit, parallel=parallel)
    return (*plan.warnings, *failed)


def pushes(project: Project, engine: Engine, options: PushOptions) -> Plan:
    """Return what `push` would do.

    Raises InvalidProject for images that are not there, before anything is pushed.
    """
    services = chosen(project, options.services, dependencies=options.dependencies)
    refs = frozenset(ref for service in services for ref in pushed_refs(service))
    images = engine.observe(Interest(project=project.name, images=refs)).images if refs else {}
    plan = plan_push(project, services, images)
    if not options.ignore_failures and plan.errors:
        raise InvalidProject(plan.errors)
    warnings = tuple(replace(error, severity="warning") for error in plan.errors)
    return replace(plan, errors=(), warnings=warnings)
