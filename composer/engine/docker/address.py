"""Where the engine is: flags, variables, docker contexts, in the docker CLI's order.

Reads Docker's own configuration files and talks to nobody.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from composer.errors import EngineError
from composer.record import dataclass, field, replace

DEFAULT_URL = "unix:///var/run/docker.sock"
_CERTIFICATES = ("ca.pem", "cert.pem", "key.pem")
_PROXIES = {
    "httpProxy": "HTTP_PROXY",
    "httpsProxy": "HTTPS_PROXY",
    "noProxy": "NO_PROXY",
    "ftpProxy": "FTP_PROXY",
    "allProxy": "ALL_PROXY",
}
"""What config.json calls them, and what programs do."""


@dataclass(frozen=True, slots=True)
class Tls:
    """Files for a TLS connection.  Without `verify` any engine is believed."""

    ca: str | None = None
    cert: str | None = None
    key: str | None = None
    verify: bool = True


@dataclass(frozen=True, slots=True)
class Address:
    """`origin` says who chose it, for error messages; `config` is Docker's directory.

    `proxies` are the variables that containers and builds of this engine get.
    """

    url: str
    tls: Tls | None = None
    origin: str = "default"
    config: str = ""
    api: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    context: str = ""
    proxies: Mapping[str, str] = field(default_factory=dict)

    @property
    def variables(self) -> dict[str, str]:
        """Return the variables by which the docker CLI finds the same engine."""
        if self.context:
            return {"DOCKER_HOST": "", "DOCKER_CONTEXT": self.context}
        return {"DOCKER_HOST": self.url, "DOCKER_CONTEXT": ""}

    @property
    def scheme(self) -> str:
        return self.url.partition("://")[0]

    @property
    def rest(self) -> str:
        return self.url.partition("://")[2]


def resolve(
    environment: Mapping[str, str], *, host: str | None = None, context: str | None = None
) -> Address:
    """Return the engine's address.

    First what was asked for, then DOCKER_HOST, DOCKER_CONTEXT, the current
    context, the default socket.  Raises EngineError for a context that does not
    exist and for an address of no known kind.
    """
    directory = config_directory(environment)
    settings = read_settings(directory)
    name = context or environment.get("DOCKER_CONTEXT") or settings.get("currentContext")
    if host:
        chosen = _from_variables(environment, directory, host, "from --host")
    elif not context and environment.get("DOCKER_HOST"):
        chosen = _from_variables(
            environment, directory, environment["DOCKER_HOST"], "from DOCKER_HOST"
        )
    elif name and name != "default":
        chosen = _from_context(directory, name)
    else:
        chosen = _from_variables(environment, directory, DEFAULT_URL, "the default")
    if chosen.scheme not in ("unix", "tcp", "ssh"):
        raise EngineError(
            f"engine address {chosen.url!r} ({chosen.origin}) is of no known kind",
            help="an address looks like unix:///var/run/docker.sock, tcp://HOST:PORT or ssh://HOST",
        )
    if not _is_complete(chosen):
        raise EngineError(f"engine address {chosen.url!r} ({chosen.origin}) is not complete")
    return replace(
        chosen,
        config=directory,
        api=environment.get("DOCKER_API_VERSION") or None,
        headers={str(key): str(value) for key, value in settings.get("HttpHeaders", {}).items()},
        proxies=_proxies(settings, chosen.url),
    )


def _proxies(settings: Mapping[str, Any], url: str) -> dict[str, str]:
    """Return the variables that config.json has for the engine at `url`, by both of their names."""
    known = settings.get("proxies")
    known = known if isinstance(known, dict) else {}
    said = known.get(url, known.get("default"))
    said = said if isinstance(said, dict) else {}
    found: dict[str, str] = {}
    for key, name in _PROXIES.items():
        if value := str(said.get(key) or ""):
            found |= {name: value, name.lower(): value}
    return found


def config_directory(environment: Mapping[str, str]) -> str:
    if directory := environment.get("DOCKER_CONFIG"):
        return directory
    return os.path.join(environment.get("HOME") or os.path.expanduser("~"), ".docker")


def read_settings(directory: str) -> dict[str, Any]:
    """Return Docker's config.json, empty when it is missing or broken."""
    try:
        settings = _read_json(directory, "config.json")
    except (OSError, ValueError):
        return {}
    return settings if isinstance(settings, dict) else {}


def _is_complete(address: Address) -> bool:
    if address.scheme == "unix":
        return bool(address.rest)
    from urllib.parse import urlsplit

    parts = urlsplit(address.url)
    try:
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _from_variables(
    environment: Mapping[str, str], directory: str, host: str, origin: str
) -> Address:
    url = host.strip()
    if "://" not in url:
        url = f"unix://{url}" if url.startswith("/") else f"tcp://{url}"
    verify = bool(environment.get("DOCKER_TLS_VERIFY"))
    if not url.startswith("tcp://") or not (verify or environment.get("DOCKER_TLS")):
        return Address(url, origin=origin)
    certificates = environment.get("DOCKER_CERT_PATH") or directory
    return Address(url, _tls(certificates, verify=verify), origin)


def _from_context(directory: str, name: str) -> Address:
    from composer.checksum import sha256_hex

    id = sha256_hex(name.encode())
    try:
        meta = _read_json(directory, "contexts", "meta", id, "meta.json")
        endpoint = meta["Endpoints"]["docker"]
        url = str(endpoint["Host"])
    except (OSError, ValueError, KeyError, TypeError):
        raise EngineError(
            f"docker context {name!r} does not exist", help="'docker context ls' lists them"
        ) from None
    certificates = os.path.join(directory, "contexts", "tls", id, "docker")
    skip = bool(endpoint.get("SkipTLSVerify"))
    tls = _tls(certificates, verify=not skip) if skip or os.path.isdir(certificates) else None
    return Address(url, tls, f"from docker context {name!r}", context=name)


def _read_json(*path: str) -> Any:
    with open(os.path.join(*path), "rb") as file:
        return json.loads(file.read())


def _tls(directory: str, *, verify: bool) -> Tls:
    paths = (os.path.join(directory, name) for name in _CERTIFICATES)
    ca, cert, key = (path if os.path.isfile(path) else None for path in paths)
    return Tls(ca=ca, cert=cert, key=key, verify=verify)
