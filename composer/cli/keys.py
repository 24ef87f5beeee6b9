"""Single keys from a terminal, while something else goes on; it is given back as it was.

Ctrl-C, Ctrl-Z and the like stay signals.  Who is told to end restores the terminal before,
and who is stopped and continued takes the keys again.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from types import FrameType
from typing import Any

_ENDS = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


@contextmanager
def keys(pressed: Callable[[str], None]) -> Iterator[None]:
    """Call `pressed`, on a thread of its own, with each key that the user presses."""
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    until, done = os.pipe()
    thread = Thread(
        target=_read, args=(terminal, until, pressed), name="composer-keys", daemon=True
    )

    def give_back() -> None:
        with suppress(termios.error):  # hung up
            if _is_ours(terminal):
                termios.tcsetattr(terminal, termios.TCSADRAIN, before)

    with _signals(terminal, give_back):
        try:
            tty.setcbreak(terminal, termios.TCSADRAIN)
            thread.start()
            yield
        finally:
            give_back()
            os.close(done)
            thread.join()
            os.close(until)


def _is_ours(terminal: int) -> bool:
    """Say whether we are in the foreground; who touches it from behind is stopped for that."""
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:  # it controls nobody
        return True


def _read(terminal: int, until: int, pressed: Callable[[str], None]) -> None:
    """Runs in a thread of its own."""
    while True:
        ready, _, _ = select.select([terminal, until], [], [])
        if until in ready:
            return
        try:
            typed = os.read(terminal, 64)
        except OSError:
            return
        if not typed:
            return
        for key in typed.decode(errors="ignore"):
            pressed(key)


@contextmanager
def _signals(terminal: int, give_back: Callable[[], None]) -> Iterator[None]:
    """Give the terminal back before the end, and take it again after a stop."""

    def end(number: int, frame: FrameType | None) -> None:
        give_back()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    def go_on(number: int, frame: FrameType | None) -> None:
        with suppress(termios.error):
            if _is_ours(terminal):
                tty.setcbreak(terminal, termios.TCSADRAIN)

    before: dict[int, Any] = {}
    for ending in _ENDS:
        if signal.getsignal(ending) is signal.SIG_DFL:
            before[ending] = signal.signal(ending, end)
    before[signal.SIGCONT] = signal.signal(signal.SIGCONT, go_on)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
