"""Modes of a terminal other than those that the user left it in, given back whatever happens.

In the background the terminal belongs to somebody else: who reads or changes it there is
stopped for that.
"""

from __future__ import annotations

import os
import signal
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, TypeAlias

Modes: TypeAlias = list[Any]
"""What tcgetattr returns, and tcsetattr takes."""

_ENDS = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_INPUT, _LOCAL, _KEYS = 0, 3, 6
_NO_KEYS = (termios.VMIN, termios.VTIME)


@contextmanager
def changed(terminal: int, change: Callable[[Modes], object]) -> Iterator[Callable[[], None]]:
    """Have the modes as `change` makes them while we are in front; yields what takes them again.

    Who is told to end gives the terminal back before, and who is stopped and continued takes
    it again.
    """
    before = termios.tcgetattr(terminal)

    def take() -> None:  # now: what is to be shown may never be (Ctrl-S)
        with suppress(termios.error):  # hung up
            if is_ours(terminal):
                modes = termios.tcgetattr(terminal)
                change(modes)
                termios.tcsetattr(terminal, termios.TCSANOW, modes)

    def give_back() -> None:
        with suppress(termios.error):
            if is_ours(terminal):
                termios.tcsetattr(terminal, termios.TCSANOW, before)

    with _signals(take, give_back):
        try:
            take()
            yield take
        finally:
            give_back()


def is_ours(terminal: int) -> bool:
    """Say whether we are in the foreground; who touches it from behind is stopped for that."""
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:  # it controls nobody
        return True


def single_keys(modes: Modes) -> None:
    """Let each key be read at once, and not shown; Ctrl-C, Ctrl-Z and the like stay signals."""
    modes[_LOCAL] &= ~(termios.ECHO | termios.ICANON)
    modes[_KEYS][termios.VMIN], modes[_KEYS][termios.VTIME] = 1, 0


def ends_lines(modes: Modes, key: int) -> None:
    """Let `key` end a line as well, so that it is read at once."""
    modes[_KEYS][termios.VEOL] = bytes([key])


def free(modes: Modes, keys: bytes) -> None:
    """Take from `keys` what they mean to the terminal.

    What Ctrl-S has halted goes on at any key if Ctrl-Q is not to do that any more.
    """
    if modes[_KEYS][termios.VSTART] in _each(keys):
        modes[_INPUT] |= termios.IXANY
    for place, key in enumerate(modes[_KEYS]):
        if place not in _NO_KEYS and key in _each(keys):
            modes[_KEYS][place] = b"\0"


def _each(keys: bytes) -> list[bytes]:
    return [bytes([key]) for key in keys]


@contextmanager
def _signals(take: Callable[[], None], give_back: Callable[[], None]) -> Iterator[None]:
    def end(number: int, frame: FrameType | None) -> None:
        give_back()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    def go_on(number: int, frame: FrameType | None) -> None:
        take()
        if callable(also := before[signal.SIGCONT]):
            also(number, frame)

    before: dict[int, Any] = {signal.SIGCONT: signal.getsignal(signal.SIGCONT)}
    for ending in _ENDS:
        if signal.getsignal(ending) is signal.SIG_DFL:
            before[ending] = signal.signal(ending, end)
    signal.signal(signal.SIGCONT, go_on)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
