"""What is to be done when an `up` failed: who was being replaced comes back.

What exists decides, not what the plan had got to: a container that was set aside and
is still there comes back, unless its successor and all of its group work by now.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from composer.errors import EngineError
from composer.graph import order
from composer.model.names import is_replacement_name
from composer.model.observed import Observed, ObservedContainer
from composer.model.operations import (
    Await,
    Connect,
    CreateContainer,
    Disconnect,
    Operation,
    Remove,
    RemoveNetwork,
    Rename,
    RunHook,
    Start,
    Stop,
)
from composer.model.plan import Plan, Replacement, Step
from composer.model.project import Project
from composer.planner.content import uses
from composer.planner.delivery import target
from composer.planner.dependents import dependents_of
from composer.planner.networks import endpoint
from composer.planner.removal import ALIVE, remove_container
from composer.planner.succession import is_proven
from composer.record import dataclass, field, replace

_GOES_ON: Final = "the next 'composer up' goes on from there"


@dataclass(slots=True)
class _WayBack:
    """Steps, and `starts`: the containers that are to run again, by the names they will have."""

    steps: list[Step] = field(default_factory=list)
    starts: dict[str, ObservedContainer] = field(default_factory=dict)
    ready: dict[str, frozenset[str]] = field(default_factory=dict)


def plan_rollback(
    project: Project,
    failed: Plan,
    failures: Collection[str],
    before: Observed,
    now: Observed,
    *,
    timeout: float | None = None,
    given_up: Collection[str] = (),
) -> Plan:
    """Return the plan that brings back who was there before `failed`, and works no more.

    `failures` are the ids of the steps that failed, `before` and `now` what existed
    before the first and after the last step.  `given_up` are containers with which this
    was tried already, and failed.
    """
    way = _WayBack()
    broken = set(concerned(failed.steps, failures))
    coming: list[Replacement] = []
    for group in _groups(failed.replacements):
        pending = [one for one in group if _find(now, id=one.old) is not None]
        if all(_works(one, failed, now, broken) for one in group):
            way.steps += [_end(one) for one in pending if not {one.aside} & {*given_up}]
            continue
        coming += [one for one in pending if not {one.aside, one.former, one.new} & {*given_up}]
    takers = {n: live for n in takers_of(coming, failed) if (live := _called(now, n))}
    for taker in takers.values():
        if taker.name not in given_up:
            way.steps += remove_container(taker, "who had it before comes back", timeout=timeout)
    for one in coming:
        _bring_back(way, one, project, failed, now, timeout, takers)
    _restore_names(way, failed, now, given_up)
    _rejoin(way, project, failed, now, given_up)
    _start_again(way, failed, broken, before, now, given_up)
    return Plan(order([*way.steps, *_starts(way)]))


def concerned(steps: Iterable[Step], ids: Collection[str]) -> Iterator[str]:
    """Yield the names of the containers that some of the steps are about."""
    for step in steps:
        if step.id in ids:
            yield from containers_of(step.operation)


def containers_of(operation: Operation) -> tuple[str, ...]:
    """Return the names of the containers that an operation makes, moves or waits for."""
    match operation:
        case CreateContainer(spec):
            return (spec.name,)
        case Await(_, containers):
            return containers
        case Start(name) | Stop(name) | Remove(name) | Connect(name) | Disconnect(name):
            return (name,)
        case RunHook(name):
            return (name,)
        case Rename(name, to):
            return (name, to)
        case _:
            return ()


def made_by(plan: Plan) -> set[str]:
    """Return the names of the containers that a plan makes, but for those of hooks."""
    return {
        step.operation.spec.name
        for step in plan.steps
        if isinstance(step.operation, CreateContainer) and not step.operation.spec.hook
    }


def takers_of(coming: Iterable[Replacement], failed: Plan) -> Iterator[str]:
    """Yield who is new, and is to have a name, a port or an address of one that comes back.

    It is made, or started, after that one has let go of it.
    """
    asides = {one.aside for one in coming}
    given = {
        step.id
        for step in failed.steps
        if isinstance(step.operation, Stop | Rename) and asides & {*containers_of(step.operation)}
    }
    successors = {one.new for one in failed.replacements}
    for name in sorted(made_by(failed) - successors):
        if any(given & s.after for s in failed.steps if name in containers_of(s.operation)):
            yield name


def taken_back_by(way: Plan, failed: Plan) -> Iterator[str]:
    """Yield the containers that the way back removes, and that are nobody's successors."""
    new = made_by(failed) - {one.new for one in failed.replacements}
    for step in way.steps:
        if isinstance(step.operation, Remove) and step.operation.container in new:
            yield step.operation.container


def _groups(replacements: Iterable[Replacement]) -> Iterable[list[Replacement]]:
    groups: dict[int, list[Replacement]] = {}
    for one in replacements:
        groups.setdefault(one.group, []).append(one)
    return groups.values()


def _find(world: Observed, *, id: str) -> ObservedContainer | None:
    return next((one for one in world.containers if one.id == id), None)


def _called(world: Observed, name: str) -> ObservedContainer | None:
    return next((one for one in world.containers if one.name == name), None)


def _successor(one: Replacement, failed: Plan, now: Observed) -> ObservedContainer | None:
    """Return who was made in the place of another, and not who bears that name still."""
    found = _called(now, one.new)
    if found is None or found.service != one.service:
        return None
    return None if found.id in {other.old for other in failed.replacements} else found


def _works(one: Replacement, failed: Plan, now: Observed, broken: Collection[str]) -> bool:
    """Say whether the successor has started, and nothing speaks against it."""
    successor = _successor(one, failed, now)
    if successor is None or one.new in broken:
        return False
    done = successor.state.status == "exited" and successor.state.exit_code == 0
    return done or is_proven(successor)


def _end(one: Replacement) -> Step:
    return Step(Remove(one.aside, one.volumes), "it is replaced")


def _bring_back(
    way: _WayBack,
    one: Replacement,
    project: Project,
    failed: Plan,
    now: Observed,
    timeout: float | None,
    takers: Collection[str],
) -> None:
    """Take the successor away, and give the old container its name and networks."""
    old = _find(now, id=one.old)
    assert old is not None
    successor = _successor(one, failed, now)
    if successor is not None:
        why = f"{one.former} comes back" if one.former != one.new else "its predecessor comes back"
        way.steps += remove_container(successor, why, timeout=timeout)
    name = old.name
    if old.name != one.former and (one.former in takers or _is_free(one.former, failed, now)):
        gone = frozenset({f"remove {one.former}"})
        way.steps.append(Step(Rename(old.name, one.former), "it comes back", gone))
        name = one.former
    back = replace(old, name=name)
    joins = [
        replace(step, after=frozenset({f"rename {old.name} to {name}"}))
        for step in _joins(back, one, project, failed, now)
    ]
    way.steps += joins
    if one.ran and old.state.status not in ALIVE:
        way.starts[name] = back
        way.ready[name] = frozenset(step.id for step in joins)


def _is_free(name: str, failed: Plan, now: Observed) -> bool:
    """Say whether a name is nobody's, or that of a successor that goes."""
    return _called(now, name) is None or name in {one.new for one in failed.replacements}


def _joins(
    back: ObservedContainer, one: Replacement, project: Project, failed: Plan, now: Observed
) -> Iterator[Step]:
    """Yield the steps that bring a container into the networks that the plan took it out of."""
    for step in failed.steps:
        match step.operation:
            case Disconnect(container, network) if container in (one.former, one.aside):
                if network in now.networks and network not in back.networks:
                    join = Connect(back.name, network, endpoint(project, back, network))
                    yield Step(join, "it comes back")
            case _:
                pass


def _rejoin(
    way: _WayBack, project: Project, failed: Plan, now: Observed, given_up: Collection[str]
) -> None:
    """Bring who stays back into the networks that were to be made anew, old or new."""
    anew = {s.operation.name for s in failed.steps if isinstance(s.operation, RemoveNetwork)}
    others = {name for one in failed.replacements for name in (one.former, one.aside)}
    for step in failed.steps:
        match step.operation:
            case Disconnect(name, network) if network in anew and network in now.networks:
                one = _called(now, name)
                if one and network not in one.networks and name not in {*others, *given_up}:
                    join = Connect(name, network, endpoint(project, one, network))
                    way.steps.append(Step(join, "it was in there"))
            case _:
                pass


def _restore_names(way: _WayBack, failed: Plan, now: Observed, given_up: Collection[str]) -> None:
    """Give back its name to who was set aside for nothing: there is no successor."""
    known = {one.aside for one in failed.replacements}
    for step in failed.steps:
        match step.operation:
            case Rename(name, aside) if is_replacement_name(aside) and aside not in known:
                idle = _called(now, aside) is None or _called(now, name) is not None
                if not idle and not {name, aside} & {*given_up}:
                    way.steps.append(Step(Rename(aside, name), "it has no successor"))
            case _:
                pass


def _start_again(
    way: _WayBack,
    failed: Plan,
    broken: Collection[str],
    before: Observed,
    now: Observed,
    given_up: Collection[str],
) -> None:
    """Start who was only stopped to be started again, and was not."""
    gone = {name for step in failed.steps if isinstance(step.operation, Remove)
            for name in containers_of(step.operation)}  # fmt: skip
    ran = {one.id for one in before.containers if one.state.status in ALIVE}
    for step in failed.steps:
        if not isinstance(step.operation, Stop) or step.operation.container in gone:
            continue
        one = _called(now, step.operation.container)
        if one is None or one.id not in ran or one.state.status in ALIVE:
            continue
        if one.name not in broken and one.name not in given_up:
            way.starts[one.name] = one


def _starts(way: _WayBack) -> Iterator[Step]:
    """Yield the starts: once everybody who had something of theirs is gone, owners first."""
    gone = frozenset(step.id for step in way.steps if not isinstance(step.operation, Connect))
    again = {one.id: name for name, one in way.starts.items()}
    users = dependents_of(way.starts.values())
    for name, one in way.starts.items():
        needs = {
            f"start {again[owner.id]}"
            for owner in way.starts.values()
            if owner is not one and one in users.get(owner.service, ())
        }
        after = gone | needs | way.ready.get(name, frozenset())
        yield Step(Start(name), "it ran before", after)


def own_steps(plan: Plan) -> frozenset[str]:
    """Return the steps of replacements after the first: what became of them is told otherwise."""
    names = {name for one in plan.replacements for name in (one.new, one.aside)}
    for step in plan.steps:
        match step.operation:
            case Rename(name, aside) if is_replacement_name(aside):
                names |= {name, aside}
            case _:
                pass
    return steps_about(plan, names)


def steps_about(plan: Plan, names: Iterable[str]) -> frozenset[str]:
    """Return the steps that are about some containers."""
    known = set(names)
    return frozenset(step.id for step in plan.steps if known & {*containers_of(step.operation)})


def aftermath(
    project: Project,
    failed: Plan,
    now: Observed,
    troubles: Mapping[str, BaseException],
    removed: Iterable[str] = (),
) -> Iterator[str]:
    """Yield what became of the containers that were being replaced, a line each.

    `removed` are new ones that made room for them.
    """
    left = False
    for one in failed.replacements:
        old = _find(now, id=one.old)
        if old is None:
            yield f"{one.new} is replaced"
            continue
        runs = old.state.status in ALIVE
        if old.name == one.former and (runs or not one.ran):
            yield f"{one.former} {'runs' if runs else 'is'} as before"
            yield from _seen_all_the_same(project, failed, one, old)
            continue
        left = True
        if old.name == one.former:
            yield f"{one.former} is back, and does not run"
        else:
            yield f"{one.former} is left as {old.name}, which {'runs' if runs else 'does not run'}"
    yield from (f"{name}, which is new, is removed again to make room" for name in removed)
    for step, error in troubles.items():
        yield f"{step}: {error}"
    if left:
        yield _GOES_ON


def _seen_all_the_same(
    project: Project, failed: Plan, one: Replacement, old: ObservedContainer
) -> Iterator[str]:
    """Yield which new content `old` has too: what is mounted cannot be taken back."""
    changed = {
        change.field
        for step in failed.steps
        if isinstance(step.operation, CreateContainer) and step.operation.spec.name == one.new
        for change in step.changes
    }
    service = project.services.get(one.service)
    mounted = {point.target: point.source for point in old.mounts if point.type == "bind"}
    for use in uses(project, service) if service else ():
        if use.name in changed and mounted.get(target(use), "") == use.entry.file:
            yield (
                f"{one.former} has the new content of {use.name} too, since it is mounted: "
                "with a mode it is written, and stays what it was"
            )


def lost_sight(failed: Plan, error: EngineError) -> Iterator[str]:
    """Yield what may be left when the engine does not even tell."""
    for one in failed.replacements:
        yield f"{one.former} may be left as {one.aside}"
    if failed.replacements:
        yield f"nothing could be brought back: {error.message}"
        yield _GOES_ON
