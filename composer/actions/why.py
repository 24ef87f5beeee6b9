"""Why the containers of a service are what they are: what replaced them last, what would now."""

from __future__ import annotations

from collections.abc import Iterator

from composer.engine.port import Engine
from composer.model.names import Label
from composer.model.observed import Interest, ObservedContainer
from composer.model.operations import (
    Connect,
    CreateContainer,
    Deliver,
    Disconnect,
    Remove,
    Start,
    Stop,
    UpdateContainer,
)
from composer.model.options import UpOptions
from composer.model.plan import Change, Plan, Step
from composer.model.project import Project
from composer.planner.records import Record, record_of
from composer.reconciler import foresee
from composer.record import dataclass

STAYS = "stays"


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """One container.  `effect` is what `up` would do to it, and `reason` why.

    `created` is in seconds since the epoch, 0 for one that does not exist yet.  `maker` is
    the version of Docker Compose whose form its labels have, "" if composer made it.
    `last` is why it took the place of another; None if it did not, or nobody wrote it down.
    """

    container: str
    effect: str
    reason: str = ""
    changes: tuple[Change, ...] = ()
    questions: tuple[str, ...] = ()
    created: int = 0
    maker: str = ""
    replaced: str = ""
    last: Record | None = None


def why(project: Project, service: str, engine: Engine) -> tuple[Why, ...]:
    """Return what is known of each container of `service`, by number, then the new ones."""
    plan = foresee(project, engine, UpOptions())
    live = engine.observe(Interest(project=project.name)).of(service)
    return (*(_about(one, plan) for one in live), *_new(service, plan))


def _about(live: ObservedContainer, plan: Plan) -> Why:
    effect, step = _fate(live.name, plan)
    ours = Label.SETTLED in live.labels
    return Why(
        container=live.name,
        effect=effect,
        reason=step.reason if step else "",
        changes=tuple(_changes(live.name, plan)) if step else (),
        questions=tuple(q for q in plan.open_questions if q.startswith(f"{live.name} ")),
        created=live.created,
        maker="" if ours else live.labels.get(Label.VERSION, "unknown"),
        replaced=live.labels.get(Label.REPLACE, ""),
        last=record_of(live),
    )


def _fate(name: str, plan: Plan) -> tuple[str, Step | None]:
    """Return what becomes of a container, and the step that says why."""
    steps = {type(step.operation): step for step in plan.steps if _is_about(step, name)}
    if step := steps.get(CreateContainer):
        return "replacement", step
    if step := steps.get(Remove):
        return "removal", step
    if (step := steps.get(Start)) and Stop in steps:
        return "restart", step
    if step := steps.get(Start):
        return "start", step
    for kind, effect in (
        (UpdateContainer, "live update"),
        (Connect, "live update"),
        (Disconnect, "live update"),
        (Deliver, "reload"),
    ):
        if step := steps.get(kind):
            return effect, step
    return STAYS, None


def _is_about(step: Step, name: str) -> bool:
    match step.operation:
        case CreateContainer(spec):
            return spec.labels.get(Label.REPLACE) == name
        case (
            Remove(container)
            | Start(container)
            | Stop(container)
            | UpdateContainer(container)
            | Connect(container)
            | Disconnect(container)
            | Deliver(container)
        ):
            return container == name
        case _:
            return False


def _changes(name: str, plan: Plan) -> Iterator[Change]:
    seen: set[Change] = set()
    for step in plan.steps:
        for change in step.changes if _is_about(step, name) else ():
            if change not in seen:
                seen.add(change)
                yield change


def _new(service: str, plan: Plan) -> Iterator[Why]:
    for step in plan.steps:
        match step.operation:
            case CreateContainer(spec) if spec.service == service and not spec.hook:
                if Label.REPLACE not in spec.labels:
                    yield Why(container=spec.name, effect="new container", reason=step.reason)
            case _:
                pass
