"""One service: which containers stay, which are replaced, which are new.

The result leaves the starts open: `up.py` links them to the starts and waits of
other services.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from composer.model.names import is_replacement_name
from composer.model.observed import ObservedContainer
from composer.model.operations import CreateContainer, Deliver, Rename, Stop
from composer.model.options import Recreate
from composer.model.plan import Change, Replacement, Step
from composer.model.service import Mount, Service
from composer.planner.desire import canonical_name, container_spec, image_ref, networks_of
from composer.planner.identity import accepted_digests
from composer.planner.live_update import LiveUpdate, live_steps
from composer.planner.mounts import anonymous_volumes, shared_targets
from composer.planner.networks import may_follow
from composer.planner.removal import ALIVE, HALF_GONE, remove_container, why_down
from composer.planner.succession import is_proven, may_be_probed, set_aside, undoable
from composer.planner.surroundings import Surroundings
from composer.planner.verdict import Replace, shared_with, verdict
from composer.record import dataclass, field, replace

UNPROBED = "the engine, restarted under it, has forgotten its probe"
UNHEALTHY = "it is unhealthy, and what it replaces is still there"


@dataclass(slots=True)
class Convergence:
    """What becomes of one service.

    `starts` maps a container that must be started to why, `ready` any that stays or
    comes to the steps after which it is there under its name.  `running` are those
    that run and stay, under the names they will have; `updates` are the steps that
    change them.  `stops` are the steps that stop replaced ones, `names` the names of
    all by number, `kept` those that they have now who stay.  `replacements` can be
    undone; if `probed`, the new ones are known to work once a wait says so.  `cleared`
    are the steps that remove leftovers, `resumed` says that an interrupted replacement
    goes on.
    """

    service: Service
    steps: list[Step] = field(default_factory=list)
    starts: dict[str, str] = field(default_factory=dict)
    ready: dict[str, frozenset[str]] = field(default_factory=dict)
    running: list[ObservedContainer] = field(default_factory=list)
    updates: list[str] = field(default_factory=list)
    stops: list[str] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()
    replacements: list[Replacement] = field(default_factory=list)
    cleared: frozenset[str] = frozenset()
    replaced: bool = False
    resumed: bool = False
    probed: bool = False
    restarted: bool = False

    @property
    def effect(self) -> str:
        """What the service will feel, in a word; the most that any of its containers does."""
        if self.replaced or self.resumed:
            return "replacement"
        if self.restarted:
            return "restart"
        if any(isinstance(step.operation, Deliver) for step in self.steps):
            return "reload"
        if self.updates:
            return "live update"
        if any(isinstance(step.operation, CreateContainer) for step in self.steps):
            return "new container"
        if self.starts:
            return "start"
        return "removal" if self.steps else "nothing"

    @property
    def containers(self) -> tuple[str, ...]:
        """The names of all containers of the service, once the plan has run."""
        return (*(container.name for container in self.running), *self.starts)

    @property
    def owner(self) -> str | None:
        """The container with which others share things: the first."""
        return self.names[min(self.names)] if self.names else None


def converge(service: Service, around: Surroundings) -> Convergence:
    """Return the steps that bring `service` to its replicas."""
    result = Convergence(service)
    live = around.observed.of(service.name)
    fates = {c.id: _fate(service, c, around) for c in live}
    standing, leftovers = _without_leftovers(live, fates)
    wanted = around.options.scale.get(service.name, service.replicas)
    standing.sort(key=lambda c: (fates[c.id] is not None, c.number))
    for surplus in standing[wanted:]:
        for container in (surplus, *leftovers[surplus.number]):
            _retire(result, container, f"scaled to {wanted}", around)
    for container in sorted(standing[:wanted], key=lambda c: c.number):
        fate, others = fates[container.id], leftovers[container.number]
        if fate is None:
            _keep(result, container, others, around)
        elif around.renews(container) or container.state.status in HALF_GONE:
            _clear(result, others, around)
            _make_anew(result, container, fate, around)
        else:
            _clear(result, others, around)
            _replace(result, container, fate, around)
    highest = max((container.number for container in live), default=0)
    for number in range(highest + 1, highest + 1 + wanted - len(standing)):
        _create(result, number, "no container yet" if not live else f"scaled to {wanted}", around)
    return result


def _fate(service: Service, live: ObservedContainer, around: Surroundings) -> Replace | None:
    policy = around.policy
    if policy is Recreate.FORCE and live.name in around.observed.begun.fresh:
        policy = Recreate.DIVERGED
    fate = verdict(
        around.project,
        service,
        live,
        around.observed,
        policy=policy,
        replaced=around.replaced,
        owners=around.owners,
        kept=around.kept,
        update=partial(around.update, service, live),
    )
    if volume := around.renews(live):
        return Replace(f"volume {volume} is made anew", fate.changes if fate else ())
    return fate


def _without_leftovers(
    live: Iterable[ObservedContainer], fates: Mapping[str, Replace | None]
) -> tuple[list[ObservedContainer], dict[int, list[ObservedContainer]]]:
    """Part the containers from what an interrupted replacement left of them, by number.

    A replacement that was cut off leaves two containers with one number.  The one that
    may stay does; of two equals the one that runs, else the one that ever did, else the
    one with the proper name.
    """
    by_number: dict[int, list[ObservedContainer]] = {}
    for container in live:
        by_number.setdefault(container.number, []).append(container)
    for group in by_number.values():
        group.sort(
            key=lambda c: (
                fates[c.id] is not None,
                c.state.status not in ALIVE,
                c.state.status == "created",
                is_replacement_name(c.name),
                c.name,
            )
        )
    standing = [group[0] for group in by_number.values()]
    return standing, {number: group[1:] for number, group in by_number.items()}


def _retire(
    result: Convergence,
    container: ObservedContainer,
    reason: str,
    around: Surroundings,
    *,
    volumes: bool = False,
) -> frozenset[str]:
    """Plan the end of a container and return the step that removes it."""
    timeout = around.options.timeout
    steps = remove_container(container, reason, timeout=timeout, volumes=volumes)
    result.steps += steps
    result.stops += [step.id for step in steps if isinstance(step.operation, Stop)]
    return frozenset({steps[-1].id})


def _clear(
    result: Convergence, leftovers: Iterable[ObservedContainer], around: Surroundings
) -> None:
    for leftover in leftovers:
        reason = "left over from an interrupted replacement"
        result.cleared |= _retire(result, leftover, reason, around)


def _keep(
    result: Convergence,
    container: ObservedContainer,
    leftovers: list[ObservedContainer],
    around: Surroundings,
) -> None:
    service = result.service
    name = canonical_name(around.project, service, container.number)
    if not is_replacement_name(container.name):
        name = container.name
    old = _predecessor(container, leftovers, around)
    _clear(result, (one for one in leftovers if one is not old), around)
    ready = _resume(result, container, old, name, around) if old else frozenset()
    if container.name != name:
        reason = "an interrupted replacement goes on"
        rename = Step(Rename(container.name, name), reason, result.cleared | ready)
        result.steps.append(rename)
        ready |= {rename.id}
    result.names[container.number] = name
    result.kept |= {container.name}
    for change in _live_steps(service, container, name, around):
        step = replace(change, after=change.after | ready)
        result.steps.append(step)
        result.updates.append(step.id)
        ready |= {step.id}
    result.ready[name] = ready
    status = container.state.status
    has_run = status != "created" and container.name in around.observed.begun.fresh
    if (doubt := _doubt(container, old)) and around.options.start:
        stop = Step(Stop(name, around.options.timeout), doubt, ready)
        result.steps.append(stop)
        result.stops.append(stop.id)
        result.ready[name] = ready | {stop.id}
        result.starts[name] = doubt
        result.restarted = True
    elif status in ALIVE or has_run:
        result.running.append(replace(container, name=name))
    else:
        result.starts[name] = why_down(container)


def _doubt(container: ObservedContainer, old: ObservedContainer | None) -> str | None:
    """Return why a container that may stay is started anew, None where it need not be.

    One whose predecessor is still there and that is unhealthy by now would only be
    found unhealthy again.
    """
    if container.state.unprobed:
        return UNPROBED
    return UNHEALTHY if old and container.state.health == "unhealthy" else None


def _predecessor(
    container: ObservedContainer, leftovers: Iterable[ObservedContainer], around: Surroundings
) -> ObservedContainer | None:
    """Return the leftover that is kept until `container` is known to work."""
    if is_proven(container) or not around.options.rollback or not around.options.start:
        return None
    return next((one for one in leftovers if one.state.status != "created"), None)


def _resume(
    result: Convergence,
    container: ObservedContainer,
    old: ObservedContainer,
    name: str,
    around: Surroundings,
) -> frozenset[str]:
    """Plan what an interrupted replacement lacks; return the steps before its end."""
    one, steps = set_aside(old, name, "an interrupted replacement goes on")
    ready = frozenset(step.id for step in steps)
    if one.ran:
        stop = Step(Stop(one.aside, around.options.timeout), "it gives way", ready)
        steps.append(stop)
        result.stops.append(stop.id)
        ready |= {stop.id}
    result.steps += steps
    result.replacements.append(replace(one, ran=True))
    result.resumed |= container.state.status not in ALIVE
    image = around.observed.images.get(image_ref(around.project, result.service))
    result.probed |= may_be_probed(result.service, container, image)
    return ready


def _live_steps(
    service: Service, container: ObservedContainer, name: str, around: Surroundings
) -> Iterable[Step]:
    """Yield the steps that change a container which stays.

    One that differs and stays all the same, for --no-recreate, stays as it is.
    """
    if around.policy is Recreate.NEVER:
        if container.digest not in accepted_digests(service, around.observed):
            return
        update = LiveUpdate()
    else:
        update = around.update(service, container)
    wanted = networks_of(around.project, service)
    yield from live_steps(service, container, name, update, wanted, around.made)


def _replace(
    result: Convergence, old: ObservedContainer, fate: Replace, around: Surroundings
) -> None:
    """Plan a successor under the name of the old one, which gives it up first."""
    service, options = result.service, around.options
    name = canonical_name(around.project, service, old.number)
    one, renames = set_aside(old, name, "its successor takes the name")
    spec = container_spec(
        around.project,
        service,
        old.number,
        images=around.observed.images,
        replaces=one.former,
        inherited=_inherited(service, old, around),
        owners=around.owners,
    )
    renames = [replace(step, after=_made(service, around)) for step in renames]
    after = needs(service, around).union(result.cleared, (step.id for step in renames))
    operation = CreateContainer(spec, one.aside if one.ran else None)
    create = Step(operation, fate.reason, after, fate.changes)
    *stops, remove = remove_container(
        replace(old, name=one.aside),
        f"replaced: {fate.reason}",
        timeout=options.timeout,
        after=frozenset({create.id}),
        volumes=around.renew,
    )
    result.steps += [*renames, create, *stops]
    result.stops += [step.id for step in stops]
    if options.rollback and options.start:
        result.replacements.append(undoable(one, old, volumes=around.renew))
        image = around.observed.images.get(image_ref(around.project, service))
        result.probed |= may_be_probed(service, old, image)
        result.ready[name] = frozenset({create.id, *(step.id for step in stops)})
    else:
        result.steps.append(remove)
        result.ready[name] = frozenset({create.id, remove.id})
    result.starts[name] = "new container"
    result.names[old.number] = name
    result.replaced = True


def _make_anew(
    result: Convergence, old: ObservedContainer, fate: Replace, around: Surroundings
) -> None:
    """Plan a successor of a container that must go first, and cannot come back.

    It holds a volume that goes too, or is half gone already.
    """
    reason = f"replaced: {fate.reason}"
    result.cleared |= _retire(result, old, reason, around, volumes=around.renew)
    _create(result, old.number, fate.reason, around, old, fate.changes)
    result.replaced = True


def _create(
    result: Convergence,
    number: int,
    reason: str,
    around: Surroundings,
    old: ObservedContainer | None = None,
    changes: tuple[Change, ...] = (),
) -> None:
    service = result.service
    spec = container_spec(
        around.project,
        service,
        number,
        images=around.observed.images,
        replaces=old.name if old else None,
        inherited=_inherited(service, old, around) if old else (),
        owners=around.owners,
    )
    after = needs(service, around) | result.cleared
    late = may_follow(service, around)
    create = Step(CreateContainer(spec), reason, after - late, changes)
    result.names[number] = spec.name
    result.steps.append(create)
    result.starts[spec.name] = "new container"
    result.ready[spec.name] = late | {create.id}


def _inherited(service: Service, old: ObservedContainer, around: Surroundings) -> tuple[Mount, ...]:
    """Return the anonymous volumes of `old` that its successor gets."""
    if around.renew:
        return ()
    shared = shared_targets(around.project, service, around.observed, around.owners)
    return anonymous_volumes(service, old, shared)


def needs(service: Service, around: Surroundings) -> frozenset[str]:
    """Return the steps before which a container of `service` cannot be created."""
    needs = set(_made(service, around))
    for other, _ in shared_with(service):
        needs.update(around.created.get(other, ()))
    for link in service.links:
        needs.update(around.created.get(link.partition(":")[0], ()))
    return frozenset(needs)


def _made(service: Service, around: Surroundings) -> frozenset[str]:
    """Return the steps that make the networks and volumes of `service`."""
    project = around.project
    networks = [project.networks[key] for key in service.networks if key in project.networks]
    keys = [mount.source or "" for mount in service.volumes]
    volumes = [project.volumes[key] for key in keys if key in project.volumes]
    used = [("network", one.name) for one in networks] + [("volume", one.name) for one in volumes]
    return frozenset(around.made[one] for one in used if one in around.made)
