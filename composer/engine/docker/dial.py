"""Open a socket to the engine: unix, TCP, TLS, or through ssh.

All that can go wrong before the first byte goes wrong here, and is explained
here.  TLS uses the certificates of the address and nothing else, so variables
such as REQUESTS_CA_BUNDLE cannot break it.
"""

from __future__ import annotations

import socket

from composer.engine.docker.address import Address, Tls
from composer.errors import EngineUnavailable

CONNECT_SECONDS = 10
_INSTALL = "install and start Docker, or set DOCKER_HOST to an engine that runs elsewhere"


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
    except OSError as error:
        raise unavailable(address, error) from error


def unavailable(address: Address, error: OSError) -> EngineUnavailable:
    """Return what to tell somebody who cannot reach the engine because of `error`."""
    why, help = _reason(address, error)
    return EngineUnavailable(f"no engine at {address.url} ({address.origin}): {why}", help=help)


def reason(address: Address, error: OSError) -> str:
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
    from urllib.parse import urlsplit

    parts = urlsplit(address.url)
    host = parts.hostname or "127.0.0.1"
    port = parts.port or (2376 if address.tls else 2375)
    connection = socket.create_connection((host, port), timeout=CONNECT_SECONDS)
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if address.tls:
            connection = _wrapped(connection, address.tls, host)
        connection.settimeout(None)
    except OSError:
        connection.close()
        raise
    return connection


def _wrapped(connection: socket.socket, tls: Tls, host: str) -> socket.socket:
    import ssl

    context = ssl.create_default_context(cafile=tls.ca)
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if tls.cert and tls.key:
        context.load_cert_chain(tls.cert, tls.key)
    return context.wrap_socket(connection, server_hostname=host)


def _ssh(address: Address) -> socket.socket:
    """Return a socket whose other end is `docker system dial-stdio` on the host."""
    import subprocess
    from threading import Thread
    from urllib.parse import urlsplit

    parts = urlsplit(address.url)
    command = ["ssh", "-T", "-o", f"ConnectTimeout={CONNECT_SECONDS}"]
    command += ["-l", parts.username] if parts.username else []
    command += ["-p", str(parts.port)] if parts.port else []
    command += ["--", parts.hostname or "", "docker", "system", "dial-stdio"]
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            process = subprocess.Popen(
                command, stdin=theirs.fileno(), stdout=theirs.fileno(), start_new_session=True
            )
    except OSError:
        ours.close()
        raise
    Thread(target=process.wait, name="composer-ssh", daemon=True).start()
    return ours


def _reason(address: Address, error: OSError) -> tuple[str, str]:
    """Return why, and what to do about it."""
    if address.scheme == "ssh":
        return "the ssh client did not run", "install ssh, or use another address"
    if isinstance(error, FileNotFoundError):
        return "no such socket", f"is the engine running? {_INSTALL}"
    if isinstance(error, PermissionError):
        return (
            "permission denied",
            "join the group docker ('sudo usermod -aG docker $USER', log in again), or use sudo",
        )
    if isinstance(error, ConnectionRefusedError):
        return "connection refused: nothing listens there", f"is the engine running? {_INSTALL}"
    if isinstance(error, TimeoutError):
        return (
            f"no answer within {CONNECT_SECONDS} seconds",
            "is the host up, and does a firewall let you through?",
        )
    if isinstance(error, socket.gaierror):
        return f"the host is not known ({error.strerror})", "check the address"
    if type(error).__module__ == "ssl":
        return (
            f"TLS failed ({getattr(error, 'verify_message', '') or error.strerror or error})",
            "check DOCKER_TLS_VERIFY, and ca.pem, cert.pem and key.pem in DOCKER_CERT_PATH",
        )
    return (error.strerror or str(error)).lower(), "check the address"
