"""Networks: create what is missing, replace what changed, use what is others'."""

from __future__ import annotations

from collections.abc import Iterable

from composer.errors import Problem
from composer.model.observed import Observed, ObservedNetwork
from composer.model.operations import CreateNetwork, Disconnect, RemoveNetwork
from composer.model.plan import Step
from composer.model.project import Project
from composer.model.resources import NetworkSpec
from composer.planner.found import Found

_CHANGED = "network configuration changed"


def plan_network(
    wanted: NetworkSpec, live: ObservedNetwork | None, attached: Iterable[str]
) -> list[Step]:
    """Return the steps that make `wanted` true, given what is live.

    Replacing a network loses no data, so nobody is asked.  The engine refuses to
    remove a network with endpoints, hence `attached`, the project's containers in
    it, are disconnected first; who stays is connected again by the planner of
    containers.  A live network without a digest was made by someone else and is
    used as it is.
    """
    if wanted.external:
        return []
    if live is None:
        return [Step(CreateNetwork(wanted), "missing")]
    if live.digest in (None, wanted.digest):
        return []

    leave = [Step(Disconnect(name, live.name), _CHANGED) for name in attached]
    remove = Step(RemoveNetwork(live.name), _CHANGED, after=frozenset(s.id for s in leave))
    create = Step(CreateNetwork(wanted), _CHANGED, after=frozenset({remove.id}))
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
        found.steps += plan_network(spec, live, attached)
    return found
