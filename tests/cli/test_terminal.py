from __future__ import annotations

import fcntl
import io
import os
import pty
import signal
import struct
import termios
import threading
from collections.abc import Iterator
from queue import SimpleQueue
from typing import Any

import pytest

from composer.cli.terminal import Joint, Signals, join, raw_terminal
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


def talk(command: FakeExec, **how: Any) -> tuple[int | None, bytes]:
    """Join a command, which ends by itself at last; return its exit code and what it printed."""
    out = io.TextIOWrapper(io.BytesIO())
    end = threading.Timer(20, command.close)
    end.start()
    code = join(command, Console(out=out, err=out), Joint(**how))
    end.cancel()
    return code, out.buffer.getvalue()  # type: ignore[attr-defined]


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


def test_keys_reach_the_command_and_its_window_has_the_right_size(terminal: int) -> None:
    class OneKey(FakeExec):
        """A command that ends after the first key, pressed when it knows its window."""

        def resize(self, rows: int, columns: int) -> None:
            super().resize(rows, columns)
            os.write(terminal, b"\x03")

        def write(self, data: bytes) -> None:
            super().write(data)
            self.close_input()

    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 77, 0, 0))
    command = OneKey([], 5, reads=True, tty=True)
    before = signal.getsignal(signal.SIGWINCH)

    assert talk(command, interactive=True, tty=True) == (5, b"\x03")
    assert command.size == (33, 77)
    assert signal.getsignal(signal.SIGWINCH) == before


def test_the_detach_keys_leave_the_command_and_do_not_reach_it(terminal: int) -> None:
    class Typed(FakeExec):
        """A command whose user types when it knows its window: the terminal is raw then."""

        def resize(self, rows: int, columns: int) -> None:
            os.write(terminal, b"a\x10\x11b")

    command = Typed([], 5, reads=True, tty=True)

    assert talk(command, interactive=True, tty=True, detach_keys=b"\x10\x11") == (None, b"a")


@pytest.mark.parametrize("hangs_up", [True, False])
def test_who_leaves_lets_the_engine_hang_up_and_does_it_if_that_does_not(
    terminal: int, hangs_up: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("composer.cli.terminal._LEFT_SECONDS", 20 if hangs_up else 0.1)

    class Left(FakeExec):
        """A command that is left; `read` says whether all was when the connection was closed."""

        over = False
        read: bool | None = None

        def __iter__(self) -> Iterator[tuple[str, bytes]]:
            yield from super().__iter__()
            self.over = True

        def resize(self, rows: int, columns: int) -> None:
            os.write(terminal, b"\x10\x11")

        def close_input(self) -> None:
            if hangs_up:
                super().close_input()

        def close(self) -> None:
            self.read = self.over if self.read is None else self.read
            super().close()

    command = Left([], 5, reads=True, tty=True)

    assert talk(command, interactive=True, tty=True, detach_keys=b"\x10\x11") == (None, b"")
    assert command.read == hangs_up


class TypedLines(FakeExec):
    """A command without a terminal, whose user types when it begins to talk."""

    far = -1

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        os.write(self.far, b"a\nb\x10\x11c")
        yield from super().__iter__()


@pytest.mark.parametrize(("interactive", "passed"), [(True, b"a\nb"), (False, b"")])
def test_the_keys_leave_a_command_without_a_terminal_too(
    terminal: int, interactive: bool, passed: bytes
) -> None:
    before = termios.tcgetattr(terminal)
    command = TypedLines([], 5, reads=True, tty=False)
    command.far = terminal
    how: dict[str, Any] = {"interactive": interactive, "leavable": True}

    assert talk(command, detach_keys=b"\x10\x11", **how) == (None, passed)
    assert termios.tcgetattr(terminal) == before


def test_keys_that_are_signals_leave_a_command_and_others_stay_signals(terminal: int) -> None:
    """Nobody else has such keys, nor Ctrl-Q, while they are waited for."""
    seen: list[tuple[bool, bool]] = []

    class Leaving(FakeExec):
        def __iter__(self) -> Iterator[tuple[str, bytes]]:
            keys = termios.tcgetattr(terminal)[6]
            seen.append((keys[termios.VINTR] == b"\x03", keys[termios.VQUIT] == b"\x1c"))
            os.write(terminal, b"\x03")
            yield from super().__iter__()

    command = Leaving([], 5, reads=True, tty=False)

    assert talk(command, interactive=True, leavable=True, detach_keys=b"\x03") == (None, b"")
    assert seen == [(False, True)]


def test_a_command_that_has_ended_is_not_waited_for_although_it_takes_no_input() -> None:
    """What was typed and not taken must not keep anybody: a real write would block."""

    class Deaf(FakeExec):
        def __init__(self) -> None:
            super().__init__([], 0, reads=True, tty=False)
            self.shut = threading.Event()

        def write(self, data: bytes) -> None:
            super().close()
            assert self.shut.wait(10)

        def close_input(self) -> None:
            self.shut.set()

    source, sink = os.pipe()
    os.write(sink, b"text")
    with os.fdopen(source) as stdin, pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", stdin)
        assert talk(Deaf(), interactive=True) == (0, b"")
    os.close(sink)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_who_is_told_to_end_gives_the_terminal_back_too(terminal: int, number: int) -> None:
    before = termios.tcgetattr(terminal)

    def be_told() -> None:
        with raw_terminal(active=True):
            assert not echoes(terminal)
            os.kill(os.getpid(), number)

    with pytest.raises(SystemExit, match=str(128 + number)):
        be_told()

    assert termios.tcgetattr(terminal) == before
    assert signal.getsignal(number) == signal.SIG_DFL


def send(*numbers: signal.Signals) -> None:
    for number in numbers:
        os.kill(os.getpid(), number)


def test_signals_are_passed_on_until_the_third_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("composer.cli.terminal.ONE_PRESS", 0)
    sent: SimpleQueue[str] = SimpleQueue()
    insisted = threading.Event()
    signals = Signals(sent.put, insisted.set)

    with signals.passed_on():
        send(signal.SIGUSR1, signal.SIGINT, signal.SIGINT, signal.SIGINT)
        assert insisted.wait(10)
        assert [sent.get(timeout=10) for _ in range(3)] == ["SIGUSR1", "SIGINT", "SIGINT"]

    assert sent.empty()
    assert signals.interrupted
    assert signal.getsignal(signal.SIGINT) == signal.default_int_handler


def test_the_third_interrupt_does_not_stand_in_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("composer.cli.terminal.ONE_PRESS", 0)
    insisted, over = threading.Event(), threading.Event()

    def hang(name: str) -> None:
        over.wait(30)

    with Signals(hang, insisted.set).passed_on():
        send(signal.SIGINT, signal.SIGINT, signal.SIGINT)
        heard = insisted.wait(3)
        over.set()

    assert heard


def test_one_press_that_arrives_twice_is_sent_once() -> None:
    sent: SimpleQueue[str] = SimpleQueue()

    with Signals(sent.put, lambda: None).passed_on():
        send(signal.SIGINT, signal.SIGINT, signal.SIGUSR1)
        assert [sent.get(timeout=10) for _ in range(2)] == ["SIGINT", "SIGUSR1"]
