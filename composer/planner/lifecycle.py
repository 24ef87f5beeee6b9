"""Plans for containers that exist: start, stop, restart, pause, kill, remove.

They make nothing, and look at no difference from the file.  `services` None is all that
there are; with a file these are its own, so that orphans are left alone.  Only the file
knows of hooks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from composer.errors import Problem
from composer.graph import closure, dependencies_first, order
from composer.model.observed import Observed, ObservedContainer
from composer.model.operations import Await, Kill, Operation, Pause, Restart, Stop, Unpause
from composer.model.options import UpOptions
from composer.model.plan import Plan, Step
from composer.model.project import Project
from composer.model.service import Service
from composer.planner.containers import Convergence
from composer.planner.dependents import dependents_of
from composer.planner.down import remove_in_reverse
from composer.planner.hooks import with_hooks, with_stop_hooks
from composer.planner.losses import losses
from composer.planner.provision import with_provider_stops
from composer.planner.refusals import paused
from composer.planner.removal import ALIVE
from composer.planner.up import starts_of

Services = Collection[str] | None


def plan_start(
    project: Project | None,
    members: Mapping[str, Service],
    observed: Observed,
    services: Services,
    *,
    wait: bool = False,
    wait_timeout: float | None = None,
) -> Plan:
    """Return the plan that starts what stands still of `services` and their dependencies.

    `members` are all services there are.  Each start waits for the conditions of the
    service, and with `wait` everything is waited for.
    """
    edges = {name: tuple(_wanted(one, observed)) for name, one in members.items()}
    chosen = closure(edges, members if services is None else services)
    ordered = [members[name] for name in dependencies_first(edges) if name in chosen]
    errors = [*_missing(project, ordered, observed), *paused(project, ordered, observed)]
    if errors:
        return Plan(errors=tuple(errors))
    converged = {one.name: _standing(one, observed) for one in ordered}
    steps, _ = starts_of(converged, observed, UpOptions(wait=wait, wait_timeout=wait_timeout))
    if project is not None:
        owners = {name: live[0].name for name in members if (live := observed.of(name))}
        steps = with_hooks(steps, project, observed, owners)
    return Plan(order(steps))


def _wanted(service: Service, observed: Observed) -> Iterable[str]:
    """Yield what `service` cannot start without, or may start after."""
    for name, dependency in service.depends_on.items():
        if dependency.required or observed.of(name):
            yield name


def _missing(
    project: Project | None, services: Iterable[Service], observed: Observed
) -> Iterable[Problem]:
    for service in services:
        made = service.provider is not None or service.replicas == 0
        if not made and not observed.of(service.name):
            yield Problem(
                f"service {service.name!r} has no container to start",
                project.mark("services", service.name) if project else None,
                help="'composer up' makes one",
            )


def _standing(service: Service, observed: Observed) -> Convergence:
    """Return a service that stays as it is, what does not run to be started."""
    one = Convergence(service)
    for container in observed.standing(service.name):
        one.ready[container.name] = frozenset()
        if container.state.status in ALIVE:
            one.running.append(container)
        else:
            one.starts[container.name] = "asked for by start"
    return one


def plan_stop(
    project: Project | None,
    observed: Observed,
    services: Services,
    timeout: float | None,
    providers: Collection[str] = (),
) -> Plan:
    """Return the plan that stops `services`, each once its own dependents have stopped.

    `providers` are the services, of all there are, whose providers know how to stop.
    """
    running = _chosen(observed, services, lambda c: c.state.status in ALIVE and not c.oneoff)
    dependents = dependents_of(running, observed.containers)
    stops = (
        Step(
            Stop(container.name, timeout),
            "asked for by stop",
            frozenset(f"stop {user.name}" for user in dependents.get(container.service, ())),
        )
        for container in running
    )
    steps = with_stop_hooks(stops, project, observed)
    told = [name for name in providers if services is None or name in services]
    return Plan(order(with_provider_stops(steps, project, told)))


def plan_restart(
    project: Project | None,
    members: Mapping[str, Service],
    observed: Observed,
    services: Services,
    timeout: float | None,
    *,
    no_deps: bool = False,
) -> Plan:
    """Return the plan that restarts `services`, and what depends on them with `restart: true`.

    Only such a dependency has an order.  A dependent follows when the condition is met.
    """
    edges = {
        name: tuple(n for n, d in one.depends_on.items() if d.restart and n in members)
        for name, one in members.items()
    }
    chosen = frozenset(members if services is None else services)
    if not no_deps:
        chosen = closure(_reversed(edges), chosen)
    steps: list[Step] = []
    for name in dependencies_first(edges):
        if name not in chosen:
            continue
        gate: set[str] = set()
        for other in edges[name]:
            if other in chosen:
                gate |= _restarted(members[name], other, observed, steps)
        why = "asked for by restart"
        if services is not None and name not in services:
            why = "it depends on what is restarted, with 'restart: true'"
        steps += [
            Step(Restart(container.name, timeout), why, frozenset(gate))
            for container in observed.standing(name)
        ]
    if project is not None:
        steps = with_hooks(steps, project, observed)
    return Plan(order(steps))


def _reversed(edges: Mapping[str, Iterable[str]]) -> Mapping[str, Iterable[str]]:
    found: dict[str, list[str]] = {}
    for name, others in edges.items():
        for other in others:
            found.setdefault(other, []).append(name)
    return found


def _restarted(
    service: Service, other: str, observed: Observed, steps: list[Step]
) -> frozenset[str]:
    """Return the steps after which `other` is as `service` needs it; adds the wait for that."""
    containers = tuple(container.name for container in observed.standing(other))
    gate = frozenset(f"restart {name}" for name in containers)
    dependency = service.depends_on[other]
    if dependency.condition == "service_started" or not containers:
        return gate
    wait = Await(other, containers, dependency.condition, dependency.required)
    steps.append(Step(wait, f"{service.name!r} is restarted when it is so", gate))
    return frozenset({str(wait)})


def plan_kill(
    observed: Observed, services: Services, signal: str, *, oneoffs: bool = False
) -> Plan:
    """Return the plan that sends `signal` to all running containers of `services` at once."""
    return _at_once(
        _chosen(
            observed, services, lambda c: c.state.status in ALIVE and (oneoffs or not c.oneoff)
        ),
        lambda name: Kill(name, signal),
        "asked for by kill",
    )


def plan_pause(observed: Observed, services: Services) -> Plan:
    """Return the plan that freezes what runs of `services`."""
    running = _chosen(observed, services, lambda c: c.state.status == "running" and not c.oneoff)
    return _at_once(running, Pause, "asked for by pause")


def plan_unpause(observed: Observed, services: Services) -> Plan:
    """Return the plan that lets go on what is frozen of `services`."""
    frozen = _chosen(observed, services, lambda c: c.state.status == "paused" and not c.oneoff)
    return _at_once(frozen, Unpause, "asked for by unpause")


def plan_rm(
    project: Project | None,
    observed: Observed,
    services: Services,
    *,
    stop: bool,
    volumes: bool,
) -> Plan:
    """Return the plan that removes the containers of `services` that do not run.

    With `stop` those that do are stopped first; `volumes` takes the anonymous ones too.
    """
    going = _chosen(
        observed, services, lambda c: not c.oneoff and (stop or c.state.status not in ALIVE)
    )
    reason = "asked for by rm"
    steps = remove_in_reverse(
        going, None, volumes=volumes, reason=reason, everybody=observed.containers
    )
    return Plan(order(with_stop_hooks(steps, project, observed)), losses=losses(steps, observed))


def _chosen(
    observed: Observed, services: Services, wanted: Callable[[ObservedContainer], bool]
) -> list[ObservedContainer]:
    return [
        container
        for container in observed.containers
        if (services is None or container.service in services) and wanted(container)
    ]


def _at_once(
    containers: Iterable[ObservedContainer], operation: Callable[[str], Operation], reason: str
) -> Plan:
    return Plan(tuple(Step(operation(container.name), reason) for container in containers))
