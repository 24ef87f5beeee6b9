"""Single keys from a terminal, while something else goes on; it is given back as it was."""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

from composer.cli.modes import Modes, changed, free, is_ours, single_keys

_LOOK_AGAIN = 0.5
"""After how many seconds a job in the background looks whether it is in front: nobody tells."""


@contextmanager
def keys(pressed: Callable[[str], None], heeded: bytes = b"") -> Iterator[None]:
    """Call `pressed`, on a thread of its own, with each key that the user presses.

    Ctrl-C and the like stay signals, unless they are `heeded`.
    """
    terminal = sys.stdin.fileno()
    until, done = os.pipe()

    def change(modes: Modes) -> None:
        single_keys(modes)
        free(modes, heeded)

    with changed(terminal, change) as take:
        arguments = (terminal, until, take, pressed)
        thread = Thread(target=_read, args=arguments, name="composer-keys", daemon=True)
        thread.start()
        try:
            yield
        finally:
            os.close(done)
            thread.join(_LOOK_AGAIN)
            if not thread.is_alive():  # else what a key has asked for takes its time
                os.close(until)


def _read(
    terminal: int, until: int, take: Callable[[], None], pressed: Callable[[str], None]
) -> None:
    """Runs in a thread of its own."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTTIN])  # to read is an error then
    while True:
        if not is_ours(terminal):
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
            if is_ours(terminal):  # hung up
                return
            continue
        if not typed:
            return
        for key in typed.decode(errors="ignore"):
            pressed(key)
