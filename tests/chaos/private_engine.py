"""A Docker Engine of one's own, to be killed.

It runs in a network namespace of its own, so that its bridges and firewall rules
are none of the machine's, and everything it keeps is under one directory.  The
images come from the engine that is there already.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp

_START_SECONDS = 60


class PrivateEngine:
    """`with PrivateEngine(["busybox:latest"]) as engine:`; needs root.

    `flags` are further ones of dockerd.  A port that they open is open in its namespace
    only: `enter` runs commands there.
    """

    def __init__(self, images: list[str], flags: Sequence[str] = ()) -> None:
        assert os.geteuid() == 0, "an engine of one's own needs root: sudo make test"
        # Short, for a unix socket's path must fit in 107 bytes.
        self.directory = Path(mkdtemp(prefix="chaos-", dir="/run"))
        self.socket = self.directory / "docker.sock"
        self.crashes = 0
        self.cures = 0
        self._images = images
        self._flags = tuple(flags)
        self._daemon: subprocess.Popen[bytes] | None = None
        self._space = subprocess.Popen(
            ("unshare", "--net", "--uts", "sh", "-c", "ip link set lo up && exec sleep infinity")
        )

    def __enter__(self) -> PrivateEngine:
        try:
            self._await_space()
            self.start()
            self._load()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self.answers():
            with suppress(subprocess.SubprocessError):
                if ids := self.docker("ps", "-aq").split():
                    self.docker("rm", "-f", "-v", *ids)
        self.stop()
        self._end_stragglers()
        self._space.kill()
        self._space.wait()
        for point in reversed(_mounted_below(self.directory)):
            subprocess.run(("umount", "-l", point), check=False)
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def host(self) -> str:
        return f"unix://{self.socket}"

    @property
    def enter(self) -> tuple[str, ...]:
        """The words that run a command where the engine is."""
        space = f"/proc/{self._space.pid}/ns"
        return "nsenter", f"--net={space}/net", f"--uts={space}/uts"

    def docker(self, *arguments: str, seconds: float = 60) -> str:
        done = subprocess.run(
            ("docker", "--host", self.host, *arguments),
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )
        if done.returncode:
            raise AssertionError(f"docker {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def start(self, *, keeping: bool = True) -> None:
        """Start the engine; `keeping` the containers that survived its death, or stopping them.

        One that crashes while it takes stock is started again, as an init system does.  If
        that is in vain, because it was killed in the middle of writing its networks down,
        it gets the cure that the internet knows: these notes are deleted.
        """
        for attempt in range(4):
            if self._started(keeping):
                return
            if attempt == 1:
                self.cures += 1
                notes = self.directory / "data" / "network" / "files" / "local-kv.db"
                notes.unlink(missing_ok=True)
        raise AssertionError(f"dockerd does not start: {self._last_words()}")

    def _started(self, keeping: bool) -> bool:
        # Nobody may have reaped the last one's containerd: its number counts as alive.
        containerd = self.directory / "exec" / "containerd" / "containerd.pid"
        containerd.unlink(missing_ok=True)
        with (self.directory / "dockerd.log").open("ab") as log:
            self._daemon = subprocess.Popen(
                (
                    *(*self.enter, shutil.which("dockerd") or "/usr/sbin/dockerd"),
                    *("--host", self.host, "--pidfile", str(self.directory / "dockerd.pid")),
                    *("--data-root", str(self.directory / "data")),
                    *("--exec-root", str(self.directory / "exec")),
                    *(("--live-restore",) if keeping else ()),
                    *self._flags,
                ),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        end = time.monotonic() + _START_SECONDS
        while self._daemon.poll() is None:
            if self.answers():
                return True
            assert time.monotonic() < end, f"dockerd does not answer: {self._last_words()}"
            time.sleep(0.05)
        self.crashes += 1
        return False

    def kill(self) -> None:
        """Kill it without notice, and return when it is gone."""
        if self._daemon is not None:
            self._daemon.kill()
            self._daemon.wait()
            self._daemon = None

    def stop(self) -> None:
        if self._daemon is not None:
            self._daemon.terminate()
            try:
                self._daemon.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()
            self._daemon = None

    def freeze(self) -> None:
        assert self._daemon is not None
        self._daemon.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._daemon is not None
        self._daemon.send_signal(signal.SIGCONT)

    def answers(self) -> bool:
        if self._daemon is None:
            return False
        command = ("docker", "--host", self.host, "version")
        done = subprocess.run(command, capture_output=True, check=False, timeout=30)
        return done.returncode == 0

    def _await_space(self) -> None:
        ours = os.readlink("/proc/self/ns/net")
        end = time.monotonic() + 10
        while os.readlink(f"/proc/{self._space.pid}/ns/net") == ours:
            assert time.monotonic() < end, "no network namespace: this needs root"
            time.sleep(0.01)

    def _load(self) -> None:
        for image in self._images:
            shown = subprocess.run(
                ("docker", "image", "inspect", image), capture_output=True, check=False
            )
            if shown.returncode:
                subprocess.run(("docker", "pull", "-q", image), check=True, capture_output=True)
        with subprocess.Popen(("docker", "save", *self._images), stdout=subprocess.PIPE) as saving:
            subprocess.run(
                ("docker", "--host", self.host, "load", "-q"),
                stdin=saving.stdout,
                check=True,
                capture_output=True,
            )

    def _end_stragglers(self) -> None:
        """Kill what a killed engine left: its containerd, and the shims of its containers."""
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with suppress(OSError):
                if str(self.directory).encode() in (entry / "cmdline").read_bytes():
                    os.kill(int(entry.name), signal.SIGKILL)

    def _last_words(self) -> str:
        log = self.directory / "dockerd.log"
        lines = log.read_text(errors="replace").splitlines()
        panics = [line for line in lines if line.startswith("panic")]
        return "\n".join(panics[-1:] + lines[-5:])


def _mounted_below(directory: Path) -> list[str]:
    points = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    return sorted(point for point in points if point.startswith(f"{directory}/"))
