"""What of a container is changed while it lives: limits, restart policy, networks, contents.

A container that `fits` its service differs in nothing else.  Not every one of
these changes can be made in place: an engine takes few limits back, and ports are
published in one of the networks; of new content only a signal can tell.  Such an
obstacle makes it a replacement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from composer.model.observed import ObservedContainer
from composer.model.operations import Connect, Deliver, Disconnect, UpdateContainer
from composer.model.plan import Change, Step
from composer.model.project import Project
from composer.model.resources import ContainerConfig, Delivery, Limits
from composer.model.service import NetworkReference, Service
from composer.planner.content import changed, worded
from composer.planner.delivery import delivery
from composer.planner.desire import canonical_name, container_config
from composer.planner.diff import as_kept, container_changes
from composer.record import dataclass, field, fields, replace

_LIMITS = tuple(one.name for one in fields(Limits))

_NOT_TAKEN_BACK = frozenset(
    (
        "cpu_period",
        "cpu_quota",
        "cpu_shares",
        "cpus",
        "cpuset",
        "mem_limit",
        "mem_reservation",
    )
)
"""The limits that an engine changes, and cannot be told to forget."""

_PORTS = "a network changes, and its ports are published in one of them"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveUpdate:
    """What differs of a living container and its service.

    `limits` is None when they are as they should be.  `leave` are the networks that it
    is to leave, `rejoin` those in which it has other names or addresses than it should;
    `changes` are of the limits, `moves` of the networks by name, `contents` of configs
    and secrets by name, `delivery` how it is given these.  `obstacle` says why all this
    takes a new container, None if it does not.
    """

    limits: Limits | None = None
    changes: tuple[Change, ...] = ()
    leave: tuple[str, ...] = ()
    rejoin: tuple[str, ...] = ()
    moves: Mapping[str, Change] = field(default_factory=dict)
    contents: Mapping[str, Change] = field(default_factory=dict)
    delivery: Delivery | None = None
    obstacle: str | None = None

    @property
    def all_changes(self) -> tuple[Change, ...]:
        return (*self.changes, *self.moves.values(), *self.contents.values())


def changes_in_place(change: Change) -> bool:
    """Say whether a change, if it were the only one, would need no new container."""
    name = change.field.partition(".")[0]
    if name in _LIMITS:
        return change.new is not None or name not in _NOT_TAKEN_BACK
    return name == "networks"


def live_update(
    project: Project, service: Service, live: ObservedContainer, owners: Mapping[str, str]
) -> LiveUpdate:
    """Return what is to be changed of `live`, which fits `service` and was inspected.

    Of one that was not, nothing is known, and nothing is to be changed.
    """
    if live.config is None:
        return LiveUpdate()
    wanted = container_config(project, service, owners=owners)
    asked = as_kept(live, wanted, service.name)
    limits = [name for name in _LIMITS if _differs(name, live, asked)]
    own = {live.name, canonical_name(project, service, live.number)}
    leave = sorted(live.joined - set(asked.networks)) if asked.networks else []
    rejoin = [
        name
        for name, reference in asked.networks.items()
        if name in live.config.networks
        and _endpoint(reference, own) != _endpoint(live.config.networks[name], own)
    ]
    joins = [name for name in asked.networks if name not in live.config.networks]
    contents = changed(project, service, live)
    if not (limits or leave or rejoin or joins or contents):
        return LiveUpdate()
    moved = container_changes(live, wanted, project, service.name, ("networks",))
    sent = delivery(project, service, live, contents)
    obstacle = _obstacle(limits, asked, moved=bool(leave or rejoin))
    by_network = {change.field.partition(".")[2]: change for change in moved}
    return LiveUpdate(
        limits=_limits(wanted) if limits else None,
        changes=container_changes(live, wanted, project, service.name, limits),
        leave=tuple(leave),
        rejoin=tuple(rejoin),
        moves={
            name: change
            for name, change in by_network.items()
            if name in leave or name in rejoin or name not in live.config.networks
        },
        contents=contents,
        delivery=sent,
        obstacle=worded(contents) if contents and sent is None else obstacle,
    )


def live_steps(
    service: Service,
    live: ObservedContainer,
    name: str,
    update: LiveUpdate,
    wanted: Mapping[str, NetworkReference],
    made: Mapping[tuple[str, str], str],
) -> Iterator[Step]:
    """Yield the steps that change `live`, called `name` by then, each after the one before.

    `wanted` are its networks; `made` as for `Surroundings`.  Networks are left before
    others are joined: two may have one address.
    """
    if update.limits is not None:
        reason = "what changed needs no new container"
        yield Step(UpdateContainer(name, update.limits), reason, changes=update.changes)
    if update.delivery is not None:
        contents = tuple(update.contents.values())
        yield Step(Deliver(name, update.delivery), worded(update.contents), changes=contents)
    for network in update.leave:
        yield Step(
            Disconnect(name, network), "not in the file any more", changes=_move(update, network)
        )
    for network in update.rejoin:
        if ("network", network) not in made:
            reason = "its names or addresses there changed"
            yield Step(Disconnect(name, network), reason, changes=_move(update, network))
    for network, reference in wanted.items():
        aliases = tuple(dict.fromkeys((name, service.name, *reference.aliases)))
        join = Connect(name, network, replace(reference, aliases=aliases))
        if step := made.get(("network", network)):
            yield Step(join, "the network is new", frozenset({step}))
        elif network in update.rejoin:
            yield Step(join, "as the file says now")
        elif network not in live.networks:
            yield Step(join, "it is not in this network", changes=_move(update, network))


def _move(update: LiveUpdate, network: str) -> tuple[Change, ...]:
    return (update.moves[network],) if network in update.moves else ()


def _differs(name: str, live: ObservedContainer, asked: ContainerConfig) -> bool:
    old, new = getattr(live.config, name), getattr(asked, name)
    return name not in live.unkept and old != new and bool(old or new)


def _limits(wanted: ContainerConfig) -> Limits:
    return Limits(**{name: getattr(wanted, name) for name in _LIMITS})


def _endpoint(
    reference: NetworkReference, own: set[str]
) -> tuple[frozenset[str], str | None, str | None]:
    """Return what a container can have otherwise in a network by joining it again."""
    aliases = frozenset(reference.aliases) - own
    return aliases, reference.ipv4_address, reference.ipv6_address


def _obstacle(limits: list[str], asked: ContainerConfig, *, moved: bool) -> str | None:
    kept = [name for name in limits if name in _NOT_TAKEN_BACK and not getattr(asked, name)]
    if kept:
        return f"{' and '.join(kept)} cannot be taken back while it runs"
    return _PORTS if moved and asked.ports else None
