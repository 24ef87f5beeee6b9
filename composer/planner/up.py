"""The second stage of `up`: everything but images.

Creates and starts go in dependency order, and nothing else waits: a step comes
after exactly the steps that it needs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TypeVar

from composer.errors import Problem
from composer.graph import closure, dependencies_first, order
from composer.model.names import is_replacement_name
from composer.model.observed import Observed, ObservedContainer
from composer.model.operations import (
    Await,
    CreateContainer,
    CreateNetwork,
    CreateVolume,
    Rename,
    Start,
)
from composer.model.options import UpOptions
from composer.model.plan import Plan, Replacement, Step
from composer.model.project import Project
from composer.model.resources import NetworkSpec, VolumeSpec
from composer.model.service import Port, Service
from composer.planner.containers import Convergence, converge
from composer.planner.desire import network_spec, volume_spec
from composer.planner.effects import causes, with_consequences
from composer.planner.first_start import unread
from composer.planner.found import Found
from composer.planner.hooks import sweep, with_hooks
from composer.planner.kept import unkept_files, with_kept_files
from composer.planner.losses import losses
from composer.planner.networks import occupies_nothing, plan_networks, rejoin
from composer.planner.one_off import converge_once, made_when_ready
from composer.planner.records import with_records
from composer.planner.refusals import refusals
from composer.planner.removal import remove_container
from composer.planner.restarts import held_back, restarts_of
from composer.planner.succession import grouped, removals, stopped_late
from composer.planner.surroundings import Surroundings
from composer.planner.taking import free_before_taken
from composer.planner.volumes import plan_volumes
from composer.record import replace

Spec = TypeVar("Spec", NetworkSpec, VolumeSpec)

_COMPLETED = "service_completed_successfully"


def chosen(project: Project, options: UpOptions) -> tuple[Service, ...]:
    """Return the services that `options` mean, dependencies before dependents."""
    edges = {name: tuple(s.depends_on) for name, s in project.services.items()}
    ordered = dependencies_first(edges)
    names: Collection[str] = options.services or tuple(project.services)
    if not options.no_deps:
        names = closure(edges, names)
    return tuple(project.services[name] for name in ordered if name in names)


def plan_up(project: Project, observed: Observed, options: UpOptions) -> Plan:
    """Return the plan that makes the project true, given what exists."""
    services = tuple(one for one in chosen(project, options) if one.provider is None)
    found = _resources(project, services, observed, options)
    made = dict(_made(found.steps))
    refused = tuple(refusals(project, services, observed, options))
    if refused:
        return Plan(warnings=tuple(found.warnings), errors=(*found.errors, *refused))

    converged = _converged(project, services, observed, options, made)
    restarts = restarts_of(converged, options)
    steps = [step for c in converged.values() for step in held_back(c, restarts)]
    orphans = _orphans(project, observed, options)
    rejoins = rejoin(project, observed, [*found.steps, *steps, *orphans.steps], converged)
    starts, proofs = starts_of(converged, observed, options, project) if options.start else ([], {})
    ports = {name: one.service.ports for one in converged.values() for name in one.starts}
    swept = sweep(observed, services, options.timeout)
    everything = [*found.steps, *steps, *rejoins, *restarts, *orphans.steps, *swept, *starts]
    told = with_records(with_consequences(with_kept_files(everything)), observed)
    givers = [one for c in converged.values() for one in c.replacements]
    ordered = _in_order(made_when_ready(told, options), observed, ports, givers)
    replacements = grouped(givers, ordered, observed)
    ordered = (*ordered, *removals(replacements, proofs))
    lost = losses(ordered, observed)
    return Plan(
        _hooked(
            [*ordered, *unkept_files(project.name, ordered, observed)],
            project,
            observed,
            {name: one.owner for name, one in converged.items() if one.owner},
        ),
        warnings=(*found.warnings, *orphans.warnings, *unread(ordered, observed, lost)),
        errors=tuple(found.errors),
        losses=lost,
        effects={name: one.effect for name, one in sorted(converged.items())},
        causes=causes(converged),
        replacements=replacements,
    )


def _in_order(
    steps: list[Step],
    observed: Observed,
    ports: Mapping[str, tuple[Port, ...]],
    replacements: Iterable[Replacement],
) -> tuple[Step, ...]:
    """Return the steps in order, names and ports freed before they are taken.

    Who waits for the service that it gives its port to cannot be stopped late.  Names
    that wander among services which also share namespaces may have no order at all.
    Then they are taken as they come: the engine refuses one that is still borne, the
    user reads which, and the next `up` goes on.
    """
    for tried in (stopped_late(steps, replacements), steps):
        try:
            return order(free_before_taken(tried, observed, ports))
        except ValueError:
            continue
    return order(steps)


def _hooked(
    steps: list[Step], project: Project, observed: Observed, owners: Mapping[str, str]
) -> tuple[Step, ...]:
    """Return the steps, which are in order, with their hooks.

    `owners` are the containers that stand for services once the steps are done.
    """
    hooked = with_hooks(steps, project, observed, {**dict(_owners(observed)), **owners})
    return tuple(steps) if len(hooked) == len(steps) else order(hooked)


def _converged(
    project: Project,
    services: Iterable[Service],
    observed: Observed,
    options: UpOptions,
    made: Mapping[tuple[str, str], str],
) -> dict[str, Convergence]:
    """Return what becomes of each service; one sees what has become of those before it."""
    converged: dict[str, Convergence] = {}
    replaced: set[str] = set()
    created: dict[str, tuple[str, ...]] = {}
    kept: dict[str, frozenset[str]] = {}
    owners = dict(_owners(observed))
    for service in services:
        around = Surroundings(
            project=project,
            observed=observed,
            options=options,
            named=not options.services or service.name in options.services,
            replaced=replaced,
            made=made,
            created=created,
            owners=owners,
            kept=kept,
        )
        name = service.name
        if (once := options.one_off) is not None and once.service == name:
            one = converge_once(service, once, around)
        else:
            one = converge(service, around)
        converged[name] = one
        created[name], kept[name] = tuple(_creates(one)), one.kept
        if one.replaced:
            replaced.add(name)
        if one.owner:
            owners[name] = one.owner
    return converged


def _owners(observed: Observed) -> Iterator[tuple[str, str]]:
    """Yield for each service the container that others share things with as it is now."""
    for service in {container.service: None for container in observed.containers}:
        if live := observed.of(service):
            yield service, min(live, key=lambda c: (c.number, is_replacement_name(c.name))).name


def _creates(converged: Convergence) -> Iterable[str]:
    """Yield the steps after which the service's containers bear their names."""
    for step in converged.steps:
        match step.operation:
            case CreateContainer():
                yield step.id
            case Rename(_, name) if name in converged.names.values():
                yield step.id
            case _:
                pass


def _made(steps: Iterable[Step]) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield the networks and volumes that steps make, as (kind, name), with the step's id."""
    for step in steps:
        match step.operation:
            case CreateNetwork(spec):
                yield ("network", spec.name), step.id
            case CreateVolume(spec):
                yield ("volume", spec.name), step.id
            case _:
                pass


def _resources(
    project: Project, services: Iterable[Service], observed: Observed, options: UpOptions
) -> Found:
    """Return the steps for the networks and volumes that `services` use."""
    services = tuple(services)
    networks = {key for service in services for key in service.networks}
    found = Found()
    wanted_networks = _by_name(
        (network_spec(project, k, n) for k, n in project.networks.items() if k in networks),
        "networks",
        project,
        found,
    )
    wanted_volumes = _by_name(
        volumes_of(project, services),
        "volumes",
        project,
        found,
    )
    found += plan_networks(project, wanted_networks, observed)
    found += plan_volumes(project, wanted_volumes, observed, options.renew_volumes)
    return found


def volumes_of(project: Project, services: Iterable[Service]) -> Iterator[VolumeSpec]:
    """Yield the named volumes that `services` mount."""
    used = {mount.source for service in services for mount in service.volumes}
    for key, volume in project.volumes.items():
        if key in used:
            yield volume_spec(project, key, volume)


def _by_name(
    specs: Iterable[Spec], section: str, project: Project, found: Found
) -> tuple[Spec, ...]:
    """Return the specs, one for each name; two that differ under one name are an error."""
    by_name: dict[str, Spec] = {}
    for spec in specs:
        known = by_name.setdefault(spec.name, spec)
        if known.digest != spec.digest:
            mark = project.mark(section, known.key)
            found.errors.append(
                Problem(
                    f"{known.key!r} and {spec.key!r} have one name, {spec.name!r}, and differ",
                    project.mark(section, spec.key),
                    notes=((f"{known.key!r} stands here", mark),) if mark else (),
                )
            )
    return tuple(by_name.values())


def starts_of(
    converged: Mapping[str, Convergence],
    observed: Observed,
    options: UpOptions,
    project: Project | None = None,
) -> tuple[list[Step], dict[str, frozenset[str]]]:
    """Return starts and waits, and for each successor the steps after which it works."""
    waits = _Waits(converged, observed, project)
    steps = []
    for one in converged.values():
        gate = waits.before(one.service) if one.starts else frozenset()
        for name, why in one.starts.items():
            steps.append(Step(Start(name), why, one.ready[name] | gate))
    if options.wait:
        for one in converged.values():
            waits.until_up(one, options.wait_timeout)
    proofs = {
        successor.new: waits.proof(one, successor.new)
        for one in converged.values()
        for successor in one.replacements
    }
    return [*steps, *waits.steps.values()], proofs


class _Waits:
    """The waits of a plan, each made once however many services need it."""

    def __init__(
        self, converged: Mapping[str, Convergence], observed: Observed, project: Project | None
    ) -> None:
        self.steps: dict[str, Step] = {}
        self._converged = converged
        self._project = project
        self._live = {container.name: container for container in observed.containers}
        self._awaited = observed.begun.awaited

    def before(self, service: Service) -> frozenset[str]:
        """Return the steps after which `service` may start."""
        gate: set[str] = set()
        for name, dependency in service.depends_on.items():
            one = self._converged.get(name)
            if one is None or not one.containers:
                continue
            gate.update(f"start {container}" for container in one.starts)
            gate.update(one.updates)
            if dependency.condition != "service_started":
                wait = Await(name, one.containers, dependency.condition, dependency.required)
                gate |= self._add(one, wait, f"{service.name!r} starts when it is so")
        return frozenset(gate)

    def until_up(self, one: Convergence, timeout: float | None) -> None:
        """Wait for a service as `up --wait` does."""
        awaited = any(
            other.service.depends_on[one.service.name].condition == _COMPLETED
            for other in self._converged.values()
            if one.service.name in other.service.depends_on
        )
        condition = _COMPLETED if awaited else "running_or_healthy"
        if one.containers:
            wait = Await(one.service.name, one.containers, condition, timeout=timeout)
            self._add(one, wait, "asked for by --wait")

    def proof(self, one: Convergence, successor: str) -> frozenset[str]:
        """Return the steps after which a container of the service is known to work.

        A wait of others for the health of the service says it as well.
        """
        started = frozenset({f"start {successor}"} if successor in one.starts else ())
        if not one.probed:
            return started
        alone = (successor,)
        wait = Await(one.service.name, alone, "service_healthy", successors=alone)
        if str(wait) not in self.steps:
            wait = replace(wait, condition="running_or_healthy")
        return started | self._add(one, wait, "the one it replaces is kept until then")

    def _add(self, one: Convergence, wait: Await, reason: str) -> frozenset[str]:
        met = all(self._met(name, wait.condition) for name in one.containers)
        if met and not one.starts and self._awaited.isdisjoint(one.containers):
            return frozenset()
        if wait.condition == _COMPLETED and self._project is not None:
            wait = replace(wait, at_once=occupies_nothing(one.service, self._project))
        known = self.steps.get(str(wait))
        if known is not None and isinstance(known.operation, Await):
            wait = replace(
                wait,
                containers=tuple(dict.fromkeys((*known.operation.containers, *wait.containers))),
                required=known.operation.required or wait.required,
                timeout=known.operation.timeout or wait.timeout,
                successors=(*known.operation.successors, *wait.successors),
            )
            reason = known.reason
        after = frozenset(f"start {container}" for container in one.starts)
        after = after.union(*(one.ready.get(name, ()) for name in one.containers))
        self.steps[str(wait)] = Step(wait, reason, after)
        return frozenset({str(wait)})

    def _met(self, name: str, condition: str) -> bool:
        """Say whether a container that nobody touches is as it should be already."""
        live: ObservedContainer | None = self._live.get(name)
        if live is None:
            return False
        if condition == _COMPLETED:
            return live.state.status == "exited" and live.state.exit_code == 0
        health = ("healthy",) if condition == "service_healthy" else ("healthy", None)
        return live.state.status == "running" and live.state.health in health


def _orphans(project: Project, observed: Observed, options: UpOptions) -> Found:
    """Return the steps that remove orphans, or a warning that names them.

    One-off containers that have ended are removed with them, and not warned of.
    """
    found = Found()
    known = {name for name, one in project.services.items() if one.provider is None}
    known |= {*project.disabled}
    orphans = [c for c in observed.containers if c.service not in known and not c.oneoff]
    if options.ignore_orphans or not (orphans or options.remove_orphans):
        return found
    if not options.remove_orphans:
        names = ", ".join(container.name for container in orphans)
        found.warnings.append(
            Problem(
                f"orphan containers of project {project.name!r}: {names}",
                help="their services are not in the file; --remove-orphans removes them",
                severity="warning",
            )
        )
        return found
    for container in orphans:
        why = f"service {container.service!r} is not in the file"
        found.steps += remove_container(container, why, timeout=options.timeout)
    for container in observed.containers:
        if container.oneoff and container.state.status in ("exited", "dead"):
            found.steps += remove_container(container, "a one-off container that has ended")
    return found
