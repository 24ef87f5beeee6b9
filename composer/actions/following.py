"""What follows the sending of files: rebuild, restart, commands in containers.

Each returns what is to be said of its end.  All of it may be done by any thread, one at a
time for a service.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress

from composer.actions.lifecycle import carry_out
from composer.actions.up import once_more, up
from composer.engine.port import Engine
from composer.errors import Cancelled, ComposerError, EngineError, HookFailed
from composer.executor.ctrl_c import Brake
from composer.executor.hook import lines_of
from composer.executor.run import Emit
from composer.model.build import WatchExec
from composer.model.command import Command
from composer.model.observed import Observed, ObservedContainer
from composer.model.operations import CreateContainer
from composer.model.options import ImageOptions, UpOptions
from composer.model.plan import Plan
from composer.model.project import Project
from composer.planner.dependents import services_of
from composer.planner.lifecycle import plan_restart
from composer.record import replace


def rebuild(
    project: Project,
    engine: Engine,
    service: str,
    request: UpOptions,
    emit: Emit,
    *,
    now: float,
    parallel: int | None = None,
) -> str:
    """Build a service and replace its containers, no others; as many as there are stay.

    The old ones go when the new ones work: if that fails, they run on.
    """
    count = sum(1 for one in engine.project_containers(project.name) if is_replica(one, service))
    images = ImageOptions(build=True, quiet_build=request.images.quiet_build, now=now)
    options = replace(
        once_more(request),
        services=(service,),
        images=images,
        no_deps=True,
        ignore_orphans=True,
        remove_orphans=False,
        scale={**request.scale, **({service: count} if count else {})},
    )
    done = up(project, engine, options, emit, parallel=parallel)
    made = sum(isinstance(step.operation, CreateContainer) for step in done.plan.steps)
    return "" if made else "the image is the same: nothing to replace"


def restart(
    project: Project,
    engine: Engine,
    service: str,
    timeout: float | None,
    emit: Emit,
    *,
    parallel: int | None = None,
) -> None:
    """Restart a service, and what depends on it with `restart: true`."""

    def make(observed: Observed) -> Plan:
        return plan_restart(project, services_of(project, observed), observed, [service], timeout)

    carry_out(project.name, engine, make, emit, parallel=parallel)


def run_command(
    engine: Engine,
    container: ObservedContainer,
    command: WatchExec,
    said: Callable[[str], None],
    brake: Brake,
) -> None:
    """Run a command in a container to its end; raises HookFailed if that is not 0.

    Raises Cancelled when the brake is pulled: the command goes on by itself.
    """
    variables = (
        name if value is None else f"{name}={value}" for name, value in command.environment.items()
    )
    asked = Command(
        command.command,
        environment=tuple(variables),
        privileged=command.privileged,
        user=command.user,
        workdir=command.working_dir,
    )
    session = engine.exec(container.id, asked)
    try:
        with brake.heard(session.close):
            for line in lines_of(session):
                said(line)
        if brake.pulled:
            raise Cancelled
        code = session.exit_code()
    finally:
        session.close()
    if code:
        raise HookFailed(f"the command ended with code {code} in container {container.name}")


def prune(project: str, engine: Engine) -> int:
    """Remove the images of a project that have no name any more; return how many went.

    What a container still runs stays.
    """
    count = 0
    for image in engine.nameless_images(project):
        with suppress(EngineError):
            engine.remove_image(image)
            count += 1
    return count


def is_replica(container: ObservedContainer, service: str) -> bool:
    return container.service == service and not (container.oneoff or container.hook)


def together(failures: Iterable[ComposerError]) -> ComposerError | None:
    """Return one error for what went wrong in several containers, None if nothing did."""
    told = list(failures)
    if len(told) < 2:
        return told[0] if told else None
    return ComposerError("; ".join(error.message for error in told), help=told[0].help)
