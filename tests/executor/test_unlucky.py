"""Bad luck: streams that break, and waits that end late, badly or together."""

from __future__ import annotations

from threading import Event as Flag
from typing import Any

import pytest

from composer.errors import EngineError, PlanFailed, WaitFailed
from composer.model.events import Event, Outcome, StepFinished, StepProgressed
from composer.model.observed import ContainerState
from composer.model.operations import CreateNetwork, Start, Stop
from composer.model.resources import NetworkSpec
from support.running import LONG, Lab, run, start_and_wait, step, wait_for
from support.streams import FakeEvents, FakeLogs

# -- streams ----------------------------------------------------------------------------


NETWORK = CreateNetwork(NetworkSpec(key="n", name="n"))


class BreaksEarly(Lab):
    """The stream breaks before anything is awaited; the work goes on once it is opened again."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = 0
        self.again = Flag()

    def changes(self, project: str) -> FakeEvents:
        stream = super().changes(project)
        self.opened += 1
        if self.opened == 2:
            self.again.set()
        return stream

    def create_network(self, spec: NetworkSpec) -> None:
        self.break_streams()
        assert self.again.wait(LONG / 2)
        super().create_network(spec)


def test_a_stream_that_breaks_before_anything_is_awaited_is_opened_again() -> None:
    engine = BreaksEarly()

    def heal(event: Event) -> None:
        if isinstance(event, StepProgressed):
            engine.become("a", health="healthy")

    told = run(engine, step(NETWORK), *start_and_wait("a", str(NETWORK)), emit=heal)
    assert told.error is None


class NeverAgain(Lab):
    """An engine that lets itself be listened to once."""

    opened = 0

    def changes(self, project: str) -> FakeEvents:
        self.opened += 1
        if self.opened > 1:
            raise EngineError("gone")
        return super().changes(project)


def test_a_stream_lost_for_good_ends_every_wait_once() -> None:
    engine = NeverAgain()
    parked = set()

    def cut(event: Event) -> None:
        if isinstance(event, StepProgressed):
            parked.add(event.step.id)
            if len(parked) == 2:
                engine.break_streams()

    told = run(engine, *start_and_wait("a"), *start_and_wait("b"), emit=cut)
    assert list(told.failures().values()) == ["gone"]
    waits = {outcome for step_id, outcome in told.outcomes().items() if "wait" in step_id}
    assert waits == {Outcome.FAILED, Outcome.SKIPPED}


def test_a_wait_that_begins_after_the_stream_is_lost_for_good_fails() -> None:
    engine = NeverAgain()
    optional = wait_for("a", required=False)

    def cut(event: Event) -> None:
        if isinstance(event, StepProgressed) and event.step.operation == optional:
            engine.break_streams()

    told = run(
        engine,
        step(Start("a")),
        step(optional, "start a"),
        *start_and_wait("b", str(optional)),
        emit=cut,
    )
    assert told.failures() == {"wait until b is healthy": "gone"}
    assert told.outcomes()[str(optional)] is Outcome.DONE


class BreaksAlways(Lab):
    """An engine whose every stream is broken from the beginning."""

    def changes(self, project: str) -> FakeEvents:
        stream = super().changes(project)
        stream.break_off()
        return stream


def test_a_stream_that_breaks_again_and_again_without_a_word_ends_the_wait() -> None:
    told = run(BreaksAlways(), *start_and_wait("a"))
    assert told.failures() == {"wait until a is healthy": "the engine ended its stream of events"}


def test_a_stream_may_break_often_as_long_as_it_says_something_between() -> None:
    engine = Lab()
    looked = []

    def speak_and_cut(event: Event) -> None:
        if isinstance(event, StepProgressed):
            looked.append(event)
            engine.become("a", health="starting" if len(looked) < 20 else "healthy")
            engine.break_streams()

    assert run(engine, *start_and_wait("a"), emit=speak_and_cut).error is None


# -- waits that end late, badly or together ---------------------------------------------


class LateJudgement(Lab):
    """A is seen to be healthy, but the answer arrives after the time is up.

    By then its failure is being explained, which goes on until the answer had its effect.
    """

    def __init__(self) -> None:
        super().__init__()
        self.looks = 0
        self.expired = Flag()
        self.effect = Flag()

    def state(self, container: str) -> ContainerState:
        self.looks += 1
        if self.looks > 1:
            self.expired.set()
            return super().state(container)
        assert self.expired.wait(LONG / 2)
        self.become(container, health="healthy")
        return super().state(container)

    def logs(self, container: str, **options: Any) -> FakeLogs:
        self.effect.wait(0.2)
        return super().logs(container, **options)


def test_an_answer_that_arrives_after_the_time_is_up_changes_nothing() -> None:
    engine = LateJudgement()

    def notice(event: Event) -> None:
        if isinstance(event, StepFinished) and "wait" in event.step.id:
            engine.effect.set()

    start, wait = start_and_wait("a", timeout=0.05)
    told = run(engine, start, wait, step(Stop("b"), wait.id), emit=notice)
    assert told.failures() == {
        wait.id: "application not healthy after 0.05s: container a is not up"
    }
    assert told.outcomes()["stop b"] is Outcome.SKIPPED


class SlowWords(Lab):
    """A ends badly, and its explanation takes longer than anybody is to wait for it."""

    told = 0

    def logs(self, container: str, **options: Any) -> FakeLogs:
        self.told += 1
        Flag().wait(1.3)
        return super().logs(container, **options)


def test_a_wait_that_is_being_explained_does_not_expire_as_well() -> None:
    engine = SlowWords()
    engine.behave("a", exits=1)
    start, wait = start_and_wait("a", timeout=1)
    told = run(engine, start, wait)
    assert told.failures() == {wait.id: "dependency failed to start: container a exited (1)"}
    assert engine.told == 1


class TwoExplanations(Lab):
    """B is explained after the wait for a has ended, while c is still being started."""

    def __init__(self) -> None:
        super().__init__()
        self.behave("a", exits=1)
        self.behave("b", exits=1)
        self.first_ended = Flag()
        self.both_explained = Flag()

    def logs(self, container: str, **options: Any) -> FakeLogs:
        if container == "b":
            assert self.first_ended.wait(LONG / 2)
            self.both_explained.set()
        return super().logs(container, **options)

    def start(self, container: str) -> None:
        if container == "c":
            assert self.both_explained.wait(LONG / 2)
            Flag().wait(0.1)  # the explanation is on its way
        super().start(container)


def test_two_waits_that_fail_together_both_tell_why() -> None:
    engine = TwoExplanations()

    def notice(event: Event) -> None:
        if isinstance(event, StepFinished) and event.step.id == "wait until a is healthy":
            engine.first_ended.set()

    told = run(engine, *start_and_wait("a"), *start_and_wait("b"), step(Start("c")), emit=notice)
    assert told.failures() == {
        f"wait until {name} is healthy": f"dependency failed to start: container {name} exited (1)"
        for name in "ab"
    }
    assert told.outcomes()["start c"] is Outcome.DONE


class FailsMeanwhile(Lab):
    """C fails to start while it is explained why a is not up."""

    def __init__(self) -> None:
        super().__init__()
        self.explaining = Flag()
        self.failed = Flag()

    def logs(self, container: str, **options: Any) -> FakeLogs:
        self.explaining.set()
        assert self.failed.wait(LONG / 2)
        return super().logs(container, **options)

    def start(self, container: str) -> None:
        if container == "c":
            assert self.explaining.wait(LONG / 2)
            raise EngineError("no")
        super().start(container)


def test_a_wait_that_is_being_explained_tells_why_though_another_step_fails() -> None:
    engine = FailsMeanwhile()

    def notice(event: Event) -> None:
        if isinstance(event, StepFinished) and event.step.id == "start c":
            engine.failed.set()

    told = run(engine, *start_and_wait("a", timeout=1), step(Start("c")), emit=notice)
    assert told.failures() == {
        "start c": "no",
        "wait until a is healthy": "application not healthy after 1s: container a is starting",
    }


class Speechless(Lab):
    """An engine whose logs, or whose answers, have a bug."""

    def __init__(self, broken: str) -> None:
        super().__init__()
        self.behave("a", exits=1)
        self.broken = broken

    def logs(self, container: str, **options: Any) -> FakeLogs:
        if self.broken == "logs":
            raise ZeroDivisionError("a bug")
        return super().logs(container, **options)

    def state(self, container: str) -> ContainerState:
        if self.broken == "state":
            raise ZeroDivisionError("a bug")
        return super().state(container)


@pytest.mark.parametrize("broken", ["logs", "state"])
def test_a_bug_in_judging_or_explaining_a_wait_ends_the_run(broken: str) -> None:
    told = run(Speechless(broken), *start_and_wait("a"))
    assert told.failures() == {"wait until a is healthy": "a bug"}


def test_an_engine_that_has_no_logs_leaves_a_failure_unexplained_and_no_other() -> None:
    class NoLogs(Lab):
        def logs(self, container: str, **options: Any) -> FakeLogs:
            raise EngineError("this logging driver cannot be read")

    engine = NoLogs()
    engine.behave("a", exits=1)
    told = run(engine, *start_and_wait("a"))
    assert isinstance(told.error, PlanFailed)
    [error] = told.error.failures.values()
    assert isinstance(error, WaitFailed)
    assert (str(error), error.help) == (
        "dependency failed to start: container a exited (1)",
        None,
    )


def test_a_wait_for_a_container_that_somebody_pauses_fails() -> None:
    engine = Lab()

    def pause(event: Event) -> None:
        if isinstance(event, StepProgressed):
            engine.become("a", health="starting", status="paused")

    told = run(engine, *start_and_wait("a"), emit=pause)
    assert told.failures() == {
        "wait until a is healthy": "dependency failed to start: container a is paused"
    }
