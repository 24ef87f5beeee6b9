"""Networks: create what is missing, replace what changed, use what is others'."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from composer.errors import Problem
from composer.model.observed import Observed, ObservedContainer, ObservedNetwork
from composer.model.operations import Connect, CreateNetwork, Disconnect, Remove, RemoveNetwork
from composer.model.plan import Change, Step
from composer.model.project import Network, Project
from composer.model.resources import NetworkSpec
from composer.model.service import NetworkReference, Service
from composer.planner.found import Found
from composer.planner.resource_diff import network_changes
from composer.planner.surroundings import Surroundings
from composer.record import replace

_CHANGED = "network configuration changed"


def plan_network(
    wanted: NetworkSpec,
    live: ObservedNetwork | None,
    attached: Iterable[str],
    changes: tuple[Change, ...] = (),
) -> list[Step]:
    """Return the steps that make `wanted` true, given what is live.

    Replacing a network loses no data, so nobody is asked.  The engine refuses to
    remove a network with endpoints, hence `attached`, the project's containers in
    it, are disconnected first; who stays is connected again by the planner of
    containers.  A live network without a digest was made by someone else and is
    used as it is.  `changes` explain why it is replaced.
    """
    if wanted.external:
        return []
    if live is None:
        return [Step(CreateNetwork(wanted), "missing")]
    if live.digest in (None, wanted.digest):
        return []

    leave = [Step(Disconnect(name, live.name), _CHANGED) for name in attached]
    remove = Step(RemoveNetwork(live.name), _CHANGED, after=frozenset(s.id for s in leave))
    create = Step(CreateNetwork(wanted), _CHANGED, frozenset({remove.id}), changes)
    return [*leave, remove, create]


def plan_networks(project: Project, specs: Iterable[NetworkSpec], observed: Observed) -> Found:
    """Return the steps for every network, and what is wrong or strange about them."""
    found = Found()
    for spec in specs:
        live = observed.networks.get(spec.name)
        mark = project.mark("networks", spec.key)
        if spec.external and live is None and spec.name not in ("host", "none", "bridge"):
            found.errors.append(
                Problem(
                    f"network {spec.name!r} is declared external, but does not exist",
                    mark,
                    help=f"create it with: docker network create {spec.name}",
                )
            )
        elif live is not None and not spec.external and live.project != project.name:
            found.warnings.append(
                Problem(
                    f"network {spec.name!r} exists but was not created for project "
                    f"{project.name!r}; it is used as it is",
                    mark,
                    help="say 'external: true' to use a network that others manage",
                    severity="warning",
                )
            )
            continue
        attached = [c.name for c in observed.containers if spec.name in c.networks]
        changes = network_changes(project, spec, live) if live else ()
        found.steps += plan_network(spec, live, attached, changes)
    return found


def occupies_nothing(service: Service, project: Project) -> bool:
    """Say whether containers of a service have no port and no address that another may need.

    The engine frees these only some time after a container has ended.
    """
    return not (service.ports or service.mac_address) and all(
        _joins_plainly(reference)
        and not (key in project.networks and project.networks[key].ipam.config)
        for key, reference in service.networks.items()
    )


def may_follow(service: Service, around: Surroundings) -> frozenset[str]:
    """Return the step that makes the network of `service`, if its container need not wait for it.

    The engine looks for the network when it starts the container.  But an older one is told
    of further networks once the container is there, and one that is made anew bears its name
    already.  And where the file says something of the network that the engine may refuse, no
    container is to be left behind.
    """
    if not around.observed.lenient_networks or len(service.networks) != 1:
        return frozenset()
    [(key, reference)] = service.networks.items()
    network = around.project.networks.get(key)
    if network is None or not _joins_plainly(reference) or not _is_plain(network):
        return frozenset()
    made = around.made.get(("network", network.name))
    return frozenset({made} if made and network.name not in around.observed.networks else ())


def _joins_plainly(reference: NetworkReference | None) -> bool:
    return reference is None or replace(reference, aliases=()) == NetworkReference()


def _is_plain(network: Network) -> bool:
    """Say whether nothing is said of a network that an engine might not like.

    It may still have no addresses left for it; then the containers stay until the next `up`.
    """
    harmless = replace(network, labels={}, internal=False, attachable=False, extensions={})
    return harmless in (Network(name=network.name), Network(name=network.name, driver="bridge"))


def rejoin(
    project: Project, observed: Observed, steps: Iterable[Step], converged: Collection[str]
) -> list[Step]:
    """Return the steps that bring back into a new network who was only there before.

    The services that the plan is about join by themselves; here are those that were
    not asked for, one-off containers and orphans that stay.
    """
    steps = tuple(steps)
    created = {
        step.operation.spec.name: step.id
        for step in steps
        if isinstance(step.operation, CreateNetwork)
    }
    gone = {step.operation.container for step in steps if isinstance(step.operation, Remove)}
    live = {container.name: container for container in observed.containers}
    back = []
    for step in steps:
        if not isinstance(step.operation, Disconnect) or step.operation.container in gone:
            continue
        container, network = live[step.operation.container], step.operation.network
        if network in created and (container.oneoff or container.service not in converged):
            as_before = endpoint(project, container, network)
            after = frozenset({created[network]})
            back.append(
                Step(Connect(container.name, network, as_before), "the network is new", after)
            )
    return back


def endpoint(project: Project, container: ObservedContainer, network: str) -> NetworkReference:
    """Return how a container of the project, or an orphan of it, is in a network."""
    known = {**project.disabled, **project.services}.get(container.service)
    references = known.networks if known else {}
    reference = next(
        (
            one
            for key, one in references.items()
            if key in project.networks and project.networks[key].name == network
        ),
        None,
    )
    reference = reference or NetworkReference()
    aliases = (container.name, container.service, *reference.aliases)
    return replace(reference, aliases=tuple(dict.fromkeys(filter(None, aliases))))
