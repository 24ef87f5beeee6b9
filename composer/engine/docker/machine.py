"""Where the engine runs: on this machine, on another one, or nobody knows.

A socket of this machine may lead into a virtual machine, through a proxy or out of the
container that we run in.  Only who has opened it tells: the engine itself, or systemd
for it.
"""

from __future__ import annotations

import socket
import struct

from composer.engine.docker.address import Address
from composer.engine.docker.dial import dial
from composer.engine.processes import is_one_of
from composer.model.vicinity import Machine

_HERE = ("localhost", "127.0.0.1", "::1")
_ENGINES = ("dockerd", "systemd")
_CREDENTIALS = struct.Struct("3i")


def machine(address: Address) -> Machine:
    """Return what is known of the engine's machine; asks the engine nothing."""
    if address.scheme != "unix":
        from urllib.parse import urlsplit

        here = urlsplit(address.url).hostname in _HERE and address.scheme != "ssh"
        return Machine(remote="" if here else address.url, builds=True)
    pid, user = _peer(address)
    if not pid or not is_one_of(pid, _ENGINES):
        return Machine(builds=True)
    if user:  # a rootless engine publishes ports through another network than its own
        return Machine(files=True, builds=True)
    return Machine(files=True, builds=True, process=pid, superuser=True)


def _peer(address: Address) -> tuple[int, int]:
    """Return process and user behind a socket; process 0 is one that we cannot see."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return 0, 0
    with dial(address) as connection:
        raw = connection.getsockopt(socket.SOL_SOCKET, option, _CREDENTIALS.size)
    pid, user, _ = _CREDENTIALS.unpack(raw)
    return pid, user
