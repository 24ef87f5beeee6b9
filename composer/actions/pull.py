"""Pull the images of services."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from composer.engine.port import Engine
from composer.errors import PlanFailed, Problem
from composer.executor.run import Emit, execute
from composer.graph import closure
from composer.model.events import Event, StepFinished
from composer.model.observed import Interest
from composer.model.operations import PullImage
from composer.model.plan import Plan, Step
from composer.model.project import Project
from composer.model.service import Service
from composer.planner.desire import image_ref, platform
from composer.planner.hooks import hook_images
from composer.record import dataclass

_PRESENT_IS_ENOUGH = ("missing", "if_not_present")


@dataclass(frozen=True, slots=True, kw_only=True)
class PullOptions:
    """`policy` is None (that of the file), missing or always."""

    services: tuple[str, ...] = ()
    dependencies: bool = False
    ignore_buildable: bool = False
    ignore_failures: bool = False
    policy: str | None = None


def pull(
    project: Project,
    engine: Engine,
    options: PullOptions,
    emit: Emit,
    *,
    parallel: int | None = None,
) -> tuple[Problem, ...]:
    """Pull, and return a warning for each failure that does not matter.

    An image that can be built need not be in a registry.  Raises PlanFailed for
    every other failure, unless `options` ignores them.
    """
    services = tuple(_wanted(project, options))
    steps = _steps(project, engine, services, options)
    optional = {
        str(PullImage(image_ref(project, service), platform(project, service)))
        for service in services
        if service.build is not None or options.ignore_failures
    }
    return tuple(_run(steps, optional, engine, emit, parallel))


def pulls(project: Project, engine: Engine, options: PullOptions) -> Plan:
    """Return what `pull` would do."""
    services = tuple(_wanted(project, options))
    return Plan(tuple(_steps(project, engine, services, options).values()))


def _run(
    steps: dict[str, Step],
    optional: Collection[str],
    engine: Engine,
    emit: Emit,
    parallel: int | None,
) -> Iterator[Problem]:
    """Run the steps; after a failure that does not matter the rest goes on."""

    def hear(event: Event) -> None:
        if isinstance(event, StepFinished) and event.cause is None:
            steps.pop(event.step.id, None)
        emit(event)

    while steps:
        try:
            execute(Plan(tuple(steps.values())), engine, hear, parallel=parallel)
        except PlanFailed as failed:
            if not failed.failures.keys() <= set(optional):
                raise
            for step, error in failed.failures.items():
                yield Problem(f"{step}: {error}", severity="warning")


def _wanted(project: Project, options: PullOptions) -> Iterator[Service]:
    edges = {name: tuple(service.depends_on) for name, service in project.services.items()}
    named = closure(edges, options.services) if options.dependencies else options.services
    for name, service in project.services.items():
        if options.services and name not in named:
            continue
        if service.build is not None and (options.ignore_buildable or service.image is None):
            continue
        if service.pull_policy not in ("never", "build") and service.provider is None:
            yield service
            yield from hook_images(project, service)


def _steps(
    project: Project, engine: Engine, services: Collection[Service], options: PullOptions
) -> dict[str, Step]:
    refs = frozenset(image_ref(project, service) for service in services)
    present = engine.observe(Interest(project=project.name, images=refs)).images
    steps: dict[str, Step] = {}
    for service in services:
        ref = image_ref(project, service)
        policy = options.policy or service.pull_policy
        if not (ref in present and policy in _PRESENT_IS_ENOUGH):
            step = Step(PullImage(ref, platform(project, service)), "asked for by pull")
            steps.setdefault(step.id, step)
    return steps
