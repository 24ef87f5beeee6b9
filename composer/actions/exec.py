"""Run a command in a running container of a service."""

from __future__ import annotations

from composer.actions.one_container import no_replica
from composer.engine.port import Dialogue, Engine
from composer.errors import EngineError, NoProgram, NotFound
from composer.model.observed import Observed, ObservedContainer
from composer.model.options import ExecOptions


def exec(project: str, engine: Engine, options: ExecOptions) -> Dialogue:
    """Start the command and return it, running.  Raises NotFound without a container."""
    container = find_container(project, engine, options.service, options.index)
    return engine.exec(container.id, options.command)


def exec_detached(project: str, engine: Engine, options: ExecOptions) -> None:
    """Start the command and leave it.  Raises NotFound without a container."""
    container = find_container(project, engine, options.service, options.index)
    try:
        engine.exec_detached(container.id, options.command)
    except NoProgram as error:  # which no file says
        told = error.message.replace(container.id, container.name)
        raise EngineError(told) from error


def find_container(
    project: str, engine: Engine, service: str, index: int | None
) -> ObservedContainer:
    """Return replica `index` of a service, the lowest that runs if it is None.

    Without a replica that runs it is a one-off container.
    """
    observed = Observed(containers=engine.project_containers(project))
    replicas = observed.of(service)
    if index is not None:
        asked = tuple(one for one in replicas if one.number == index)
        if not asked:
            raise no_replica(service, index, replicas)
        replicas = asked
    once = [one for one in observed.containers if one.service == service and one.oneoff]
    candidates: list[ObservedContainer] = [*replicas, *(once if index is None else ())]
    for container in candidates:
        if container.state.status == "running":
            return container
    if not replicas:
        hint = f"start it with: composer up -d {service}"
    else:
        hint = f"{replicas[0].name} is {replicas[0].state.status}: see composer ps -a"
    raise NotFound(f"service {service!r} is not running", help=hint)
