"""A plan as text for people, and as JSON for programs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from composer.model.names import Label
from composer.model.operations import (
    Await,
    BuildImage,
    ConfigureModel,
    Connect,
    CreateContainer,
    CreateNetwork,
    CreateVolume,
    Deliver,
    Disconnect,
    Kill,
    Operation,
    Pause,
    PullImage,
    PullModel,
    PushImage,
    Remove,
    RemoveImage,
    RemoveNetwork,
    RemoveVolume,
    Rename,
    Restart,
    RunHook,
    RunProvider,
    Start,
    Stop,
    Unpause,
    UpdateContainer,
)
from composer.model.plan import Change, Loss, Plan, Step
from composer.render.table import width
from composer.source import SourceMark

_SIGNS: Mapping[type, str] = {
    PullImage: "+",
    BuildImage: "+",
    PushImage: ">",
    CreateNetwork: "+",
    CreateVolume: "+",
    CreateContainer: "+",
    RemoveNetwork: "-",
    RemoveVolume: "-",
    RemoveImage: "-",
    Remove: "-",
    Connect: "~",
    Disconnect: "~",
    Rename: "~",
    UpdateContainer: "~",
    Deliver: "~",
    Start: ">",
    Stop: "<",
    Restart: ">",
    Pause: "<",
    Unpause: ">",
    Kill: "<",
    RunHook: "!",
    RunProvider: "!",
    PullModel: "+",
    ConfigureModel: "~",
    Await: "…",
}
_COLOURS = {"+": "32", "-": "31", "~": "33", ">": "36", "<": "36", "!": "35", "…": "2"}
_COUNTED: Mapping[type, str] = {
    PullImage: "pull",
    BuildImage: "build",
    PushImage: "push",
    CreateNetwork: "create",
    CreateVolume: "create",
    UpdateContainer: "update",
    Deliver: "reload",
    Restart: "restart",
    Pause: "pause",
    Unpause: "unpause",
    RemoveNetwork: "remove",
    RemoveVolume: "remove",
    RemoveImage: "remove",
    RunHook: "run",
    RunProvider: "run",
    PullModel: "pull",
}
_KINDS = (
    *("pull", "build", "push", "create", "replace", "update", "reload", "start", "restart"),
    *("pause", "unpause", "stop", "remove", "wait for", "run"),
)
"""What is counted, in the order of the sum."""

_WIDEST = 60


def render_plan(plan: Plan, title: str, *, colour: bool) -> str:
    """Return the plan: numbered steps with their reasons, what changes, and a sum."""
    if not plan:
        return f"{title}: nothing to do"
    left = min(max(width(step.id) for step in plan.steps), _WIDEST)
    lines = [f"{title}:", ""]
    for number, step in enumerate(plan.steps, start=1):
        sign = _sign(step)
        text = f"{step.id:<{left}}"
        lines.append(f"{number:3}. {_paint(_COLOURS[sign], sign, colour)} {text}  {step.reason}")
        lines += (f"       {line}" for line in change_lines(step.changes, colour=colour))
    lines += _losses(plan.losses, colour=colour)
    lines += (f"  ?  {question}" for question in plan.open_questions)
    lines += _effects(plan)
    return "\n".join([*lines, "", sum_up(plan.steps)])


def sum_up(steps: Iterable[Step]) -> str:
    """Return how much there is to do: "3 to create, 1 to replace"."""
    counts = {kind: count for kind, count in _counts(steps).items() if count}
    return ", ".join(f"{count} to {kind}" for kind, count in counts.items())


def plan_tree(plan: Plan, project: str) -> Mapping[str, object]:
    """Return the plan as a tree for JSON.

    `after` of a step is all that it waits for, `directly_after` what no other of these implies.
    """
    from composer.graph import reduced

    direct = reduced(plan.steps) if plan else {}
    return {
        "project": project,
        "steps": [_step_tree(step, direct[step.id]) for step in plan.steps],
        "effects": dict(plan.effects),
        "causes": {
            name: {"what": cause.what, "place": _place(cause.mark)}
            for name, cause in plan.causes.items()
        },
        "summary": _counts(plan.steps),
        "warnings": [problem.message for problem in plan.warnings],
        "losses": [
            {
                "volume": loss.volume,
                "anonymous": loss.target is not None,
                "target": loss.target,
                "size": loss.size,
                "users": list(loss.users),
                "reason": loss.reason,
                "files_stay_in": loss.outside,
            }
            for loss in plan.losses
        ],
        "open_questions": list(plan.open_questions),
    }


def _step_tree(step: Step, direct: Iterable[str]) -> Mapping[str, object]:
    return {
        "id": step.id,
        "kind": type(step.operation).__name__,
        "reason": step.reason,
        "after": sorted(step.after),
        "directly_after": sorted(direct),
        "changes": [change_tree(change) for change in step.changes],
    }


def change_tree(change: Change) -> Mapping[str, object]:
    return {
        "field": change.field,
        "old": change.old,
        "new": change.new,
        "place": _place(change.mark),
        "consequence": change.consequence or None,
    }


def _counts(steps: Iterable[Step]) -> Mapping[str, int]:
    """Count what happens to things: a replacement is one, however many steps it takes."""
    steps = tuple(steps)
    creates = [s.operation for s in steps if isinstance(s.operation, CreateContainer)]
    created = {one.spec.name for one in creates}
    hooks = {one.spec.name for one in creates if one.spec.hook}
    taken_over = {s.operation.to for s in steps if isinstance(s.operation, Rename)}
    passing = taken_over | hooks | {one.instead_of or "" for one in creates}
    counts = dict.fromkeys(_KINDS, 0)
    for step in steps:
        if kind := _kind(step.operation, created | taken_over, passing):
            counts[kind] += 1
    counts["stop"] = len(_stopped(steps))
    return counts


def _kind(operation: Operation, made: Collection[str], passing: Collection[str]) -> str | None:
    """Return as what an operation counts, None if another one stands for it.

    What is started after it was `made`, or removed while `passing`, does not count again.
    """
    match operation:
        case CreateContainer(spec) if spec.hook:
            return "run"
        case CreateContainer(spec):
            return "replace" if Label.REPLACE in spec.labels else "create"
        case Start(name):
            return None if name in made else "start"
        case Remove(name):
            return None if name in passing else "remove"
        case Await(condition=condition):
            return None if condition == "hook_completed" else "wait for"
        case _:
            return _COUNTED.get(type(operation))


def _stopped(steps: Iterable[Step]) -> set[str]:
    """Return the containers that are stopped, and neither removed nor started again."""
    stopped: set[str] = set()
    others: set[str] = set()
    for step in steps:
        match step.operation:
            case Stop(name) | Kill(name):
                stopped.add(name)
            case Remove(name) | Start(name):
                others.add(name)
            case _:
                pass
    return stopped - others


def render_loss(loss: Loss) -> str:
    """Return what is at stake, before somebody is asked for it."""
    what = f"{loss.reason}:" if loss.changes else loss.reason
    lines = [f"volume {loss.volume}: {what}"]
    lines += (f"  {line}" for line in change_lines(loss.changes, colour=False))
    return "\n".join([*lines, f"Made anew, this is lost: {loss}"])


def _losses(losses: Iterable[Loss], *, colour: bool) -> Iterator[str]:
    for loss in losses:
        kept = loss.outside is not None
        word = "volume removed" if kept else _paint("31", "data lost", colour)
        yield f"{word}: {loss}"


def change_lines(changes: Iterable[Change], *, colour: bool) -> Iterator[str]:
    for change in changes:
        beside = [str(one) for one in (change.mark, change.consequence) if one]
        place = "".join(f"   {one}" for one in beside)
        text = f"{change.field}: {_value(change.old)} → {_value(change.new)}"
        yield text + _paint("2", place, colour and bool(place))


def _effects(plan: Plan) -> Iterator[str]:
    """Yield what each service will feel, and why."""
    if plan.effects:
        left = min(max(width(name) for name in plan.effects), _WIDEST)
        yield from ("", "services:")
        for name, effect in plan.effects.items():
            cause = plan.causes.get(name)
            why = f": {cause.what}" if cause else ""
            yield f"  {name:<{left}}  {effect}{why}"


def _place(mark: SourceMark | None) -> str | None:
    return str(mark) if mark else None


def _value(value: str | None) -> str:
    return "(none)" if value is None else value


def _sign(step: Step) -> str:
    operation = step.operation
    if isinstance(operation, CreateContainer) and Label.REPLACE in operation.spec.labels:
        return "~"
    return _SIGNS[type(operation)]


def _paint(code: str, text: str, colour: bool) -> str:
    return f"\033[{code}m{text}\033[0m" if colour else text
