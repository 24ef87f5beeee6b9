"""Address pools that overlap: the engine gives no address to two networks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from composer.errors import Problem
from composer.model.observed import Observed
from composer.model.operations import CreateNetwork, RemoveNetwork
from composer.model.plan import Plan
from composer.model.project import Project

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

LOCAL = (None, "", "bridge", "ipvlan", "macvlan")
"""The drivers whose networks share one space of addresses."""


def overlaps(project: Project, observed: Observed, plan: Plan) -> Iterator[Problem]:
    """Yield a problem for each subnet of a new network that overlaps another network's."""
    new = [s.operation.spec for s in plan.steps if isinstance(s.operation, CreateNetwork)]
    gone = {s.operation.name for s in plan.steps if isinstance(s.operation, RemoveNetwork)}
    wanted = [
        (spec, index, subnet)
        for spec in new
        if spec.driver in LOCAL and spec.ipam.driver in (None, "", "default")
        for index, pool in enumerate(spec.ipam.config)
        if (subnet := _subnet(pool.subnet)) is not None
    ]
    taken = [
        (pool, subnet)
        for pool in observed.pools
        if wanted and pool.network not in gone and (subnet := _subnet(pool.subnet)) is not None
    ]
    for position, (spec, index, subnet) in enumerate(wanted):
        mark = project.mark("networks", spec.key, "ipam", "config", index, "subnet")
        for pool, other in taken:
            if _meet(subnet, other):
                owner = f" of project {pool.project}" if pool.project else ""
                yield Problem(
                    f"subnet {subnet} overlaps {other} of network {pool.network}{owner}",
                    mark,
                    help="choose another subnet, or leave it out: the engine finds a free one",
                )
        for earlier, place, other in wanted[:position]:
            if earlier is not spec and _meet(subnet, other):
                first = project.mark("networks", earlier.key, "ipam", "config", place, "subnet")
                yield Problem(
                    f"subnet {subnet} overlaps {other} of network {earlier.key!r}",
                    mark,
                    help="choose another subnet",
                    notes=(("the other one", first),) if first else (),
                )


def _subnet(text: str | None) -> IPv4Network | IPv6Network | None:
    """Return the subnet as the engine masks it; None for none and for nonsense."""
    from ipaddress import ip_network

    try:
        return ip_network(text, strict=False) if text else None
    except ValueError:
        return None


def _meet(one: IPv4Network | IPv6Network, other: IPv4Network | IPv6Network) -> bool:
    return one.version == other.version and one.overlaps(other)
