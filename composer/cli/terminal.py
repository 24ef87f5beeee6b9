"""A command in a container and the user's terminal, joined.

Raw mode, window sizes and two blocking directions: the ugliest part of the
program, in one place.  What must hold: whatever happens, the terminal is given
back as it was.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from types import FrameType

from composer.engine.port import Dialogue
from composer.errors import ComposerError
from composer.render.console import Console

_CHUNK = 64 * 1024


def join(session: Dialogue, console: Console, *, interactive: bool, tty: bool) -> int:
    """Pass input and output until the command ends; return its exit code."""
    with (
        raw_terminal(active=tty and interactive),
        resizing(session, active=tty),
        forwarding(session, active=interactive),
    ):
        for stream, data in session:
            console.write(data, to_err=stream == "stderr")
    return session.exit_code()


@contextmanager
def raw_terminal(*, active: bool) -> Iterator[None]:
    """Let every key through to the command, Ctrl-C too; the terminal is restored always."""
    if not (active and sys.stdin.isatty()):
        yield
        return
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    tty.setraw(descriptor, termios.TCSADRAIN)  # keys that were typed early are kept
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


@contextmanager
def resizing(session: Dialogue, *, active: bool) -> Iterator[None]:
    """Tell the command how large the window is, now and whenever that changes."""
    if not active:
        yield
        return

    def resize(number: int = 0, frame: FrameType | None = None) -> None:
        size = shutil.get_terminal_size()
        with suppress(ComposerError):  # the command may have ended meanwhile
            session.resize(size.lines, size.columns)

    before = signal.signal(signal.SIGWINCH, resize)
    resize()
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)


@contextmanager
def forwarding(session: Dialogue, *, active: bool) -> Iterator[None]:
    """Pass stdin on while the command runs, and its end too.

    The thread sleeps on stdin and on a pipe; closing the pipe wakes it, so that no
    key that the user types afterwards is swallowed.
    """
    if not active:
        yield
        return
    if _stdin() is None:
        session.close_input()
        yield
        return
    until, done = os.pipe()
    thread = Thread(target=_forward, args=(session, until), name="composer-stdin", daemon=True)
    thread.start()
    try:
        yield
    finally:
        os.close(done)
        thread.join()
        os.close(until)


def _stdin() -> int | None:
    """Return the descriptor of stdin, None when there is none."""
    try:
        return sys.stdin.fileno() if sys.stdin else None
    except (OSError, ValueError):
        return None


def _forward(session: Dialogue, until: int) -> None:
    source = _stdin()
    assert source is not None
    with suppress(ComposerError, OSError):  # the command may not want its input any more
        while True:
            ready, _, _ = select.select([source, until], [], [])
            if until in ready:
                return
            data = os.read(source, _CHUNK)
            if not data:
                session.close_input()
                return
            session.write(data)
