"""Plan it, run it: what is done to containers that exist."""

from __future__ import annotations

from collections.abc import Collection

from composer.engine.port import Engine
from composer.executor.run import Emit, execute
from composer.model.observed import Interest
from composer.model.plan import Plan
from composer.model.project import Project
from composer.planner.lifecycle import plan_kill, plan_stop


def stop(
    name: str,
    engine: Engine,
    *,
    services: Collection[str] = (),
    timeout: float | None = None,
    emit: Emit,
    parallel: int | None = None,
    project: Project | None = None,
) -> Plan:
    """Stop the running containers of project `name`, dependents first.

    `project` is what its file says, if there is one: it knows the hooks.
    """
    plan = plan_stop(engine.observe(Interest(project=name)), services, timeout, project)
    execute(plan, engine, emit, project=name, parallel=parallel)
    return plan


def kill(
    name: str,
    engine: Engine,
    *,
    services: Collection[str] = (),
    signal: str = "SIGKILL",
    emit: Emit,
) -> Plan:
    """Send `signal` to the running containers of project `name`, all at once."""
    plan = plan_kill(engine.observe(Interest(project=name)), services, signal)
    execute(plan, engine, emit, project=name)
    return plan
