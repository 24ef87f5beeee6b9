"""What need not wait for images: it is carried out beside the pulls and builds of the first stage.

Until all images are there, nothing that runs is stopped, replaced or changed: a pull that
fails must not leave half of a project renewed.  What is new may come before, of services
whose own image, and those of all they depend on, stay what they are.  The second stage is
planned afresh, from what exists by then; `Begun` tells it what this very run has done.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from composer.graph import closure
from composer.model.events import Event, Outcome, StepFinished, StepStarted
from composer.model.names import Label, full_reference
from composer.model.observed import Begun, Observed
from composer.model.operations import Await, CreateContainer, CreateNetwork, CreateVolume, Start
from composer.model.plan import Plan, Step
from composer.model.project import Project
from composer.model.service import Service
from composer.planner.desire import image_ref
from composer.planner.image_mounts import further_images
from composer.planner.images import brings
from composer.record import replace


def early(project: Project, observed: Observed, images: Plan, rest: Plan) -> tuple[Step, ...]:
    """Return the steps of `rest` that may be carried out together with `images`, in order.

    Networks and volumes are among them for those who need them early: a pull that fails
    leaves none that nobody uses.
    """
    if not images or rest.losses:
        return ()
    ready = frozenset(_ready(project, images))
    services = {container.name: container.service for container in observed.containers}
    services |= dict(_created(rest))
    for one in rest.replacements:  # what is kept until its successor works is part of what runs
        services |= dict.fromkeys((one.new, one.former, one.aside), "")
    known = {step.id for step in rest.steps}
    chosen: dict[str, Step] = {}
    for step in rest.steps:
        alone = all(before in chosen for before in step.after if before in known)
        if alone and _undisturbing(step, ready, services):
            chosen[step.id] = step
    needed = {before for step in chosen.values() for before in _before(step)}
    return tuple(
        step
        for step in chosen.values()
        if step.id in needed or not isinstance(step.operation, CreateNetwork | CreateVolume)
    )


def both_stages(images: Plan, rest: Plan, before: Collection[Step]) -> Plan:
    """Return one plan of two stages; only what is in `before` does not come after the images."""
    first = frozenset(step.id for step in before)
    known = frozenset(step.id for step in rest.steps) - first
    ids = frozenset(step.id for step in images.steps)
    later = tuple(
        step if step.id in first or step.after & known else replace(step, after=step.after | ids)
        for step in rest.steps
    )
    return replace(
        rest,
        steps=images.steps + later,
        warnings=images.warnings + rest.warnings,
        errors=images.errors + rest.errors,
    )


def begun(told: Iterable[Event]) -> Begun:
    """Return what a run has begun, of which it told."""
    fresh: set[str] = set()
    waits: dict[str, tuple[str, ...]] = {}
    for event in told:
        match event:
            case StepStarted(Step(Await(containers=containers))):
                waits[event.step.id] = containers
            case StepFinished(Step(Await())):
                waits.pop(event.step.id, None)
            case StepFinished(Step(CreateContainer(spec)), Outcome.DONE):
                fresh.add(spec.name)
            case StepFinished(Step(Start(container)), Outcome.DONE):
                fresh.add(container)
            case _:
                pass
    awaited = {name for containers in waits.values() for name in containers}
    return Begun(frozenset(fresh), frozenset(awaited))


def finished(told: Iterable[Event]) -> frozenset[str]:
    """Return the steps that a run has done, of which it told."""
    ends = (event for event in told if isinstance(event, StepFinished))
    return frozenset(end.step.id for end in ends if end.outcome is Outcome.DONE)


def _ready(project: Project, images: Plan) -> Iterator[str]:
    """Yield the services that no image is still to come for, nor for any that they need.

    Those with hooks are left out: their steps are planned with the start, not from
    what exists.
    """
    coming = {full_reference(ref) for step in images.steps for ref in brings(step.operation)}
    users: dict[str, list[str]] = {}
    for service in project.services.values():
        for name in service.depends_on:
            users.setdefault(name, []).append(service.name)
    waiting = [
        service.name
        for service in project.services.values()
        if any(full_reference(ref) in coming for ref in _refs(project, service))
        or (service.provider or service.models or service.pre_start or service.post_start)
    ]
    held = closure(users, waiting)
    yield from (name for name in project.services if name not in held)


def _refs(project: Project, service: Service) -> Iterator[str]:
    yield image_ref(project, service)
    yield from (image_ref(project, one) for one in further_images(project, service))


def _created(plan: Plan) -> Iterator[tuple[str, str]]:
    for step in plan.steps:
        if isinstance(step.operation, CreateContainer):
            yield step.operation.spec.name, step.operation.spec.service


def _before(step: Step) -> Iterator[str]:
    """Yield the steps before which `step` is of no use."""
    yield from step.after
    if isinstance(step.operation, CreateContainer):
        yield from (f"create network {name}" for name in step.operation.spec.config.networks)


def _undisturbing(step: Step, ready: Collection[str], services: Mapping[str, str]) -> bool:
    """Say whether a step makes something new, of services that are `ready`, and no more."""
    match step.operation:
        case CreateVolume(spec) if spec.files:
            return spec.labels.get(Label.FILES, "") in ready
        case CreateNetwork() | CreateVolume():
            return True
        case CreateContainer(spec):
            return services.get(spec.name) in ready and spec.one_off is None
        case Start(container):
            return services.get(container) in ready
        case Await(service, timeout=None):
            return service in ready
        case _:
            return False
