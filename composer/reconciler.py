"""Observe → plan → confirm → execute, on one screen.

Images come first, in a plan of their own: whether a container must be replaced
depends on the image that it will get.  What is new and needs none of them comes with them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING

from composer.errors import Cancelled, EngineError, InvalidProject, Problem
from composer.model.events import Event, StepProgressed
from composer.model.observed import Interest, Observed, ObservedContainer
from composer.model.operations import BuildImage, CreateContainer, CreateNetwork
from composer.model.options import UpOptions
from composer.model.plan import Loss, Plan
from composer.model.project import Project
from composer.planner.api_socket import uses_api_socket, with_api_socket, without_api_socket
from composer.planner.delivery import perhaps_told
from composer.planner.digest import service_digests
from composer.planner.early import begun, both_stages, early, finished
from composer.planner.hooks import sweep
from composer.planner.images import plan_images, renewed
from composer.planner.losses import measured
from composer.planner.one_off import parted
from composer.planner.pins import instead
from composer.planner.provision import (
    heard,
    missing,
    overridden,
    provisions,
    unsure,
    with_provided,
)
from composer.planner.renewal import diverged, in_the_way
from composer.planner.scope import interest
from composer.planner.up import chosen, plan_up
from composer.planner.verdict import unexplained
from composer.planner.windows import elsewhere, on_windows, wants_windows
from composer.record import dataclass, replace

if TYPE_CHECKING:
    from composer.engine.port import Engine
    from composer.executor.run import Emit

Confirm = Callable[[tuple[Loss, ...]], Collection[str]]
"""Asks which volumes may be lost; returns their names."""

Approve = Callable[[Observed, Plan, frozenset[str]], None]
"""Hears a snapshot, the plan of what is left to do and which steps are done; raises to stop."""


@dataclass(frozen=True, slots=True)
class Done:
    """What was carried out, all stages in one plan, and what the user should know.

    `before` are the containers that the project had when it began.  `later` is what of the
    plan is left to whoever starts the one-off container.
    """

    plan: Plan
    warnings: tuple[Problem, ...] = ()
    before: tuple[ObservedContainer, ...] = ()
    later: Plan = Plan()


def observe(project: Project, engine: Engine) -> Observed:
    """Return the snapshot, with the containers inspected whose difference wants explaining.

    While the engine thinks, the hashes are found out that are needed next.
    """
    services = project.services.values()
    wanted = replace(interest(project), details=True)
    observed = engine.observe(wanted, lambda: tuple(map(service_digests, services)))
    containers = observed.containers
    if ids := unexplained(project, observed):
        inspected = engine.inspect(ids)
        containers = tuple(inspected.get(c.id, c) for c in containers)
    if ids := perhaps_told(project, observed):
        told = engine.delivered(ids)
        containers = tuple(replace(c, delivered=told.get(c.id)) for c in containers)
    return replace(observed, containers=containers)


def _supposed(project: Project, engine: Engine, observed: Observed) -> Observed:
    """Return `observed` as if tags that are not here were what containers have by their digests.

    So it will most likely be once they are pulled.
    """
    if not any("@" in container.image for container in observed.containers):
        return observed
    refs = [ref for ref in interest(project).images if ref not in observed.images]
    ids = instead(refs, observed.containers)
    found = engine.inspect_images(ids.values())
    more = {ref: found[id] for ref, id in ids.items() if id in found}
    return replace(observed, images={**observed.images, **more})


def _with_contents(project: Project, engine: Engine) -> Project:
    """Return `project` with what its configs and secrets hold, if it has any."""
    if not project.configs and not project.secrets:
        return project
    from composer.loader.contents import with_contents

    return with_contents(project, elsewhere=bool(engine.machine().remote))


def _with_bases(project: Project) -> Project:
    """Return `project` with the images that its Dockerfiles name, if it has any."""
    if not any(one.build for one in project.services.values()):
        return project
    from composer.loader.dockerfiles import with_bases

    return with_bases(project)


def foresee(
    project: Project,
    engine: Engine,
    options: UpOptions,
    *,
    confirm: Confirm | None = None,
    approve: Approve | None = None,
) -> Plan:
    """Return everything that `up` would do, without doing any of it.

    What a pull or a build will bring is not known yet: containers are planned as if
    the images stayed what they are.
    """
    project, foreign = _equipped(_with_contents(project, engine), engine, options)
    observed = observe(project, engine)
    project = with_provided(project, observed)
    at_stake = _at_stake(project, engine, observed, options)
    options = _agreed(options, at_stake, confirm)
    images = _plan_images(project, engine, observed, options)
    observed = _supposed(project, engine, observed)
    rest = plan_up(project, observed, options)
    rest = _checked(project, engine, observed, images, rest)
    questions = [
        *renewed(project, chosen(project, options), observed, images, rest),
        *unsure(project, observed, rest),
        *(
            f"{loss.volume} differs from the file; made anew, this would be lost: {loss}"
            for loss in at_stake.losses
            if loss.volume not in options.renew_volumes
        ),
    ]
    plan = both_stages(images, rest, early(project, observed, images, rest))
    plan = replace(
        plan,
        open_questions=tuple(questions),
        losses=_measured(engine, plan.losses),
        warnings=(*foreign, *plan.warnings, *at_stake.warnings),
    )
    if approve and not plan.errors:
        approve(observed, plan, frozenset())
    return plan


def bring_up(
    project: Project,
    engine: Engine,
    options: UpOptions,
    emit: Emit,
    *,
    parallel: int | None = None,
    confirm: Confirm | None = None,
    approve: Approve | None = None,
) -> Done:
    """Make the project true.  Raises InvalidProject before anything is touched."""
    bare, foreign = _equipped(_with_contents(project, engine), engine, options)
    observed = observe(bare, engine)
    project = with_provided(bare, observed)
    before = observed.containers
    at_stake = _at_stake(project, engine, observed, options)
    images = _plan_images(project, engine, observed, options)
    observed = _supposed(project, engine, observed)
    if at_stake.losses and confirm:
        _refuse(_checked(project, engine, observed, images, plan_up(project, observed, options)))
        options = _agreed(options, at_stake, confirm)
    first = _checked(project, engine, observed, images, plan_up(project, observed, options))
    _refuse(images, first)
    if approve:
        approve(observed, both_stages(images, first, ()), frozenset())
    if images:
        awaited = frozenset(step.id for step in images.steps)
        beside = early(project, observed, images, first)
        images = replace(images, steps=images.steps + beside)
        told, keep = _kept(emit)
        _execute(images, engine, keep, project=project.name, parallel=parallel, until=awaited)
        observed = replace(observe(bare, engine), begun=begun(told))
        project = with_provided(bare, observed, heard(told))
        foreign = (*foreign, *overridden(bare, heard(told)))
    plan = plan_up(project, observed, options) if images else first
    _refuse(plan)
    now, later = parted(plan) if options.one_off else (plan, Plan())
    if approve and images:
        approve(observed, plan, finished(told))
    try:
        _carry_out(now, project, engine, observed, options, emit, parallel=parallel)
    except Cancelled:
        _let_go_of_hooks(project, engine, options, emit)
        raise
    warnings = (*foreign, *first.warnings, *plan.warnings, *at_stake.warnings)
    return Done(both_stages(images, plan, ()), tuple(dict.fromkeys(warnings)), before, later)


def _equipped(
    project: Project, engine: Engine, options: UpOptions
) -> tuple[Project, tuple[Problem, ...]]:
    """Return the project with what it gets from this engine only, and what it will not have."""
    services = chosen(project, options)
    problems = list(missing(project, services, engine.has_provider, engine.has_models))
    if uses_api_socket(project):
        try:
            project = with_api_socket(project, engine.api_socket())
        except EngineError as error:
            problems += without_api_socket(project, error.message, error.help)
    if wants_windows(project):
        if engine.version().os == "windows":
            project, found = on_windows(project)
        else:
            found = elsewhere(project)
        problems += found
    if errors := [problem for problem in problems if problem.severity == "error"]:
        raise InvalidProject(errors)
    return project, tuple(problems)


def _let_go_of_hooks(project: Project, engine: Engine, options: UpOptions, emit: Emit) -> None:
    """Remove the hooks that nobody waits for any more, so that none goes on unseen."""
    from composer.executor.ctrl_c import unbraked

    observed = engine.observe(Interest(project=project.name))
    swept = sweep(observed, chosen(project, options), options.timeout)
    with unbraked():
        _execute(Plan(tuple(swept)), engine, emit, project=project.name)


def _execute(
    plan: Plan,
    engine: Engine,
    emit: Emit,
    *,
    project: str,
    parallel: int | None = None,
    until: frozenset[str] = frozenset(),
) -> None:
    """Run `plan`; the executor is imported when there is something to run."""
    if plan:
        from composer.executor.run import execute

        execute(plan, engine, emit, project=project, parallel=parallel, until=until)


def _carry_out(
    plan: Plan,
    project: Project,
    engine: Engine,
    observed: Observed,
    options: UpOptions,
    emit: Emit,
    *,
    parallel: int | None,
) -> None:
    """Run `plan`; who was being replaced comes back if it fails."""
    if plan:
        from composer.recovery import carry_out

        carry_out(plan, project, engine, observed, options, emit, parallel=parallel)


def _kept(emit: Emit) -> tuple[list[Event], Emit]:
    """Return an emit, and the list in which it keeps how steps begin and end, and settings."""
    told: list[Event] = []

    def both(event: Event) -> None:
        if isinstance(event, StepProgressed) and event.progress.setting is None:
            emit(event)
            return
        told.append(event)
        if not isinstance(event, StepProgressed):  # a setting is not for everybody's eyes
            emit(event)

    return told, both


def _at_stake(project: Project, engine: Engine, observed: Observed, options: UpOptions) -> Plan:
    """Return an empty plan with what could be lost, and warnings of what cannot be touched."""
    services = chosen(project, options)
    found = _measured(engine, diverged(project, services, observed))
    whys = {loss: in_the_way(loss, project, services, observed, options) for loss in found}
    return Plan(
        losses=tuple(loss for loss, why in whys.items() if why is None),
        warnings=tuple(why for why in whys.values() if why is not None),
    )


def _measured(engine: Engine, losses: tuple[Loss, ...]) -> tuple[Loss, ...]:
    return measured(losses, engine.usage(loss.volume for loss in losses)) if losses else ()


def _agreed(options: UpOptions, at_stake: Plan, confirm: Confirm | None) -> UpOptions:
    """Return the request with the volumes that the user agrees to lose."""
    if not at_stake.losses or confirm is None:
        return options
    names = {loss.volume for loss in at_stake.losses}
    return replace(options, renew_volumes=frozenset(names.intersection(confirm(at_stake.losses))))


def _plan_images(project: Project, engine: Engine, observed: Observed, options: UpOptions) -> Plan:
    """Return the first stage."""
    services = [
        service
        for service in chosen(project, options)
        if options.scale.get(service.name, service.replicas)
    ]
    plan = plan_images(_with_bases(project), services, observed.images, options.images)
    if any(isinstance(step.operation, BuildImage) for step in plan.steps) and not engine.bakes():
        from composer.planner.builds import without_buildkit

        plan = replace(plan, errors=(*plan.errors, *without_buildkit(project, plan)))
    return replace(plan, steps=(*plan.steps, *provisions(project, chosen(project, options))))


def _checked(
    project: Project, engine: Engine, observed: Observed, images: Plan, plan: Plan
) -> Plan:
    """Return `plan` with what stands in its way outside of the project; looks only if it moves."""
    if not images and not plan:
        return plan
    from composer.engine.vicinity import look_around
    from composer.planner.preflight import doubts, obstacles, wants

    around = look_around(engine, wants(project, observed, images, plan))
    found = (*_too_new(project, engine, plan), *obstacles(project, observed, images, plan, around))
    if errors := (*plan.errors, *found):
        return Plan(errors=errors)
    unsure = doubts(project, observed, plan, around)
    return replace(plan, warnings=(*plan.warnings, *unsure))


def _too_new(project: Project, engine: Engine, plan: Plan) -> Iterable[Problem]:
    """Return a problem for what the file asks of an engine that is too old for it."""
    problems: dict[str, Problem] = {}
    for step in plan.steps:
        match step.operation:
            case CreateContainer(spec):
                place: tuple[str, ...] = ("services", spec.service)
            case CreateNetwork(spec):
                place = ("networks", spec.key)
            case _:
                continue
        try:
            engine.check(spec)
        except EngineError as error:
            attribute = error.message.split(" ", 1)[0]
            mark = project.mark(*place, attribute) or project.mark(*place)
            message = f"{'.'.join(place)}: {error.message}"
            problems.setdefault(message, Problem(message, mark, help=error.help))
    return problems.values()


def _refuse(*plans: Plan) -> None:
    errors = [error for plan in plans for error in plan.errors]
    if errors:
        raise InvalidProject(errors)
