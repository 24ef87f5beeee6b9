"""Ctrl-Z and `fg`: whoever draws at one place of a terminal has to find another one then."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType


@contextmanager
def resumed(hear: Callable[[], object]) -> Iterator[None]:
    """Call `hear` whenever the program goes on after a stop; only in the main thread."""
    if current_thread() is not main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGCONT)

    def go_on(number: int, frame: FrameType | None) -> None:
        hear()
        if callable(before):
            before(number, frame)

    signal.signal(signal.SIGCONT, go_on)
    try:
        yield
    finally:
        signal.signal(signal.SIGCONT, before)
