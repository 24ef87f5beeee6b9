"""Pull the images of services."""

from __future__ import annotations

from composer.actions.transfer import transfer
from composer.engine.port import Engine
from composer.errors import NotFound, PlanFailed, Problem
from composer.executor.run import Emit
from composer.model.observed import Interest
from composer.model.operations import PullImage
from composer.model.options import PullOptions
from composer.model.plan import Plan
from composer.model.project import Project
from composer.planner.chosen import chosen
from composer.planner.desire import image_ref
from composer.planner.image_mounts import written
from composer.planner.pull import forgiven, plan_pull, sources


def pull(
    plan: Plan,
    project: Project,
    engine: Engine,
    options: PullOptions,
    emit: Emit,
    *,
    parallel: int | None = None,
) -> tuple[Problem, ...]:
    """Carry out what `pulls` returned; a warning for each failure that does not matter.

    Raises PlanFailed for every other failure.
    """
    may_fail = forgiven(
        project, chosen(project, options.services, dependencies=options.dependencies), options
    )
    try:
        return tuple(transfer(plan, may_fail, engine, emit, parallel=parallel))
    except PlanFailed as failed:
        _mark(plan, project, failed)
        raise


def _mark(plan: Plan, project: Project, failed: PlanFailed) -> None:
    """Give the pulls of images that there are not their places in the file."""
    for step in plan.steps:
        error = failed.failures.get(step.id)
        if isinstance(error, NotFound) and isinstance(step.operation, PullImage):
            error.mark = written(project, step.operation.ref)


def pulls(project: Project, engine: Engine, options: PullOptions) -> Plan:
    """Return what `pull` would do."""
    services = chosen(project, options.services, dependencies=options.dependencies)
    refs = frozenset(image_ref(project, one) for one in sources(project, services, options))
    observed = engine.observe(Interest(project=project.name, images=refs))
    return plan_pull(project, services, observed.images, options)
