"""Where the engine is: flags, variables, docker contexts, in the docker CLI's order.

Reads Docker's own configuration files and talks to nobody.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping

from composer.engine.docker.docker_config import (
    CERTIFICATES,
    config_directory,
    context_certificates,
    context_endpoint,
    headers,
    proxies,
    read_settings,
)
from composer.engine.docker.url import DEFAULT_SOCKET, parse
from composer.errors import EngineError
from composer.model.engine_choice import EngineChoice
from composer.record import dataclass, field, replace

DEFAULT_URL = f"unix://{DEFAULT_SOCKET}"
_DEFAULT_TLS_URL = "tcp://localhost:2376"
_DEFAULT_CONTEXT = "default"
"""The docker context that is none: flags, variables, or the default socket."""


@dataclass(frozen=True, slots=True)
class Tls:
    """Files for a TLS connection.  Without `verify` any engine is believed."""

    ca: str | None = None
    cert: str | None = None
    key: str | None = None
    verify: bool = True

    @property
    def directory(self) -> str:
        """The one that holds them under the names that programs know, "" if there is none."""
        files = zip(CERTIFICATES, (self.ca, self.cert, self.key), strict=True)
        places = {path.removesuffix(f"/{name}") for name, path in files if path}
        one = places.pop() if len(places) == 1 else ""
        return one if os.path.isdir(one) else ""


@dataclass(frozen=True, slots=True)
class Address:
    """`origin` says who chose it, for error messages; `config` is Docker's directory.

    `proxies` are the variables that containers and builds of this engine get; `more`
    are those that programs need beside `DOCKER_HOST`; `credentials` is what
    DOCKER_AUTH_CONFIG holds.
    """

    url: str
    tls: Tls | None = None
    origin: str = "default"
    config: str = ""
    api: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    context: str = ""
    proxies: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, str] = field(default_factory=dict)
    credentials: str = ""

    @property
    def variables(self) -> dict[str, str]:
        """Return the variables by which the docker CLI finds the same engine."""
        if self.context:
            return {**self.more, "DOCKER_HOST": "", "DOCKER_CONTEXT": self.context}
        return {
            **self.more,
            "DOCKER_HOST": self.url,
            "DOCKER_CONTEXT": "",
            "DOCKER_TLS": "1" if self.tls else "",
            "DOCKER_TLS_VERIFY": "1" if self.tls and self.tls.verify else "",
            **({"DOCKER_CERT_PATH": self.tls.directory} if self.tls else {}),
        }

    @property
    def scheme(self) -> str:
        return self.url.partition("://")[0]

    @property
    def rest(self) -> str:
        return self.url.partition("://")[2]

    @property
    def base(self) -> str:
        """What stands before the path of every question."""
        _, slash, path = self.rest.partition("/")
        return slash + path if self.scheme == "tcp" else ""


def resolve(environment: Mapping[str, str], choice: EngineChoice | None = None) -> Address:
    """Return the engine's address.

    First the flags in `choice`, then DOCKER_HOST, DOCKER_CONTEXT, the current context,
    the default socket.  Raises EngineError for flags that contradict, a context that
    does not exist, an address of no known kind, and certificates that are missing.
    """
    choice = choice or EngineChoice()
    directory = choice.config or config_directory(environment)
    settings = read_settings(directory)
    name, origin = _context(environment, choice, settings)
    if name == _DEFAULT_CONTEXT:
        found = _from_flags(environment, choice, directory)
    else:
        found = _from_context(directory, name, origin)
    return replace(
        found,
        config=directory,
        api=environment.get("DOCKER_API_VERSION") or None,
        headers=headers(settings, environment),
        proxies=proxies(settings, found.url),
        credentials=environment.get("DOCKER_AUTH_CONFIG", ""),
        more={"DOCKER_CONFIG": choice.config} if choice.config else {},
    )


def _context(
    environment: Mapping[str, str], choice: EngineChoice, settings: Mapping[str, object]
) -> tuple[str, str]:
    """Return the docker context that is meant, and who says so."""
    if choice.hosts and choice.context:
        raise EngineError(
            "--host and --context were given, and each names an engine", help="give one of them"
        )
    if len(choice.hosts) > 1:
        raise EngineError(
            f"--host was given {len(choice.hosts)} times", help="one engine at a time"
        )
    if choice.context:
        return choice.context, "from --context"
    if choice.hosts or environment.get("DOCKER_HOST"):
        return _DEFAULT_CONTEXT, ""
    if name := environment.get("DOCKER_CONTEXT"):
        return name, "from DOCKER_CONTEXT"
    return str(settings.get("currentContext") or _DEFAULT_CONTEXT), "the current one"


def _from_flags(environment: Mapping[str, str], choice: EngineChoice, directory: str) -> Address:
    """Return the engine of flags and variables; what no flag says, a variable may."""
    verify = choice.verify
    if verify is None:
        verify = bool(environment.get("DOCKER_TLS_VERIFY"))
    tls = choice.tls if choice.tls is not None else bool(environment.get("DOCKER_TLS"))
    wanted = tls or verify or choice.verify is not None
    text, origin = environment.get("DOCKER_HOST", ""), "from DOCKER_HOST"
    if choice.hosts:
        text, origin = choice.hosts[0], "from --host"
    if not text.strip():
        text, origin = (_DEFAULT_TLS_URL if wanted else DEFAULT_URL), "the default"
    url = parse(text, origin)
    if not wanted or not url.startswith("tcp://"):
        return Address(url, origin=origin)
    where = environment.get("DOCKER_CERT_PATH") or directory
    return Address(url, _given_tls(where, choice, verify=verify), origin)


def _given_tls(directory: str, choice: EngineChoice, *, verify: bool) -> Tls:
    """Return the files that flags name, or that are in `directory`."""
    files: list[str | None] = []
    for name, given in zip(CERTIFICATES, (choice.ca, choice.cert, choice.key), strict=True):
        path = given.strip("'\"") if given else os.path.join(directory, name)
        there = _is_there(path)
        if not there and (given or (verify and name == CERTIFICATES[0])):
            raise EngineError(
                f"TLS needs {path}, which does not exist",
                help="DOCKER_CERT_PATH names the directory that has ca.pem, cert.pem and key.pem;"
                " --tlscacert, --tlscert and --tlskey name the files",
            )
        files.append(path if there else None)
    ca, cert, key = files
    return Tls(ca=ca, cert=cert, key=key, verify=verify)


def _is_there(path: str) -> bool:
    """Say whether a file exists; one that nobody lets us look at is no reason to go without."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise EngineError(
            f"TLS needs {path}, which cannot be read: {why}",
            help="whoever talks to this engine must be allowed to read its certificates",
        ) from None


def _from_context(directory: str, name: str, origin: str) -> Address:
    endpoint = context_endpoint(directory, name, origin)
    origin = f"from docker context {name!r}"
    certificates = context_certificates(directory, name)
    paths = (os.path.join(certificates, file) for file in CERTIFICATES)
    ca, cert, key = (path if _is_there(path) else None for path in paths)
    skip = endpoint.get("SkipTLSVerify") is True
    tls = Tls(ca=ca, cert=cert, key=key, verify=not skip) if skip or ca or cert or key else None
    text = str(endpoint.get("Host") or DEFAULT_URL)
    url = parse(text, origin, port=2376 if tls else 2375)
    return Address(url, tls if url.startswith("tcp://") else None, origin, context=name)
