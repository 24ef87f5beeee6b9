"""What must not be left half done when the terminal goes away, as when ssh drops."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def hangups_heard() -> Iterator[None]:
    """Take SIGHUP for Ctrl-C, so that what was begun is put right; under nohup it is ignored."""
    before = signal.getsignal(signal.SIGHUP)
    if before != signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGHUP, lambda number, frame: signal.raise_signal(signal.SIGINT))
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)
