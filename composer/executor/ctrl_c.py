"""Ctrl-C while a plan runs: the first press is a message, the second one an exception."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType

from composer.errors import Cancelled, EngineError
from composer.executor.progress import speaks
from composer.model.events import Progress, StepProgressed
from composer.model.operations import BuildImage
from composer.model.plan import Step

ONE_PRESS = 0.3
"""For how many seconds further interrupts belong to the first Ctrl-C."""


@contextmanager
def interrupts(post: Callable[[], None]) -> Iterator[None]:
    """Call `post` at the first Ctrl-C; the second one raises KeyboardInterrupt.

    One press may come twice: to the process, and to its group.

    An exception at a random place could lose a message that was taken and not yet
    acted on.  Only the main thread may set signal handlers; elsewhere this does nothing.
    """
    if current_thread() is not main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)
    pressed: list[float] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        if not pressed:
            post()
        elif time.monotonic() - pressed[0] > ONE_PRESS:
            raise KeyboardInterrupt
        pressed.append(time.monotonic())

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def replies(flying: Iterable[Step]) -> Iterator[StepProgressed]:
    """Yield that Ctrl-C was heard, for each step that has to come to its end first.

    What prints lines of its own, as a build, is let go instead.
    """
    for step in flying:
        if not speaks(step.operation):
            yield StepProgressed(step, Progress("ends first; Ctrl+C again leaves at once"))


def unasked(step: Step, error: BaseException) -> BaseException:
    """Return the failure of a step; one that was let go though nobody asked for it is one too."""
    if not isinstance(error, Cancelled):
        return error
    if isinstance(step.operation, BuildImage):
        return EngineError(
            "the build was broken off", help="buildx, or its builder, was stopped: try again"
        )
    return EngineError("it was broken off")
