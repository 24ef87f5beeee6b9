"""How many calls on the engine are in flight: as many as are asked for, and never more."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Barrier, Lock
from threading import Event as Flag

import pytest

from composer.errors import Cancelled
from composer.executor.run import execute
from composer.model.events import Event, Outcome, StepFinished, StepStarted
from composer.model.names import Label
from composer.model.operations import CreateContainer, Remove, Start, Stop
from composer.model.plan import Plan, Step
from composer.model.resources import ContainerConfig, ContainerSpec
from support.engine import FakeEngine
from support.running import LONG, Lab, run, start_and_wait, step

MANY = 40


class Counting(FakeEngine):
    """An engine that counts who is in a start or a create; each call lasts until `go` is set."""

    def __init__(self) -> None:
        super().__init__(images=["app:1"])
        self.go = Flag()
        self.most = 0
        self._inside = 0
        self._counting = Lock()

    @contextmanager
    def counted(self) -> Iterator[None]:
        with self._counting:
            self._inside += 1
            self.most = max(self.most, self._inside)
        assert self.go.wait(LONG)
        try:
            yield
        finally:
            with self._counting:
                self._inside -= 1

    def start(self, container: str) -> None:
        with self.counted():
            super().start(container)

    def create_container(self, spec: ContainerSpec, report: object = None) -> str:
        with self.counted():
            return super().create_container(spec)


def container(name: str) -> CreateContainer:
    config = ContainerConfig(image="app:1", command=("sleep", "infinity"), network_mode="none")
    labels = {str(Label.PROJECT): "demo"}
    return CreateContainer(
        ContainerSpec(service=name, number=1, name=name, digest="", config=config, labels=labels)
    )


def containers(count: int) -> list[Step]:
    names = [f"c{n}" for n in range(count)]
    return [
        *(step(container(name)) for name in names),
        *(step(Start(name), f"create container {name}") for name in names),
    ]


def most_in_flight(count: int, parallel: int | None) -> int:
    """Return how many calls were in flight while `count` containers were made and started."""
    engine = Counting()
    begun = 0

    def emit(event: Event) -> None:
        nonlocal begun
        begun += isinstance(event, StepStarted)
        if begun == min(count, parallel or count):  # whoever may go has gone by now
            engine.go.set()

    told = run(engine, *containers(count), emit=emit, parallel=parallel)
    assert told.error is None
    assert [c.state.status for c in engine.containers.values()] == ["running"] * count
    return engine.most


@pytest.mark.parametrize("parallel", [1, 2, 7])
def test_never_more_calls_are_in_flight_than_asked_for(parallel: int) -> None:
    assert most_in_flight(20, parallel) <= parallel


def most_begun(engine: FakeEngine, *steps: Step) -> int:
    """Return how many steps had begun and not ended, at the most, while they were carried out."""
    flying = most = 0

    def emit(event: Event) -> None:
        nonlocal flying, most
        flying += isinstance(event, StepStarted)
        flying -= isinstance(event, StepFinished)
        most = max(most, flying)

    assert run(engine, *steps, emit=emit).error is None
    return most


def test_few_containers_are_created_at_once_where_nothing_is_asked_for() -> None:
    engine = FakeEngine(images=["app:1"])
    assert most_begun(engine, *(step(container(f"c{n}")) for n in range(20))) == 4
    assert len(engine.containers) == 20


def test_few_containers_are_ended_at_once_that_get_no_time_to_end_by_themselves() -> None:
    engine = FakeEngine(images=["app:1"])
    stops(engine, 12)
    ends = [step(Stop(f"c{n}", 0)) for n in range(12)]
    ends += [step(Remove(f"c{n}"), f"stop c{n}") for n in range(12)]
    assert most_begun(engine, *ends) == 6
    assert engine.containers == {}


class AllAtOnce(FakeEngine):
    """An engine in which a stop ends when `count` of them are in flight."""

    def __init__(self, count: int) -> None:
        super().__init__(images=["app:1"])
        self._met = Barrier(count, timeout=LONG / 2)

    def stop(self, container: str, timeout: float | None = None) -> None:
        self._met.wait()
        super().stop(container, timeout)


def stops(engine: FakeEngine, count: int) -> list[Step]:
    for n in range(count):
        engine.create_container(container(f"c{n}").spec)
        engine.start(f"c{n}")
    return [step(Stop(f"c{n}")) for n in range(count)]


def test_all_stops_are_in_flight_at_once_where_nothing_is_asked_for() -> None:
    engine = AllAtOnce(MANY)
    told = run(engine, *stops(engine, MANY))
    assert set(told.outcomes().values()) == {Outcome.DONE}


def test_as_many_calls_are_in_flight_as_asked_for() -> None:
    engine = AllAtOnce(3)
    told = run(engine, *stops(engine, 6), parallel=3)
    assert set(told.outcomes().values()) == {Outcome.DONE}


def test_one_at_a_time_goes_on_with_others_while_one_is_awaited() -> None:
    engine = Lab()

    def emit(event: Event) -> None:
        if isinstance(event, StepStarted) and event.step.id == "start c":
            engine.become("a", health="healthy")

    start, wait = start_and_wait("a")
    others = [step(Start("b"), "start a"), step(Start("c"), "start b")]
    told = run(engine, start, wait, *others, emit=emit, parallel=1)
    assert told.error is None
    assert set(told.outcomes().values()) == {Outcome.DONE}


def test_what_has_not_begun_when_something_fails_never_does() -> None:
    engine = FakeEngine(images=["app:1"])
    engine.create_container(container("there").spec)
    steps = [step(Start("gone")), *(step(Start(name)) for name in ("there", "a", "b"))]
    told = run(engine, *steps, parallel=1)
    assert engine.containers["there"].state.status == "created"
    assert set(told.outcomes().values()) == {Outcome.FAILED, Outcome.SKIPPED}
    assert [e.step.id for e in told.events if isinstance(e, StepStarted)] == ["start gone"]


def test_ctrl_c_lets_what_is_in_flight_end_and_begins_nothing_that_waits_for_its_turn() -> None:
    engine = Counting()

    def press(event: Event) -> None:
        if isinstance(event, StepStarted):
            os.kill(os.getpid(), signal.SIGINT)
            engine.go.set()

    with pytest.raises(Cancelled):
        execute(Plan(tuple(containers(3))), engine, press, parallel=1)
    assert [*engine.containers] == ["c0"]
