from __future__ import annotations

import io
import os
import pty
import signal
import termios
from collections.abc import Iterator

import pytest

from composer.cli.terminal import join, raw_terminal
from composer.render.console import Console
from support.streams import FakeExec


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Make stdin a terminal; return its other end."""
    far, near = pty.openpty()
    with os.fdopen(near) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        yield far
    os.close(far)


def echoes(descriptor: int) -> bool:
    return bool(termios.tcgetattr(descriptor)[3] & termios.ECHO)


def test_the_terminal_is_given_back_as_it_was(terminal: int) -> None:
    before = termios.tcgetattr(terminal)

    def break_down() -> None:
        with raw_terminal(active=True):
            assert not echoes(terminal)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_down()

    assert termios.tcgetattr(terminal) == before


def test_keys_reach_the_command_and_its_window_has_the_right_size(
    terminal: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class OneKey(FakeExec):
        """A command that ends after the first key, pressed when it knows its window."""

        def resize(self, rows: int, columns: int) -> None:
            super().resize(rows, columns)
            os.write(terminal, b"\x03")

        def write(self, data: bytes) -> None:
            super().write(data)
            self.close_input()

    monkeypatch.setenv("LINES", "33")
    monkeypatch.setenv("COLUMNS", "77")
    command = OneKey([], 5, reads=True, tty=True)
    out = io.TextIOWrapper(io.BytesIO())
    before = signal.getsignal(signal.SIGWINCH)

    assert join(command, Console(out=out, err=out), interactive=True, tty=True) == 5
    assert out.buffer.getvalue() == b"\x03"  # type: ignore[attr-defined]
    assert command.size == (33, 77)
    assert signal.getsignal(signal.SIGWINCH) == before
