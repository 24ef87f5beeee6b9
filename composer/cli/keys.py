"""Single keys from a terminal, while something else goes on; it is given back as it was.

Ctrl-C, Ctrl-Z and the like stay signals.  Who is told to end restores the terminal before,
and who is stopped and continued takes the keys again.  In the background the terminal belongs
to somebody else: who reads or changes it there is stopped for that.
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

_LOOK_AGAIN = 0.5
"""After how many seconds a job in the background looks whether it is in front: nobody tells."""


@contextmanager
def keys(pressed: Callable[[str], None]) -> Iterator[None]:
    """Call `pressed`, on a thread of its own, with each key that the user presses."""
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    until, done = os.pipe()

    def take() -> None:  # now: what is to be shown may never be (Ctrl-S)
        with suppress(termios.error):  # hung up
            if _is_ours(terminal):
                tty.setcbreak(terminal, termios.TCSANOW)

    def give_back() -> None:
        with suppress(termios.error):
            if _is_ours(terminal):
                termios.tcsetattr(terminal, termios.TCSANOW, before)

    arguments = (terminal, until, take, pressed)
    thread = Thread(target=_read, args=arguments, name="composer-keys", daemon=True)
    with _signals(take, give_back):
        try:
            take()
            thread.start()
            yield
        finally:
            give_back()
            os.close(done)
            thread.join(_LOOK_AGAIN)
            if not thread.is_alive():  # else what a key has asked for takes its time
                os.close(until)


def _is_ours(terminal: int) -> bool:
    """Say whether we are in the foreground; who touches it from behind is stopped for that."""
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:  # it controls nobody
        return True


def _read(
    terminal: int, until: int, take: Callable[[], None], pressed: Callable[[str], None]
) -> None:
    """Runs in a thread of its own."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTTIN])  # to read is an error then
    while True:
        if not _is_ours(terminal):
            if select.select([until], [], [], _LOOK_AGAIN)[0]:
                return
            take()
            continue
        ready, _, _ = select.select([terminal, until], [], [])
        if until in ready:
            return
        try:
            typed = os.read(terminal, 64)
        except OSError:
            if _is_ours(terminal):  # hung up
                return
            continue
        if not typed:
            return
        for key in typed.decode(errors="ignore"):
            pressed(key)


@contextmanager
def _signals(take: Callable[[], None], give_back: Callable[[], None]) -> Iterator[None]:
    """Give the terminal back before the end, and take it again after a stop."""

    def end(number: int, frame: FrameType | None) -> None:
        give_back()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    def go_on(number: int, frame: FrameType | None) -> None:
        take()

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
