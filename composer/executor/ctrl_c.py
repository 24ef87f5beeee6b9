"""Ctrl-C while a plan runs: the first press is a message, the second one an exception."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import current_thread, local, main_thread
from types import FrameType

from composer.errors import Cancelled, EngineError
from composer.executor.progress import speaks
from composer.model.events import Progress, StepProgressed
from composer.model.operations import BuildImage, PullImage
from composer.model.plan import Step

ONE_PRESS = 0.3
"""For how many seconds further interrupts belong to the first Ctrl-C."""


class Brake:
    """Ctrl-C for what other threads do for the one that hears it; any thread may pull it.

    What can be let go is let go at once.  A plan that replaces containers goes on unless the
    brake is pulled `hard`: they are to run afterwards.
    """

    def __init__(self) -> None:
        self.pulled = self._hard = False
        self._posts: dict[Callable[[], object], bool] = {}

    def pull(self, *, hard: bool = False) -> None:
        self.pulled, self._hard = True, self._hard or hard
        for post, soft in [*self._posts.items()]:
            if soft or self._hard:
                post()

    @contextmanager
    def heard(self, post: Callable[[], object], *, soft: bool = True) -> Iterator[None]:
        """Call `post` when it is pulled, only hard unless `soft`; raises Cancelled if it is."""
        self._posts[post] = soft
        try:
            if self._hard or (soft and self.pulled):
                raise Cancelled
            yield
        finally:
            del self._posts[post]

    @contextmanager
    def heeded(self) -> Iterator[None]:
        """Have the plans that this thread runs heed it."""
        with _heeding(self):
            yield


class _Heeded(local):
    brake: Brake | None = None


_heeded = _Heeded()


@contextmanager
def _heeding(brake: Brake | None) -> Iterator[None]:
    before, _heeded.brake = _heeded.brake, brake
    try:
        yield
    finally:
        _heeded.brake = before


def unbraked() -> AbstractContextManager[None]:
    """Return a `with` in which a plan runs although the brake is pulled: it clears up."""
    return _heeding(None)


@contextmanager
def interrupts(post: Callable[[], None], steps: Iterable[Step] = ()) -> Iterator[None]:
    """Call `post` at the first Ctrl-C; the second one raises KeyboardInterrupt.

    One press may come twice: to the process, and to its group.

    An exception at a random place could lose a message that was taken and not yet
    acted on.  Only the main thread may set signal handlers; elsewhere the brake that the thread
    heeds takes their place, if there is one, for a plan of `steps`.
    """
    if current_thread() is not main_thread():
        soft = any(isinstance(step.operation, BuildImage | PullImage) for step in steps)
        brake = _heeded.brake
        with brake.heard(post, soft=soft) if brake is not None else nullcontext():
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
