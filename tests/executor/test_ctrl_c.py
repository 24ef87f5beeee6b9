"""Ctrl-C at any moment, once and twice.

Only the main thread hears signals, so an alarm ends what hangs.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event as Flag
from threading import Timer
from types import FrameType

import pytest

from composer.errors import Cancelled
from composer.executor.ctrl_c import ONE_PRESS
from composer.executor.run import execute
from composer.model.events import Event, PlanStarted, StepFinished, StepProgressed, StepStarted
from composer.model.operations import Start
from composer.model.plan import Plan
from support.running import LONG, Lab, Told, start_and_wait, step


def press() -> None:
    os.kill(os.getpid(), signal.SIGINT)


@contextmanager
def an_end_to_it() -> Iterator[None]:
    """Fail what hangs on the main thread."""

    def fail(number: int, frame: FrameType | None) -> None:
        raise AssertionError("it hangs")

    before = signal.signal(signal.SIGALRM, fail)
    signal.setitimer(signal.ITIMER_REAL, LONG)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def waiting_and_pressing(at: int | None, *, presses: int = 1) -> tuple[Told, type | None]:
    """Start b once a is healthy, and press Ctrl-C at event number `at`."""
    engine, told = Lab(), Told()

    def emit(event: Event) -> None:
        told.events.append(event)
        for _ in range(presses if len(told.events) - 1 == at else 0):
            press()
        if isinstance(event, StepProgressed):
            engine.become("a", health="healthy")

    start, wait = start_and_wait("a")
    plan = Plan((start, wait, step(Start("b"), wait.id)))
    with an_end_to_it():
        try:
            execute(plan, engine, emit, project="demo")
        except (Cancelled, KeyboardInterrupt) as error:
            return told, type(error)
    return told, None


WHOLE = [
    (PlanStarted, ""),
    (StepStarted, "start a"),
    (StepFinished, "start a"),
    (StepStarted, "wait until a is healthy"),
    (StepProgressed, "wait until a is healthy"),
    (StepFinished, "wait until a is healthy"),
    (StepStarted, "start b"),
    (StepFinished, "start b"),
]


def about(event: Event) -> str:
    return "" if isinstance(event, PlanStarted) else event.step.id


def test_the_events_at_which_ctrl_c_is_tried_are_all_there_are() -> None:
    told, error = waiting_and_pressing(None)
    found = [(type(event), about(event)) for event in told.events]
    assert found == WHOLE
    assert error is None


@pytest.mark.parametrize("presses", [1, 2])
@pytest.mark.parametrize("at", range(len(WHOLE)))
def test_ctrl_c_is_heard_at_every_event_and_every_step_ends_once(at: int, presses: int) -> None:
    told, error = waiting_and_pressing(at, presses=presses)
    assert error is Cancelled
    assert set(told.outcomes()) == {step_id for _, step_id in WHOLE if step_id}


class SlowStart(Lab):
    """A start that lasts until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go = Flag()

    def start(self, container: str) -> None:
        self.go.wait(LONG / 2)
        super().start(container)


def test_a_second_ctrl_c_does_not_wait_for_what_is_in_flight() -> None:
    engine = SlowStart()
    second = Timer(ONE_PRESS * 1.5, press)

    def emit(event: Event) -> None:
        if isinstance(event, StepStarted):
            press()
            second.start()

    with an_end_to_it(), pytest.raises(KeyboardInterrupt):
        execute(Plan((step(Start("a")),)), engine, emit)
    assert not engine.go.is_set()
    engine.go.set()


def test_who_presses_ctrl_c_is_told_what_ends_first() -> None:
    engine, told = SlowStart(), Told()

    def emit(event: Event) -> None:
        told.events.append(event)
        if isinstance(event, StepStarted):
            press()
        if isinstance(event, StepProgressed):
            engine.go.set()

    with an_end_to_it(), pytest.raises(Cancelled):
        execute(Plan((step(Start("a")),)), engine, emit)
    [reply] = [event for event in told.events if isinstance(event, StepProgressed)]
    assert (reply.step.id, reply.progress.text) == (
        "start a",
        "ends first; Ctrl+C again leaves at once",
    )
