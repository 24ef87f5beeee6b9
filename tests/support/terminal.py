"""A command on a terminal of its own: what it shows, and keys pressed when it shows something."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

PATIENCE = 120.0
"""Seconds after which a command hangs."""


def _own_terminal() -> None:
    """Runs in the child: what it has as stdin is its terminal, so Ctrl-C reaches it."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Terminal:
    """A process whose three streams are one terminal of `columns` by `rows`."""

    def __init__(
        self,
        command: Sequence[str],
        cwd: Path,
        environment: Mapping[str, str],
        *,
        columns: int = 100,
        rows: int = 40,
    ) -> None:
        self._far, near = pty.openpty()
        fcntl.ioctl(near, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**os.environ, "TERM": "xterm-256color", **environment},
            stdin=near,
            stdout=near,
            stderr=near,
            start_new_session=True,
            preexec_fn=_own_terminal,
        )
        os.close(near)
        self.bytes = b""
        self._end = time.monotonic() + PATIENCE

    @property
    def text(self) -> str:
        return self.bytes.decode(errors="replace").replace("\r\n", "\n")

    def read(self) -> bool:
        """Take in what is shown next; False at the end."""
        ready, _, _ = select.select([self._far], [], [], max(0.0, self._end - time.monotonic()))
        assert ready, f"it hangs after:\n{self.text}"
        try:
            data = os.read(self._far, 65536)
        except OSError:  # the other end is closed
            return False
        self.bytes += data
        return bool(data)

    def await_text(self, seen: str) -> None:
        while seen not in self.text:
            assert self.read(), f"it never showed {seen!r}:\n{self.text}"

    def type(self, keys: str) -> None:
        os.write(self._far, keys.encode())

    def end(self) -> int:
        """Wait for the end and return the exit code."""
        while self.read():
            pass
        os.close(self._far)
        return self.process.wait(PATIENCE)
