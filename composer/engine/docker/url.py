"""What an engine's address may look like, and what is told of one that does not.

    unix:///var/run/docker.sock     tcp://host:2375/path     ssh://user@host:22/path/to/socket

What is left out is filled in as the docker CLI does.
"""

from __future__ import annotations

from composer.errors import EngineError
from composer.record import dataclass

DEFAULT_SOCKET = "/var/run/docker.sock"
_LOCAL = "localhost"
_LOOKS_LIKE = (
    "an address looks like unix:///var/run/docker.sock, tcp://HOST:PORT or ssh://USER@HOST"
)
_REFUSED = {
    "npipe": "npipe:// names a pipe of Windows, which only a composer on Windows could open",
    "fd": "fd:// is how systemd hands a socket to the engine; whoever asks it uses unix://",
    "http": "write tcp:// in place of http://",
    "https": "write tcp:// in place of https://, and DOCKER_TLS_VERIFY=1 or --tlsverify for TLS",
}


@dataclass(frozen=True, slots=True)
class Place:
    """The parts of an address; `path` is the socket on the host, or a prefix of every question."""

    host: str
    port: int | None = None
    user: str = ""
    path: str = ""


def parse(text: str, origin: str, *, port: int = 2375) -> str:
    """Return the address that `text` means, with all its parts.

    `origin` says who gave it, for the error; `port` is that of TCP where none is named.
    Raises EngineError for an address that nothing can be reached at.
    """
    text = text.strip()
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = ("unix" if text.startswith(("/", "./")) else "tcp"), text
    match scheme:
        case "unix" if "://" not in rest:
            return f"unix://{rest or DEFAULT_SOCKET}"
        case "tcp":
            place = _split(f"tcp://{rest}", origin)
            host = place.host or _LOCAL
            host = f"[{host}]" if ":" in host else host
            return f"tcp://{host}:{port if place.port is None else place.port}{place.path}"
        case "ssh":
            _check_ssh(text, origin)
            return text
    help = _REFUSED.get(scheme, _LOOKS_LIKE)
    known = "cannot be used" if scheme in _REFUSED else "is of no known kind"
    raise EngineError(f"engine address {text!r} ({origin}) {known}", help=help)


def split(url: str) -> Place:
    """Return the parts of an address that `parse` has returned."""
    return _split(url, "")


def _split(url: str, origin: str) -> Place:
    from urllib.parse import unquote, urlsplit

    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise EngineError(
            f"engine address {url!r} ({origin}) is not complete: {str(error).lower()}",
            help=_LOOKS_LIKE,
        ) from None
    host = parts.netloc.rpartition("@")[2]  # not .hostname, which has no capitals any more
    bracketed, bracket, _ = host.partition("]")
    host = bracketed.removeprefix("[") if bracket else host.partition(":")[0]
    return Place(host, port, unquote(parts.username or ""), parts.path.rstrip("/"))


def _check_ssh(url: str, origin: str) -> None:
    from urllib.parse import urlsplit

    place = _split(url, origin)
    parts = urlsplit(url)
    wrong = {
        "names no host": not place.host,
        "holds a password, which ssh does not take: use a key": parts.password is not None,
        "has a query, which ssh has no use for": parts.query,
        "has a fragment, which ssh has no use for": parts.fragment,
    }
    for what, is_so in wrong.items():
        if is_so:
            raise EngineError(
                f"engine address {_without_password(url)!r} ({origin}) {what}",
                help="ssh://USER@HOST:PORT/path/to/docker.sock, of which only HOST is needed",
            )


def _without_password(url: str) -> str:
    head, at, host = url.rpartition("@")
    scheme, _, login = head.partition("://")
    return f"{scheme}://{login.partition(':')[0]}@{host}" if at else url
