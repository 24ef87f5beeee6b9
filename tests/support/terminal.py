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
from functools import cached_property
from pathlib import Path

PATIENCE = 120.0
"""Seconds after which a command hangs."""


class Emulator:
    """What a terminal makes of bytes."""

    def __init__(self, columns: int, rows: int) -> None:
        import pyte

        self.columns, self.rows = columns, rows
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)

    def feed(self, data: bytes) -> None:
        self._stream.feed(data)

    @property
    def lines(self) -> list[str]:
        """The lines of the screen, without the empty ones at its end."""
        lines = [line.rstrip() for line in self._screen.display]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    @property
    def cursor(self) -> tuple[int, int]:
        return self._screen.cursor.y, self._screen.cursor.x

    @property
    def cursor_hidden(self) -> bool:
        return bool(self._screen.cursor.hidden)

    def resize(self, columns: int) -> None:
        """Change the width as most terminals do: what is too long goes on in the next line."""
        above, (row, _) = self.lines, self.cursor
        self.__init__(columns, self.rows)  # type: ignore[misc]
        for text in above[:row]:
            self.feed(f"{text}\r\n".encode())


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
        self.far, near = pty.openpty()
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
        self._size = columns, rows
        self._fed = 0
        self._end = time.monotonic() + PATIENCE

    @cached_property
    def _emulator(self) -> Emulator:
        return Emulator(*self._size)

    @property
    def screen(self) -> list[str]:
        """What a user sees: the lines of the screen, without the empty ones at its end."""
        self._emulator.feed(self.bytes[self._fed :])
        self._fed = len(self.bytes)
        return self._emulator.lines

    @property
    def cursor_below(self) -> bool:
        """Whether the cursor is visible, at the beginning of the line below everything."""
        return self._emulator.cursor == (len(self.screen), 0) and not self._emulator.cursor_hidden

    @property
    def text(self) -> str:
        return self.bytes.decode(errors="replace").replace("\r\n", "\n")

    def read(self) -> bool:
        """Take in what is shown next; False at the end."""
        ready, _, _ = select.select([self.far], [], [], max(0.0, self._end - time.monotonic()))
        assert ready, f"it hangs after:\n{self.text}"
        try:
            data = os.read(self.far, 65536)
        except OSError:  # the other end is closed
            return False
        self.bytes += data
        return bool(data)

    def await_text(self, seen: str) -> None:
        while seen not in self.text:
            assert self.read(), f"it never showed {seen!r}:\n{self.text}"

    def await_screen(self, seen: str) -> None:
        while not any(seen in line for line in self.screen):
            assert self.read(), f"it never showed {seen!r}:\n" + "\n".join(self.screen)

    def type(self, keys: str) -> None:
        os.write(self.far, keys.encode())

    def set_size(self, *, columns: int, rows: int) -> None:
        """Make the window another size, of which the process is told."""
        fcntl.ioctl(self.far, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def end(self, *, keep: bool = False) -> int:
        """Wait for the end and return the exit code; `keep` leaves the terminal to look at."""
        while self.read():
            pass
        if not keep:
            os.close(self.far)
        return self.process.wait(PATIENCE)
