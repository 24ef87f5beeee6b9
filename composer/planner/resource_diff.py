"""Field by field: how a network or a volume differs from the file.

As with containers this explains, and does not decide: the config hash does.  What the
engine chooses by itself, such as a subnet, is only told if nothing else differs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest

from composer.model.observed import ObservedNetwork, ObservedVolume
from composer.model.one_form import OWN_LABELS
from composer.model.plan import Change
from composer.model.project import IpamPool, Project
from composer.model.resources import NetworkSpec, VolumeSpec
from composer.planner.diff import show
from composer.source import Path

_Difference = tuple[Path, object, object]
_USUAL_POOLS = "default"
_VXLAN = "com.docker.network.driver.overlay.vxlanid_list"
"""An option that the engine gives to every overlay network by itself."""


def network_changes(
    project: Project, wanted: NetworkSpec, live: ObservedNetwork
) -> tuple[Change, ...]:
    """Return what differs of a network, each with its place in the file."""
    found = [
        *_differs(("driver",), live.driver, wanted.driver or "bridge"),
        *_maps(("driver_opts",), _without(live.options, _VXLAN), wanted.driver_opts),
        *_differs(("internal",), live.internal, wanted.internal),
        *_differs(("attachable",), live.attachable, wanted.attachable),
        *_differs(("enable_ipv6",), live.enable_ipv6, bool(wanted.enable_ipv6)),
        *_differs(("ipam", "driver"), *_ipam_drivers(wanted, live)),
        *_maps(("ipam", "options"), live.ipam.options, wanted.ipam.options),
        *_labels(live.labels, wanted.labels),
    ]
    if wanted.ipam.config or not found:
        found += _pools(live.ipam.config, wanted.ipam.config)
    return _marked(project, ("networks", wanted.key), found)


def volume_changes(
    project: Project, wanted: VolumeSpec, live: ObservedVolume
) -> tuple[Change, ...]:
    """Return what differs of a volume, each with its place in the file."""
    found = [
        *_differs(("driver",), live.driver, wanted.driver or "local"),
        *_maps(("driver_opts",), live.options, wanted.driver_opts),
        *_labels(live.labels, wanted.labels),
    ]
    return _marked(project, ("volumes", wanted.key), found)


def _marked(project: Project, base: Path, found: list[_Difference]) -> tuple[Change, ...]:
    return tuple(
        Change(".".join(str(key) for key in path), show(old), show(new), project.mark(*base, *path))
        for path, old, new in found
    )


def _differs(path: Path, old: object, new: object) -> Iterator[_Difference]:
    if old != new:
        yield path, old, new


def _maps(path: Path, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[_Difference]:
    for key in sorted({*old, *new}):
        yield from _differs((*path, key), old.get(key), new.get(key))


def _without(options: Mapping[str, str], key: str) -> Mapping[str, str]:
    return {name: value for name, value in options.items() if name != key}


def _labels(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[_Difference]:
    """Yield the labels that differ, of those that the file says."""
    users = [{k: v for k, v in one.items() if not k.startswith(OWN_LABELS)} for one in (old, new)]
    return _maps(("labels",), *users)


def _ipam_drivers(wanted: NetworkSpec, live: ObservedNetwork) -> tuple[str, str]:
    return live.ipam.driver or _USUAL_POOLS, wanted.ipam.driver or _USUAL_POOLS


def _pools(old: tuple[IpamPool, ...], new: tuple[IpamPool, ...]) -> Iterator[_Difference]:
    """Yield what differs of the address pools, which are compared in their order."""
    for index, (live, wanted) in enumerate(zip_longest(old, new)):
        path: Path = ("ipam", "config", index)
        if wanted is None:
            yield path, live.subnet, None
            continue
        live = live or IpamPool()
        yield from _differs((*path, "subnet"), live.subnet, wanted.subnet or live.subnet)
        yield from _differs((*path, "gateway"), live.gateway, wanted.gateway or live.gateway)
        yield from _differs((*path, "ip_range"), live.ip_range, wanted.ip_range)
        aux = (*path, "aux_addresses")
        yield from _maps(aux, live.aux_addresses, wanted.aux_addresses)
