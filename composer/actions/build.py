"""Build the images of services."""

from __future__ import annotations

from collections.abc import Collection

from composer.actions.rebuilt import Memory, Watched
from composer.engine.port import Engine
from composer.errors import InvalidProject
from composer.executor.run import Emit, execute
from composer.graph import closure
from composer.loader.carried_out import unbuildable
from composer.loader.dockerfiles import with_bases
from composer.model.built import Rebuilt
from composer.model.operations import BuildImage
from composer.model.options import BuildOptions
from composer.model.plan import Plan
from composer.model.project import Project
from composer.planner.builds import plan_builds, without_buildkit


def build(
    project: Project,
    engine: Engine,
    services: Collection[str],
    options: BuildOptions,
    emit: Emit,
    *,
    parallel: int | None = None,
    memory: Memory | None = None,
) -> tuple[Plan, tuple[Rebuilt, ...]]:
    """Build what the services say, all of them if none is named, and push it if asked to.

    Return the plan and, if there is a `memory` of earlier builds, what became of the cache.
    """
    plan = builds(project, services, options)
    problems = plan.errors if plan.errors or engine.bakes() else without_buildkit(project, plan)
    if problems:
        raise InvalidProject(problems)
    if memory is None or not plan:
        execute(plan, engine, emit, project=project.name, parallel=parallel)
        return plan, ()
    watched = Watched(plan, project.name, engine, memory)
    try:
        execute(plan, engine, watched.heard(emit), project=project.name, parallel=parallel)
    except BaseException:
        watched.keep(wait=False)
        raise
    return plan, watched.keep()


def builds(project: Project, services: Collection[str], options: BuildOptions) -> Plan:
    """Return what `build` would do; its errors are all that forbids it."""
    edges = {name: tuple(service.depends_on) for name, service in project.services.items()}
    named = closure(edges, services) if options.with_dependencies else services
    wanted = [s for name, s in project.services.items() if not services or name in named]
    plan = plan_builds(with_bases(project, options.args), wanted, options)
    if plan.errors:
        return plan
    built = [step.operation for step in plan.steps if isinstance(step.operation, BuildImage)]
    if problems := unbuildable(project, [one.spec.service for one in built]):
        return Plan(errors=tuple(problems))
    return plan
