"""What containers of others have that a plan wants: names, and networks that are to go.

A network is not removed while anybody is in it, and a name is given once.
"""

from __future__ import annotations

from collections.abc import Iterator

from composer.errors import Problem
from composer.model.names import Label
from composer.model.observed import Observed, ObservedContainer
from composer.model.operations import RemoveNetwork
from composer.model.plan import Plan
from composer.model.project import Project
from composer.model.vicinity import Vicinity
from composer.planner.started import created


def own_names(project: Project, observed: Observed, plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield the names that people chose for containers to be made, with the services."""
    known = {container.name for container in observed.containers}
    for name, service in created(project, plan):
        if name == service.container_name and name not in known:
            yield name, service.name


def networks_anew(plan: Plan) -> frozenset[str]:
    """Return the networks that are removed, to be made anew."""
    return frozenset(s.operation.name for s in plan.steps if isinstance(s.operation, RemoveNetwork))


def in_others_hands(
    project: Project, observed: Observed, plan: Plan, around: Vicinity
) -> Iterator[Problem]:
    """Yield a problem for each name and each network that somebody else has."""
    for name, service in own_names(project, observed, plan):
        bearer = around.bearers.get(name)
        if bearer is not None and bearer.labels.get(Label.PROJECT) != project.name:
            yield Problem(
                f"the name {name!r} is taken by a container{_owner(bearer)}",
                project.mark("services", service, "container_name"),
                help=f"choose another one, or rename that one: docker rename {name} NAME",
            )
    keys = {network.name: key for key, network in project.networks.items()}
    ours = {container.id for container in observed.containers}
    for network in sorted(networks_anew(plan)):
        for one in around.containers:
            if network in one.networks and one.id not in ours:
                yield Problem(
                    f"network {network!r} has changed and is to be made anew, but container "
                    f"{one.name}{_owner(one)} is in it",
                    project.mark("networks", keys.get(network, "")),
                    help="take it out, and bring it back afterwards: "
                    f"docker network disconnect {network} {one.name}",
                )


def _owner(container: ObservedContainer) -> str:
    owner = container.labels.get(Label.PROJECT)
    return f" of project {owner}" if owner else ""
