"""Who listens, and what can be read, on the engine's machine; what registries have.

Only what a plan wants to have is looked at.  Nothing is said of an engine on another
machine, in a virtual one or behind a proxy: it publishes ports, and has files, elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from composer.engine.processes import containers_of, shown
from composer.errors import EngineError, LoginRequired, NotFound
from composer.model.observed import ObservedContainer
from composer.model.vicinity import Listener, Machine, Vicinity, Wants
from composer.record import replace

if TYPE_CHECKING:
    from composer.engine.port import Engine

_LISTENING = {"tcp": "0A", "udp": "07"}
"""The state, in the kernel's numbers, of a socket that keeps others from its port."""

_ALIVE = ("running", "paused", "restarting")

_ENGINES_OWN = "docker-proxy"

_AT_ONCE = 8


def look_around(engine: Engine, wants: Wants) -> Vicinity:
    """Return what stands around what a plan wants; asks the engine about ports and images only."""
    machine = engine.machine()
    paths = {*(wants.files if machine.files else ()), *(wants.contexts if machine.builds else ())}
    unusable = {path: why for path in sorted(paths) if (why := _unusable(path, wants, machine))}
    listed: tuple[ObservedContainer, ...] = ()
    if wants.names:
        listed = engine.every_container()
    elif wants.ports or wants.networks:
        listed = engine.running_containers()
    listeners: tuple[Listener, ...] = ()
    if wants.ports and machine.process is not None:
        listeners = tuple(listening(machine.process, wants.ports))
    return Vicinity(
        containers=tuple(one for one in listed if one.state.status in _ALIVE),
        bearers={one.name: one for one in listed if one.name in wants.names},
        listeners=listeners,
        unusable=unusable,
        refused=refused(engine, wants.images) if wants.images else {},
        remote=machine.remote,
    )


def refused(engine: Engine, refs: Collection[str]) -> dict[str, EngineError]:
    """Return the images that their registries do not have, or not for us, and their words."""
    from concurrent.futures import ThreadPoolExecutor

    def ask(ref: str) -> EngineError | None:
        try:
            engine.registry_digest(ref)
        except (NotFound, LoginRequired) as error:
            return error
        except EngineError:  # not reached, say: the pull will tell
            return None
        return None

    ordered = sorted(refs)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="composer-registry") as pool:
        answers = list(pool.map(ask, ordered))
    return {ref: error for ref, error in zip(ordered, answers, strict=True) if error is not None}


def listening(
    process: int, ports: Collection[tuple[int, str]], proc: str = "/proc"
) -> Iterator[Listener]:
    """Yield who takes one of `ports` in the network that `process` lives in."""
    found = {
        inode: listener
        for protocol, state in _LISTENING.items()
        for inode, listener in _sockets(f"{proc}/{process}/net", protocol, state)
        if (listener.port, protocol) in ports
    }
    owners = _owners(proc, found)
    for inode, listener in found.items():
        named = _named(proc, listener, owners[inode]) if inode in owners else listener
        if named.process != _ENGINES_OWN:
            yield named


def _sockets(directory: str, protocol: str, state: str) -> Iterator[tuple[str, Listener]]:
    """Yield the sockets of one kind by their inode; none where there is no /proc."""
    for name in (protocol, f"{protocol}6"):
        for fields in map(str.split, shown(f"{directory}/{name}").splitlines()[1:]):
            if fields[3] == state:
                address, _, port = fields[1].partition(":")
                number = int(port, 16)
                yield (
                    fields[9],
                    Listener(port=number, protocol=protocol, address=_address(address)),
                )


def _address(text: str) -> str:
    """Return an address for the kernel's hexadecimal one: words in this machine's byte order."""
    import sys
    from ipaddress import IPv4Address, IPv6Address

    words = (bytes.fromhex(text[at : at + 8]) for at in range(0, len(text), 8))
    packed = b"".join(word[::-1] if sys.byteorder == "little" else word for word in words)
    if len(packed) == 4:
        return str(IPv4Address(packed))
    address = IPv6Address(packed)
    return str(address.ipv4_mapped or address)


def _owners(proc: str, inodes: Collection[str]) -> dict[str, int]:
    """Return the processes that hold the sockets, of those that we may look into."""
    owners: dict[str, int] = {}
    if not inodes:
        return owners
    wanted = {f"socket:[{inode}]": inode for inode in inodes}
    for name in os.listdir(proc):
        if not name.isdecimal():
            continue
        with suppress(OSError):
            for descriptor in os.scandir(f"{proc}/{name}/fd"):
                with suppress(OSError):
                    if inode := wanted.get(os.readlink(descriptor.path)):
                        owners.setdefault(inode, int(name))
    return owners


def _named(proc: str, listener: Listener, pid: int) -> Listener:
    name = shown(f"{proc}/{pid}/comm").strip()
    if not name:
        return listener
    [outer, *_] = containers_of(pid, proc) or [""]
    return replace(listener, process=name, pid=pid, container=outer)


def _unusable(path: str, wants: Wants, machine: Machine) -> str:
    """Return why `path` is of no use to the engine, "" if it is or we cannot know."""
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return "does not exist"
    except OSError:
        return ""
    ours = path in wants.contexts or not machine.superuser
    return "cannot be read by you" if ours and not os.access(path, os.R_OK) else ""
