"""An engine on another machine, through the ssh program: `docker system dial-stdio` runs there.

Keys, names, ports and jump hosts are those of ~/.ssh/config.  Nobody is asked for a
password: a command opens several connections, and one may be made at any time.
"""

from __future__ import annotations

import atexit
import os
import re
import shlex
import shutil
import socket
import subprocess
from collections.abc import Sequence
from functools import cache
from tempfile import mkdtemp
from threading import Thread
from typing import Final
from urllib.parse import unquote

from composer.engine.docker.address import Address
from composer.engine.docker.http import HTTPException
from composer.engine.docker.url import Place, split
from composer.errors import AnswerLost, EngineError, EngineUnavailable
from composer.pattern import pattern

CONNECT_SECONDS: Final = 10
_ALIVE_SECONDS: Final = 10
_MOST: Final = 8192  # bytes of what ssh says that are kept
_END_SECONDS: Final = 5

_REASONS: Final = (
    (
        pattern(r"IDENTIFICATION HAS CHANGED"),
        "it has another host key than the one that is known",
        "somebody may be in between; if the machine was made anew: ssh-keygen -R {name}",
    ),
    (
        pattern(r"Host key verification failed|No .* host key is known"),
        "its host key is not known",
        "run '{ssh}' once, compare the key, and accept it",
    ),
    (
        pattern(r"Permission denied \((.*)\)|Too many authentication failures"),
        "ssh does not let us in",
        "does '{ssh}' work without a password? The key belongs into the agent (ssh-add) or into"
        " ~/.ssh/config, its public half into ~/.ssh/authorized_keys over there",
    ),
    (
        pattern(r"Could not resolve hostname"),
        "the host is not known",
        "check the name; ~/.ssh/config may have another one for it",
    ),
    (
        pattern(r"Connection refused"),
        "connection refused: no ssh server listens there",
        "is the port right? ssh://HOST:PORT",
    ),
    (
        pattern(r"timed out|No route to host|Network is unreachable"),
        "the host does not answer",
        "is it up, and does a firewall let you through?",
    ),
    (
        pattern(r"permission denied while trying to connect|dial unix .*permission denied"),
        "the user over there may not use its engine",
        "add the user to the group docker of that machine: sudo usermod -aG docker USER",
    ),
    (
        pattern(r"Cannot connect to the Docker daemon|dial unix|no such file .*\.sock"),
        "no engine answers on that machine",
        "is it running? '{ssh} docker version' tells; its socket may be named:"
        " ssh://HOST/path/to/docker.sock",
    ),
    (
        pattern(r"docker: (?:command )?not found|docker: No such file|not found: docker"),
        "there is no docker program on that machine",
        "install one, or put it where '{ssh} command -v docker' finds it",
    ),
    (
        pattern(r"dial-stdio|is not a docker command|unknown command"),
        "the docker program on that machine is too old",
        "Docker 18.09 or newer knows 'docker system dial-stdio'",
    ),
)
"""What is looked for in the words of ssh and of docker over there, the first one counts."""

_PASSING: Final = pattern(r"kex_exchange_identification|Connection (?:reset|closed) by")
"""Said where a server of ssh has too many who are just logging in; soon it has not."""


class Tunnel(socket.socket):
    """A socket whose other end is an engine on another machine."""

    def __init__(self, address: Address) -> None:
        """Start ssh; raises OSError if there is none.  What else fails shows when it is read."""
        ours, theirs = socket.socketpair()
        super().__init__(fileno=ours.detach())
        self._address = address
        self._said = b""
        try:
            with theirs:
                self._process = subprocess.Popen(
                    command(split(address.url), _sharing(split(address.url))),
                    stdin=theirs.fileno(),
                    stdout=theirs.fileno(),
                    stderr=subprocess.PIPE,
                    start_new_session=True,  # Ctrl-C is for us, who may still have to stop things
                )
        except (OSError, ValueError):
            self.close()
            raise
        self._listener = Thread(target=self._hear, name="composer-ssh", daemon=True)
        self._listener.start()

    def failure(self, error: Exception) -> EngineError:
        """Return why nothing came through, or `error` did, and what to do about it."""
        address = self._address
        if isinstance(error, HTTPException):
            return EngineUnavailable(
                f"no engine at {address.url} ({address.origin}): what comes through ssh is not"
                f" from an engine: {str(error)[:100]!r}",
                help="a shell's start-up files over there, such as .bashrc, must print nothing"
                " when a command is run",
            )
        self._listener.join(_END_SECONDS)
        said = self._said.decode(errors="replace")
        why, help = explained(self._process.poll(), said, split(address.url))
        kind = AnswerLost if _PASSING.search(said) else EngineUnavailable
        return kind(f"no engine at {address.url} ({address.origin}): {why}", help=help)

    def _hear(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as stderr:
            while heard := os.read(stderr.fileno(), _MOST):
                self._said = (self._said + heard)[-_MOST:]
        self._process.wait()


def command(place: Place, options: Sequence[str] = ()) -> list[str]:
    """Return the command line of ssh."""
    words = ["ssh", "-T", "-o", f"ConnectTimeout={CONNECT_SECONDS}"]
    words += ["-o", f"ServerAliveInterval={_ALIVE_SECONDS}", *options]
    words += [*_login(place), "--"]
    docker = ["docker", f"--host=unix://{unquote(place.path)}"] if place.path else ["docker"]
    return [*words, place.host, *map(shlex.quote, docker), "system", "dial-stdio"]


def explained(code: int | None, said: str, place: Place) -> tuple[str, str]:
    """Return why ssh ended with `code` after it `said` something, and what to do."""
    ssh = shlex.join(["ssh", *_login(place), place.host])
    lines = [line.strip("@ \r") for line in said.splitlines() if line.strip("@ \r")]
    for words, why, help in _REASONS:
        if telling := next((line for line in lines if words.search(line)), None):
            return f"{why} ({telling})", help.format(ssh=ssh, name=place.host)
    why = f"ssh ended with exit code {code}" if code is not None else "nothing came through ssh"
    why = f"{why} ({lines[-1]})" if lines else why
    return why, f"does '{ssh} docker version' work, without asking for a password?"


@cache
def _sharing(place: Place) -> tuple[str, ...]:
    """Return what lets all our connections be one of ssh's, logged in once.

    Whoever has set up sharing in ~/.ssh/config has it as it is.  What ssh cannot share,
    as servers allow only so much of it, it opens anew by itself.
    """
    asked = subprocess.run(
        ["ssh", "-G", *_login(place), "--", place.host],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    theirs = re.search(r"^controlpath (?!none$)", asked.stdout, re.MULTILINE)
    if asked.returncode or theirs:
        return ()
    directory = mkdtemp(prefix="composer-ssh-", dir="/tmp")  # a socket's path must be short
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    settings = ("ControlMaster=auto", f"ControlPath={directory}/%C", "ControlPersist=no")
    return tuple(word for setting in settings for word in ("-o", setting))


def _login(place: Place) -> list[str]:
    words = ["-l", place.user] if place.user else []
    return [*words, *(["-p", str(place.port)] if place.port else [])]
