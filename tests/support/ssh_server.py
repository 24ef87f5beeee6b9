"""An ssh server on loopback, with keys of its own, between us and an engine."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

_SBIN = f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin"


class SshServer:
    """Runs while it is entered.  `variables` lead the ssh program to it, and away from ~/.ssh.

    Who logs in is the user of the tests, with the key `directory`/client, and finds
    programs in `path`.
    """

    def __init__(self, directory: Path, *, path: str = os.environ["PATH"]) -> None:
        self.directory = directory
        self._path = path
        self._process: subprocess.Popen[bytes] | None = None
        self.user = getpass.getuser()
        self.port = 0

    @property
    def url(self) -> str:
        return f"ssh://{self.user}@127.0.0.1:{self.port}"

    @property
    def variables(self) -> dict[str, str]:
        return {"PATH": f"{self.directory / 'bin'}:{os.environ['PATH']}"}

    def __enter__(self) -> SshServer:
        program = shutil.which("sshd", path=_SBIN)
        assert program is not None, "sshd is not installed: 'make lab' does it"
        self.directory.mkdir(parents=True, exist_ok=True)
        for name in ("host", "client"):
            self._make_key(name)
        shutil.copy(self.directory / "client.pub", self.directory / "authorized_keys")
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        self.port = _free_port()
        self._configure()
        with (self.directory / "sshd.log").open("wb") as log:
            self._process = subprocess.Popen(
                (program, "-D", "-e", "-f", str(self.directory / "sshd_config")),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._await()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)

    @property
    def log(self) -> str:
        return (self.directory / "sshd.log").read_text(errors="replace")

    def write_client(self, text: str) -> None:
        """Write what ~/.ssh/config is to the ssh program."""
        (self.directory / "config").write_text(text)

    def hang_up(self) -> None:
        """Cut off all who are logged in, without a word."""
        assert self._process is not None
        sessions = _children(self._process.pid)
        for session in [grandchild for one in sessions for grandchild in _children(one)] + sessions:
            if (Path("/proc") / str(session) / "comm").read_text().startswith("sshd"):
                os.kill(session, signal.SIGKILL)

    def _configure(self) -> None:
        (self.directory / "sshd_config").write_text(
            f"Port {self.port}\n"
            "ListenAddress 127.0.0.1\n"
            f"HostKey {self.directory}/host\n"
            f"AuthorizedKeysFile {self.directory}/authorized_keys\n"
            f"PidFile {self.directory}/sshd.pid\n"
            "StrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin yes\n"
            "LogLevel VERBOSE\n"
            f"SetEnv PATH={self._path}\n"
        )
        host = (self.directory / "host.pub").read_text()
        (self.directory / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {host}")
        self.write_client(
            f"IdentityFile {self.directory}/client\n"
            "IdentitiesOnly yes\n"
            f"UserKnownHostsFile {self.directory}/known_hosts\n"
            "GlobalKnownHostsFile /dev/null\n"
            "StrictHostKeyChecking yes\n"
        )
        program = self.directory / "bin" / "ssh"
        program.parent.mkdir(exist_ok=True)
        program.write_text(
            f'#!/bin/sh\nexec {shutil.which("ssh")} -F {self.directory}/config "$@"\n'
        )
        program.chmod(0o755)

    def _make_key(self, name: str) -> None:
        path = self.directory / name
        subprocess.run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path), check=True)

    def _await(self) -> None:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            assert self._process is not None
            assert self._process.poll() is None, self.log
            time.sleep(0.02)
        raise AssertionError(f"sshd does not listen: {self.log}")


def _children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _free_port() -> int:
    with socket.socket() as plug:
        plug.bind(("127.0.0.1", 0))
        return int(plug.getsockname()[1])
