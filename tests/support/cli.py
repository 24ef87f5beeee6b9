"""composer as a user runs it: a process, in a folder, against the real engine."""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from support.terminal import Terminal

ROOT = Path(__file__).parent.parent.parent
SAMPLES = ROOT / "samples"


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    def ok(self) -> Ran:
        assert self.code == 0, f"exit code {self.code}\n{self.out}\n{self.err}"
        assert "Traceback" not in self.err, self.err
        return self


def run(*command: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> Ran:
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=300,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


class _Started(subprocess.Popen[str]):
    """A process that a test which fails does not wait for."""

    def __exit__(self, kind: type[BaseException] | None, *error: Any) -> None:
        if kind is not None:
            self.kill()
        super().__exit__(kind, *error)


class Folder:
    """A project folder, with a project name that nobody else has."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = f"ct{uuid4().hex[:10]}"
        self.environment = {"COMPOSE_PROJECT_NAME": self.name}
        self.program: tuple[str, ...] = (sys.executable, "-u", "-m", "composer")
        self._since = time.time()
        path.mkdir(parents=True, exist_ok=True)

    def write(self, name: str, text: str) -> Path:
        file = self.path / name
        file.write_text(text)
        return file

    def copy(self, sample: str) -> None:
        shutil.copytree(SAMPLES / sample, self.path, dirs_exist_ok=True)

    def composer(self, *arguments: str) -> Ran:
        return run(*self.program, *arguments, cwd=self.path, env=self.environment)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Run composer without waiting for it; in a `with`, it is killed when that fails."""
        return _Started(
            (*self.program, *arguments),
            cwd=self.path,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def on_terminal(self, *arguments: str, **size: int) -> Terminal:
        """Run composer on a terminal of its own."""
        command = (sys.executable, "-m", "composer", *arguments)
        return Terminal(command, self.path, {"NO_COLOR": "", **self.environment}, **size)

    def kill_at(self, seen: str, *arguments: str) -> None:
        """Run composer, and kill -9 it as soon as it has printed `seen`."""
        with self.start("--progress", "plain", *arguments) as process:
            assert process.stdout is not None
            said = []
            for line in process.stdout:
                said.append(line)
                if seen in line:
                    break
            process.kill()
        assert any(seen in line for line in said), f"it never said {seen!r}: {said}"

    # What the engine has of it, as the docker program says

    def containers(self) -> dict[str, dict[str, Any]]:
        """Return what `docker inspect` says of the project's containers, by name.

        One that goes in between, as with `run --rm`, is none.
        """
        ids = docker("ps", "-aq", *self._ours()).split()
        ran = run("docker", "inspect", *ids) if ids else Ran(0, "[]", "")
        assert ran.code == 0 or "No such object" in ran.err, ran.err
        found = json.loads(ran.out)
        return {one["Name"].removeprefix("/"): one for one in found}

    def running(self) -> list[str]:
        return sorted(n for n, one in self.containers().items() if one["State"]["Running"])

    def ids(self) -> dict[str, str]:
        return {name: one["Id"] for name, one in self.containers().items()}

    def networks(self) -> list[str]:
        return sorted(docker("network", "ls", "--format", "{{.Name}}", *self._ours()).split())

    def volumes(self) -> list[str]:
        return sorted(docker("volume", "ls", "--format", "{{.Name}}", *self._ours()).split())

    def remove(self) -> None:
        """Take away whatever a test left, without composer's help."""
        if ids := docker("ps", "-aq", *self._ours()).split():
            docker("rm", "-f", "-v", *ids)
        for network in self.networks():
            docker("network", "rm", network)
        for volume in self.volumes():
            docker("volume", "rm", volume)
        for volume in self._anonymous_volumes():
            run("docker", "volume", "rm", volume)
        images = docker("images", "-q", *self._ours()).split()
        if images:
            docker("rmi", "-f", *dict.fromkeys(images))  # the latest first: it may stand on others

    def _anonymous_volumes(self) -> set[str]:
        """Return the volumes without a name that any container of the project has had."""
        window = ("--since", str(self._since), "--until", str(time.time()), "--format")
        created = docker("events", *window, "{{.ID}}", "--filter", "event=create", *self._ours())
        mounted = docker(
            "events", *window, "{{.Actor.Attributes.container}} {{.Actor.ID}}",
            "--filter", "type=volume", "--filter", "event=mount",
        )  # fmt: skip
        ours = set(created.split())
        pairs = (line.split() for line in mounted.splitlines())
        return {name for container, name in pairs if container in ours and len(name) == 64}

    def _ours(self) -> tuple[str, str]:
        return ("--filter", f"label=com.docker.compose.project={self.name}")


def docker(*arguments: str) -> str:
    ran = run("docker", *arguments)
    assert ran.code == 0, f"docker {' '.join(arguments)}: {ran.err}"
    return ran.out


def free_port() -> int:
    """Return a port that nobody has, outside of the range that the system gives out by itself."""
    while True:
        port = random.randint(20000, 29999)
        with socket.socket() as one, suppress(OSError):
            one.bind(("127.0.0.1", port))
            return port


def fetch(url: str, *, method: str = "GET", body: object = None) -> str:
    """Return what `url` answers; the body is sent as JSON."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, data, headers, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=10) as answer:
        return str(answer.read().decode())


def eventually(check: Callable[[], Any], *, seconds: float = 30) -> Any:
    """Return the first true answer of `check`; its last error when there is none in time."""
    end = time.monotonic() + seconds
    while True:
        try:
            if answer := check():
                return answer
        except (OSError, urllib.error.URLError, AssertionError):
            if time.monotonic() > end:
                raise
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.1)
