"""Open a socket to the engine: unix, TCP, TLS, or through ssh.

What goes wrong before the first byte is explained here, in `tls.py` and in `ssh.py`.
"""

from __future__ import annotations

import socket

from composer.engine.docker.address import Address
from composer.engine.docker.url import split
from composer.errors import EngineUnavailable

CONNECT_SECONDS = 10
_INSTALL = "install and start Docker, or set DOCKER_HOST to an engine that runs elsewhere"
_SOCKETS_OF_HOME = (
    ".docker/run/docker.sock",
    ".docker/desktop/docker.sock",
    ".colima/default/docker.sock",
    ".orbstack/run/docker.sock",
    ".rd/docker.sock",
)
"""Where Docker Desktop and its like have theirs."""


def dial(address: Address) -> socket.socket:
    """Return a connected socket without a timeout.  Raises EngineUnavailable."""
    try:
        match address.scheme:
            case "unix":
                return _unix(address.rest)
            case "ssh":
                return _ssh(address)
            case _:
                return _tcp(address)
    except (OSError, ValueError) as error:
        raise unavailable(address, error) from error


def unavailable(address: Address, error: OSError | ValueError) -> EngineUnavailable:
    """Return what to tell somebody who cannot reach the engine because of `error`."""
    why, help = _reason(address, error)
    return EngineUnavailable(f"no engine at {address.url} ({address.origin}): {why}", help=help)


def reason(address: Address, error: OSError | ValueError) -> str:
    """Return in a few words why the engine cannot be reached."""
    return _reason(address, error)[0]


def _unix(path: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(path)
    except OSError:
        connection.close()
        raise
    return connection


def _tcp(address: Address) -> socket.socket:
    place = split(address.url)
    host, port = place.host, 2375 if place.port is None else place.port
    connection = socket.create_connection((host, port), timeout=CONNECT_SECONDS)
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if address.tls:
            from composer.engine.docker.tls import wrap

            connection = wrap(connection, address.tls, host)
        connection.settimeout(None)
    except (OSError, ValueError):
        connection.close()
        raise
    return connection


def _ssh(address: Address) -> socket.socket:
    from composer.engine.docker.ssh import Tunnel

    return Tunnel(address)


def _reason(address: Address, error: OSError | ValueError) -> tuple[str, str]:
    """Return why, and what to do about it."""
    if not isinstance(error, OSError):
        return "that cannot be a host name or a user", "check the address"
    if address.scheme == "ssh" and not isinstance(error, FileNotFoundError):
        return f"ssh cannot be started ({(error.strerror or str(error)).lower()})", "try again"
    if address.scheme == "ssh":
        return "there is no ssh program on this machine", "install one (openssh-client)"
    if address.tls:
        from composer.engine.docker.tls import reason as reason_of_tls

        if found := reason_of_tls(address, error):
            return found
    if isinstance(error, FileNotFoundError):
        return "no such socket", _elsewhere() or f"is the engine running? {_INSTALL}"
    if isinstance(error, PermissionError):
        return (
            "permission denied",
            "join the group docker ('sudo usermod -aG docker $USER', log in again), or use sudo",
        )
    if isinstance(error, ConnectionRefusedError):
        here = address.rest.split(":")[0] in ("localhost", "127.0.0.1", "")
        hint = (_elsewhere() if here else "") or f"is the engine running? {_INSTALL}"
        return "connection refused: nothing listens there", hint
    if isinstance(error, TimeoutError):
        return (
            f"no answer within {CONNECT_SECONDS} seconds",
            "is the host up, and does a firewall let you through?",
        )
    if isinstance(error, socket.gaierror):
        return f"the host is not known ({error.strerror})", "check the address"
    return (error.strerror or str(error)).lower(), "check the address"


def _elsewhere() -> str:
    """Return the advice to use a socket that is in another well-known place, if one is."""
    import os

    home, user = os.path.expanduser("~"), os.getuid()
    for path in (
        f"/run/user/{user}/docker.sock",
        *(f"{home}/{name}" for name in _SOCKETS_OF_HOME),
        "/var/run/docker.sock",
        f"/run/user/{user}/podman/podman.sock",
        "/run/podman/podman.sock",
    ):
        if os.path.exists(path):
            return f"there is a socket at {path}: DOCKER_HOST=unix://{path}"
    return ""
