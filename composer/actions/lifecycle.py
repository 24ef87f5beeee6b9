"""Plan it, run it: what is done to containers that exist."""

from __future__ import annotations

from collections.abc import Callable, Collection

from composer.engine.port import Engine, Reader
from composer.errors import InvalidProject
from composer.executor.run import Emit, execute
from composer.model.observed import Interest, Observed
from composer.model.plan import Plan
from composer.model.project import Project
from composer.planner.lifecycle import plan_kill, plan_stop

Make = Callable[[Observed], Plan]
"""Makes a plan of what a project has."""


def foresee(name: str, engine: Reader, make: Make) -> Plan:
    """Return the plan for project `name`; raises InvalidProject for what stands in its way."""
    plan = make(engine.observe(Interest(project=name)))
    if plan.errors:
        raise InvalidProject(plan.errors)
    return plan


def carry_out(
    name: str,
    engine: Engine,
    make: Make,
    emit: Emit,
    *,
    parallel: int | None = None,
    confirm: Callable[[Plan], bool] = lambda plan: True,
) -> Plan:
    """Return the plan for project `name`; it is carried out unless it is not confirmed."""
    plan = foresee(name, engine, make)
    if plan and confirm(plan):
        execute(plan, engine, emit, project=name, parallel=parallel)
    return plan


def stop(
    name: str,
    engine: Engine,
    *,
    services: Collection[str] | None = None,
    timeout: float | None = None,
    emit: Emit,
    parallel: int | None = None,
    project: Project | None = None,
) -> Plan:
    """Stop the running containers of project `name`, dependents first.

    `project` is what its file says, if there is one: it knows the hooks.
    """
    providers = stoppable(project, engine)

    def make(observed: Observed) -> Plan:
        return plan_stop(project, observed, services, timeout, providers)

    return carry_out(name, engine, make, emit, parallel=parallel)


def stoppable(project: Project | None, engine: Engine) -> tuple[str, ...]:
    """Return the services whose providers know how to stop."""
    services = project.services.items() if project else ()
    return tuple(
        name
        for name, service in services
        if service.provider is not None and engine.can_stop(service.provider.type)
    )


def kill(
    name: str,
    engine: Engine,
    *,
    services: Collection[str] | None = None,
    signal: str = "SIGKILL",
    emit: Emit,
) -> Plan:
    """Send `signal` to the running containers of project `name`, all at once."""
    return carry_out(name, engine, lambda observed: plan_kill(observed, services, signal), emit)
