"""Config hashes, as Docker Compose computes them.

A project moves between Docker Compose and composer without a container being
replaced, because both write one hash for one configuration: SHA-256 of the JSON
that `config` prints, without what does not shape a container.  Files of labels are
named in it although their labels are in it too.  A service that shares a namespace
with another is hashed with `container:ID` in place of `service:NAME`, and one with
volumes of a container with its bare name.  Sources: Docker Compose pkg/compose/hash.go,
observed on 2.40.3.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from composer.checksum import sha256_hex
from composer.model.deploy import Deploy, Resource, Resources
from composer.model.project import Network, Volume
from composer.model.service import EnvFile, NetworkReference, Service
from composer.model.tree import record_tree, service_tree
from composer.model.units import Bytes
from composer.pattern import pattern
from composer.record import replace

T = TypeVar("T")

_MOST_KNOWN = 10_000
"""For how many services at once the hashes are kept in mind."""

_plain = json.JSONEncoder(ensure_ascii=False).encode

_NOT_UTF_8 = pattern(r"[\ud800-\udfff]")
"""Bytes of a path or a variable that are no text; Go puts one character for each."""

_NOT_HASHED: Mapping[str, Any] = {
    "build": None,
    "depends_on": {},
    "env_file": (),
    "profiles": (),
    "pull_policy": None,
    "scale": None,
}


_LIVE: Mapping[str, Any] = {
    "cpu_period": 0,
    "cpu_quota": 0,
    "cpu_shares": 0,
    "cpus": 0,
    "cpuset": None,
    "mem_limit": Bytes(0),
    "mem_reservation": Bytes(0),
    "memswap_limit": Bytes(0),
    "pids_limit": 0,
    "restart": None,
}
"""What a container is given while it lives; networks belong to it, but for a few."""

_UNREACHING: Mapping[str, Any] = {
    "attach": None,
    "develop": None,
    "label_file": (),
    "post_start": (),
    "pre_start": (),
    "pre_stop": (),
}
"""What no container gets to see: the rest of `deploy` belongs to it."""


def _once_each(compute: Callable[[Service], T]) -> Callable[[Service], T]:
    """Return `compute`, which does not do again what it did for the very same service."""
    known: dict[int, tuple[Service, T]] = {}

    def recall(service: Service) -> T:
        found = known.get(id(service))
        if found is None or found[0] is not service:
            if len(known) >= _MOST_KNOWN:
                known.clear()
            found = known[id(service)] = (service, compute(service))
        return found[1]

    return recall


@_once_each
def service_digests(service: Service) -> tuple[str, ...]:
    """Return the hashes that mean `service` is unchanged: ours first, then later forms.

    Ours is that of Docker Compose 2.40.  Version 5 leaves out `create_host_path`
    of a bind unless it is false, where 2.40 leaves it out unless it is true.
    """
    tree = _hashed_tree(service)
    ours, later = (_binds_written(tree, written=written) for written in (True, False))
    return (_digest(ours),) if ours == later else (_digest(ours), _digest(later))


def hashed_text(service: Service) -> str:
    """Return what the first of `service_digests` is the hash of."""
    return _text(_binds_written(_hashed_tree(service), written=True))


def _hashed_tree(service: Service) -> Mapping[str, Any]:
    hashed = replace(
        service,
        **_NOT_HASHED,
        deploy=_hashed(service.deploy),
        volumes_from=tuple(text.removeprefix("container:") for text in service.volumes_from),
    )
    return service_tree(hashed, json=True)


@_once_each
def settled_digest(service: Service) -> str:
    """Return the hash of what only a new container can have otherwise.

    Two services with one such hash differ at most in what is changed while a
    container lives, or never reaches it.  Nobody but composer writes it.
    """
    lasting = replace(service, **_NOT_HASHED, **_LIVE, **_UNREACHING, deploy=_devices(service))
    tree = service_tree(replace(lasting, networks=_memberships(service)), json=True)
    return _digest({**_binds_written(tree, written=True), "networked": bool(service.networks)})


def printed_digest(service: Service, default_platform: str | None = None) -> str:
    """Return the hash that `config --hash` prints of a service whose env files were not read.

    Where the hash in labels holds what these files say, this one names them; it
    does not name files of labels, and knows the default platform of a build.
    """
    bare = replace(service, **_NOT_HASHED, deploy=_hashed(service.deploy), label_file=())
    if service.build is not None:
        bare = replace(bare, platform=service.platform or default_platform)
    tree = service_tree(replace(bare, env_file=service.env_file), json=True)
    if service.env_file:
        tree["env_file"] = [_named(entry) for entry in service.env_file]
    return _digest(_binds_written(tree, written=True))


def _named(entry: EnvFile) -> object:
    """Return how a file of variables stands in the JSON that is hashed."""
    if entry.required:
        return entry.path
    format = {"format": entry.format} if entry.format else {}
    return {"path": entry.path, "required": False, **format}


def network_digest(network: Network) -> str:
    """Return the hash of a network."""
    return _digest(record_tree(network, json=True))


def volume_digest(volume: Volume) -> str:
    """Return the hash of a volume.  A volume without a driver has the driver local."""
    return _digest(record_tree(replace(volume, driver=volume.driver or "local"), json=True))


def _devices(service: Service) -> Deploy | None:
    """Return of `deploy` what a container is created with and keeps."""
    resources = service.deploy.resources if service.deploy else None
    if resources is None or resources.reservations is None or not resources.reservations.devices:
        return None
    reserved = Resource(devices=resources.reservations.devices)
    return Deploy(resources=Resources(reservations=reserved))


def _memberships(service: Service) -> Mapping[str, NetworkReference | None]:
    """Return the networks that a container cannot join later: how is shown only in part.

    An address of the container itself is that of the network it joined first.
    """
    rest = {key: _lasting(one or NetworkReference()) for key, one in service.networks.items()}
    everything = service.mac_address is not None
    return {key: one for key, one in rest.items() if everything or one != NetworkReference()}


def _lasting(reference: NetworkReference) -> NetworkReference:
    return replace(reference, aliases=(), ipv4_address=None, ipv6_address=None)


def _hashed(deploy: Deploy | None) -> Deploy | None:
    return None if deploy is None else replace(deploy, replicas=None)


def _binds_written(tree: Mapping[str, Any], *, written: bool) -> Mapping[str, Any]:
    """Return `tree` with `create_host_path` of its binds only where it equals `written`."""
    mounts = [
        {key: _option(key, value, written) for key, value in mount.items()}
        for mount in tree.get("volumes", ())
    ]
    return {key: mounts if key == "volumes" else value for key, value in tree.items()}


def _option(key: str, value: Any, written: bool) -> Any:
    if key != "bind":
        return value
    return {
        option: given
        for option, given in value.items()
        if option != "create_host_path" or given is written
    }


def _digest(tree: Mapping[str, Any]) -> str:
    return sha256_hex(_text(tree).encode())


def _text(tree: Mapping[str, Any]) -> str:
    """Return `tree` as Go's encoding/json writes it."""
    text = _json(tree)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text if text.isascii() else _NOT_UTF_8.sub(r"\\ufffd", text)


def _json(value: Any) -> str:
    match value:
        case str():  # most are, and to ask whether it is a mapping takes long
            return _plain(value)
        case Mapping():
            return f"{{{','.join(f'{_json(key)}:{_json(one)}' for key, one in value.items())}}}"
        case list():
            return f"[{','.join(map(_json, value))}]"
        case float():
            return _fraction(value)
        case _:
            return _plain(value)


def _fraction(value: float) -> str:
    """Return `value` with an exponent below 0.000001, where Python has one below 0.0001."""
    text = repr(value)
    mantissa, _, exponent = text.partition("e-")
    if exponent and abs(value) >= 1e-6:
        return f"{value:.{len(mantissa.partition('.')[2]) + int(exponent)}f}"
    return text.replace("e-0", "e-")
