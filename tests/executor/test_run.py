from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from threading import Event as Flag
from threading import Thread

import pytest

from composer.engine.port import Report
from composer.errors import Cancelled, EngineError, PlanFailed
from composer.executor.judge import Answer, Verdict
from composer.executor.listen import Heard
from composer.executor.parked import ParkedWait, Phase, Runs
from composer.executor.run import execute
from composer.model.events import (
    Event,
    Outcome,
    PlanStarted,
    StepFinished,
    StepProgressed,
    StepStarted,
)
from composer.model.names import Label
from composer.model.observed import ContainerState, EngineEvent, ProbeRun
from composer.model.operations import (
    Await,
    CreateContainer,
    CreateNetwork,
    Operation,
    PullImage,
    Remove,
    RemoveNetwork,
    Start,
    Stop,
)
from composer.model.plan import Plan, Step
from composer.model.resources import ContainerConfig, ContainerSpec, NetworkSpec
from composer.model.service import Healthcheck
from support.engine import FakeEngine
from support.streams import FakeEvents, FakeLogs

PROBE = Healthcheck(test=("CMD", "true"))


def step(operation: Operation, *after: str) -> Step:
    return Step(operation, "test", frozenset(after))


def container(name: str, *, probe: bool = False) -> CreateContainer:
    config = ContainerConfig(
        image="app:1",
        command=("sleep", "infinity"),
        network_mode="none",
        healthcheck=PROBE if probe else None,
    )
    labels = {str(Label.PROJECT): "demo"}
    return CreateContainer(
        ContainerSpec(service=name, number=1, name=name, digest="", config=config, labels=labels)
    )


def run(engine: FakeEngine, *steps: Step, parallel: int | None = None) -> list[Event]:
    events: list[Event] = []
    execute(Plan(steps), engine, events.append, project="demo", parallel=parallel)
    return events


def outcomes(events: list[Event]) -> dict[str, Outcome]:
    return {e.step.id: e.outcome for e in events if isinstance(e, StepFinished)}


def waiting(
    condition: str = "service_healthy", *, timeout: float | None = None, at_once: bool = False
) -> Plan:
    """A plan in which web starts once db is as `condition` says."""
    wait = Await("db", ("db",), condition, timeout=timeout, at_once=at_once)
    return Plan(
        (
            step(container("db", probe=True)),
            step(container("web")),
            step(Start("db"), "create container db", "create container web"),
            step(wait, "start db"),
            step(Start("web"), "create container web", str(wait)),
        )
    )


def test_steps_are_carried_out_after_what_they_need() -> None:
    engine = FakeEngine(images=["app:1"])
    run(engine, step(container("a")), step(Start("a"), "create container a"))
    assert engine.containers["a"].state.status == "running"


def test_what_a_step_is_after_counts_only_within_the_plan() -> None:
    engine = FakeEngine(images=["app:1"])
    run(engine, step(container("a"), "create network long_there"))
    assert "a" in engine.containers


def test_the_progress_of_a_pull_is_told() -> None:
    engine = FakeEngine(pullable=["app:1"])
    events = run(engine, step(PullImage("app:1")))
    assert [type(event) for event in events] == [
        PlanStarted,
        StepStarted,
        StepProgressed,
        StepProgressed,
        StepFinished,
    ]


def test_after_a_failure_what_depends_on_it_is_skipped_and_says_why() -> None:
    engine = FakeEngine(images=["app:1"])
    engine.behave("a", fails="port is already allocated")
    events: list[Event] = []
    plan = Plan(
        (
            step(container("a")),
            step(Start("a"), "create container a"),
            step(RemoveNetwork("x"), "start a"),
        )
    )
    with pytest.raises(PlanFailed, match="start a: port is already allocated"):
        execute(plan, engine, events.append)
    last = events[-1]
    assert isinstance(last, StepFinished)
    assert (last.step.id, last.outcome, last.cause) == (
        "remove network x",
        Outcome.SKIPPED,
        "start a",
    )


def test_a_dependent_starts_as_soon_as_what_it_needs_is_healthy() -> None:
    engine = FakeEngine(images=["app:1"])
    engine.behave("db", health_after_start="starting")
    parked = Flag()

    def emit(event: Event) -> None:
        if isinstance(event, StepProgressed):
            parked.set()

    def heal() -> None:
        assert parked.wait(5)
        assert engine.containers["web"].state.status == "created"
        engine.become("db", health="healthy")

    healer = Thread(target=heal)
    healer.start()
    execute(waiting(), engine, emit, project="demo")
    healer.join()
    assert engine.containers["web"].state.status == "running"


class Delivered:
    """An event stream that tells when an event has been taken and passed on."""

    def __init__(self, stream: FakeEvents, delivered: Flag) -> None:
        self._stream = stream
        self._delivered = delivered

    def __iter__(self) -> Iterator[EngineEvent]:
        for event in self._stream:
            yield event
            if event.action.startswith("health_status"):
                self._delivered.set()

    def close(self) -> None:
        self._stream.close()


class LateNews(FakeEngine):
    """The container gets healthy after its state was read, before the answer arrives."""

    def __init__(self) -> None:
        super().__init__(images=["app:1"])
        self.behave("db", health_after_start="starting")
        self.delivered = Flag()

    def changes(self, project: str) -> Delivered:  # type: ignore[override]
        return Delivered(super().changes(project), self.delivered)

    def state(self, container: str) -> ContainerState:
        seen = super().state(container)
        if seen.health == "starting":
            self.become(container, health="healthy")
            assert self.delivered.wait(5)
        return seen


def test_news_that_arrives_while_a_wait_is_judged_is_not_lost() -> None:
    engine = LateNews()
    execute(waiting(), engine, lambda event: None, project="demo")
    assert engine.containers["web"].state.status == "running"


class Slow(FakeEngine):
    """An engine that is `busy` in the end, and then answers nobody who asks for a state."""

    def __init__(self) -> None:
        super().__init__(images=["app:1"])
        self.behave("db", health_after_start="starting")
        self.busy = False
        self.over = Flag()

    def state(self, container: str) -> ContainerState:
        if self.busy:
            assert self.over.wait(5)
        return super().state(container)


def test_news_of_health_end_a_wait_without_another_look_at_the_state() -> None:
    engine = Slow()

    def emit(event: Event) -> None:
        if isinstance(event, StepProgressed) and not engine.busy:
            engine.busy = True
            engine.become("db", health="healthy")
        if isinstance(event, StepStarted) and event.step.id == "start web":
            engine.over.set()

    execute(waiting(), engine, emit, project="demo")

    assert engine.containers["web"].state.status == "running"
    assert engine.over.is_set()


def test_news_of_health_count_no_more_once_news_may_have_been_missed() -> None:
    both = Await("web", ("one", "two"), "service_healthy")
    parked = ParkedWait(both, Verdict(Answer.NOT_YET, "one"), Phase.PARKED, judged=True)
    parked.hear(Heard("one", "health_status: healthy"))
    parked.hear(Heard(""))
    parked.hear(Heard("two", "health_status: healthy"))
    assert not parked.told
    parked.hear(Heard("one", "health_status: healthy"))
    assert parked.told


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("quick", [True, False])
def test_news_of_a_good_end_suffice_if_they_may(quick: bool, at_once: bool) -> None:
    engine = Slow()
    engine.behave("db", exits=0 if quick else None)
    looked: list[bool] = []

    def emit(event: Event) -> None:
        over = isinstance(event, StepFinished) and event.step.id == "start db"
        if over if quick else isinstance(event, StepProgressed) and not engine.busy:
            engine.busy = True
            if not at_once:
                engine.over.set()
            if not quick:
                engine.become("db", exits=0)
        if isinstance(event, StepStarted) and event.step.id == "start web":
            looked.append(engine.over.is_set())
            engine.over.set()

    plan = waiting("service_completed_successfully", at_once=at_once)
    execute(plan, engine, emit, project="demo")

    assert engine.containers["web"].state.status == "running"
    assert looked == [not at_once]


@pytest.mark.parametrize(
    ("news", "ended"),
    [
        ([("start", None), ("die", 0)], True),
        ([("start", None), ("die", 0), ("destroy", None)], True),
        ([("start", None), ("die", 1)], False),
        ([("start", None), ("die", None)], False),
        ([("start", None), ("die", 0), ("start", None)], False),
        ([("start", None), ("die", 0), ("start", None), ("die", 2)], False),
        ([("die", 0)], False),
        ([("die", 0), ("start", None)], False),
    ],
)
def test_the_end_that_counts_is_a_good_one_of_a_run_whose_beginning_was_heard(
    news: list[tuple[str, int | None]], ended: bool
) -> None:
    runs = Runs()
    for action, exit_code in news:
        runs.hear(Heard("db", action, exit_code))
    assert runs.ended == ({"db"} if ended else set())


def test_ends_count_no_more_once_news_may_have_been_missed() -> None:
    runs = Runs()
    runs.hear(Heard("one", "start"))
    runs.hear(Heard("two", "start"))
    runs.hear(Heard("one", "die", 0))
    runs.hear(Heard(""))
    runs.hear(Heard("two", "die", 0))
    assert runs.ended == set()


def test_all_of_several_jobs_have_to_end() -> None:
    runs = Runs()
    both = Await("db", ("one", "two"), "service_completed_successfully", at_once=True)
    parked = ParkedWait(both, Verdict(Answer.NOT_YET, "one"), ended=runs.ended)
    for name in both.containers:
        assert not parked.told
        runs.hear(Heard(name, "start"))
        runs.hear(Heard(name, "die", 0))
    assert parked.told


class Tidying(FakeEngine):
    """An engine that answers a stop of web only when db has been stopped too."""

    def __init__(self) -> None:
        super().__init__(images=["app:1"])
        self.stopped = Flag()

    def stop(self, container: str, timeout: float | None = None) -> None:
        super().stop(container, timeout)
        if container == "db":
            self.stopped.set()
        assert self.stopped.wait(5)


def test_who_waits_for_a_stop_is_stopped_when_the_processes_have_ended() -> None:
    engine = Tidying()
    for name in ("web", "db"):
        engine.create_container(container(name).spec)
        engine.start(name)

    events = run(engine, step(Stop("web")), step(Stop("db"), "stop web"))

    assert [engine.containers[name].running for name in ("web", "db")] == [False, False]
    assert set(outcomes(events).values()) == {Outcome.DONE}


def test_whose_end_can_be_seen_is_believed_to_have_ended_though_no_events_come() -> None:
    class Deaf(Tidying):
        def changes(self, project: str) -> FakeEvents:
            raise EngineError("no events today")

    engine = Deaf()
    for name in ("web", "db"):
        engine.create_container(container(name).spec)
        engine.start(name)

    events = run(engine, step(Stop("web")), step(Stop("db"), "stop web"))

    assert [engine.containers[name].running for name in ("web", "db")] == [False, False]
    assert set(outcomes(events).values()) == {Outcome.DONE}


def test_what_is_no_stop_waits_until_the_engine_has_answered_a_stop() -> None:
    engine = Tidying()
    for name in ("web", "db"):
        engine.create_container(container(name).spec)
        engine.start(name)

    events = run(
        engine,
        step(Stop("web")),
        step(Stop("db"), "stop web"),
        step(Remove("web"), "stop web"),
    )

    begun = [event.step.id for event in events if isinstance(event, StepStarted)]
    over = [event.step.id for event in events if isinstance(event, StepFinished)]
    assert begun == ["stop web", "stop db", "remove web"]
    assert over.index("stop web") < over.index("remove web")
    assert list(engine.containers) == ["db"]


def test_waiting_costs_no_worker() -> None:
    engine = FakeEngine(images=["app:1"])
    engine.behave("db", health_after_start="starting")
    network = CreateNetwork(NetworkSpec(key="n", name="n"))
    events: list[Event] = []

    def emit(event: Event) -> None:
        events.append(event)
        if isinstance(event, StepFinished) and event.step.id == "start other":
            engine.become("db", health="healthy")

    plan = waiting()
    more = (
        step(network),
        step(container("other"), "create network n"),
        step(Start("other"), "create container other", "start db"),
    )
    execute(Plan(plan.steps + more), engine, emit, project="demo", parallel=1)
    assert engine.containers["web"].state.status == "running"


def test_a_wait_that_cannot_come_true_fails_and_shows_what_was_said() -> None:
    engine = FakeEngine(images=["app:1"])
    engine.behave("db", exits=3, output=["could not open data"])
    with pytest.raises(PlanFailed) as caught:
        execute(waiting(), engine, lambda event: None, project="demo")
    [error] = caught.value.failures.values()
    assert str(error) == "dependency failed to start: container db exited (3)"
    assert "could not open data" in (getattr(error, "help", "") or "")
    assert engine.containers["web"].state.status == "created"


def test_a_wait_that_nobody_requires_lets_the_others_go_on() -> None:
    engine = FakeEngine(images=["app:1"])
    engine.behave("db", exits=3)
    wait = Await("db", ("db",), "service_healthy", required=False)
    events = run(
        engine,
        step(container("db", probe=True)),
        step(container("web")),
        step(Start("db"), "create container db"),
        step(wait, "start db"),
        step(Start("web"), "create container web", str(wait)),
    )
    assert engine.containers["web"].state.status == "running"
    [warned] = [e for e in events if isinstance(e, StepFinished) and e.error is not None]
    assert warned.step.id == "wait until db is healthy"


def test_a_wait_ends_at_its_timeout() -> None:
    engine = FakeEngine(images=["app:1"])
    engine.behave("db", health_after_start="starting")
    with pytest.raises(PlanFailed, match=r"not healthy after .*: container db is starting"):
        execute(waiting(timeout=1), engine, lambda event: None, project="demo")


def test_a_broken_event_stream_is_opened_again_and_nothing_is_missed() -> None:
    engine = FakeEngine(images=["app:1"])
    engine.behave("db", health_after_start="starting")
    broken = Flag()

    def emit(event: Event) -> None:
        if isinstance(event, StepProgressed) and not broken.is_set():
            broken.set()
            engine.break_streams()
            engine.become("db", health="healthy")

    execute(waiting(), engine, emit, project="demo")
    assert engine.containers["web"].state.status == "running"


def test_a_bug_in_a_worker_ends_the_run_instead_of_leaving_it_asleep() -> None:
    class Broken(FakeEngine):
        def start(self, container: str) -> None:
            raise ZeroDivisionError

    engine = Broken(images=["app:1"])
    with pytest.raises(PlanFailed) as caught:
        run(engine, step(container("a")), step(Start("a"), "create container a"))
    assert [type(e) for e in caught.value.failures.values()] == [ZeroDivisionError]


def test_ctrl_c_ends_what_is_in_flight_and_begins_nothing_new() -> None:
    engine = FakeEngine(images=["app:1"])
    plan = Plan(
        (
            step(container("a")),
            step(Start("a"), "create container a"),
            step(container("b"), "start a"),
        )
    )

    def emit(event: Event) -> None:
        if isinstance(event, StepStarted) and event.step.id == "start a":
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Cancelled):
        execute(plan, engine, emit)
    assert engine.containers["a"].state.status == "running"
    assert "b" not in engine.containers


def test_ctrl_c_ends_a_wait_and_the_handler_is_put_back() -> None:
    engine = FakeEngine(images=["app:1"])
    engine.behave("db", health_after_start="starting")
    before = signal.getsignal(signal.SIGINT)

    def emit(event: Event) -> None:
        if isinstance(event, StepProgressed):
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Cancelled):
        execute(waiting(), engine, emit, project="demo")
    assert signal.getsignal(signal.SIGINT) is before


class Deaf(FakeEngine):
    def changes(self, project: str):  # type: ignore[no-untyped-def]
        raise EngineError("no events here")


def test_who_only_stops_needs_no_news() -> None:
    engine = Deaf(images=["app:1"])
    for name in ("web", "db"):
        engine.create_container(container(name).spec)
        engine.start(name)

    run(engine, step(Stop("web")), step(Stop("db"), "stop web"))

    assert [engine.containers[name].running for name in ("web", "db")] == [False, False]


def test_an_engine_that_cannot_be_listened_to_fails_before_anything_is_done() -> None:
    engine = Deaf(images=["app:1"])
    with pytest.raises(EngineError, match="no events here"):
        execute(waiting(), engine, lambda event: None, project="demo")
    assert not engine.containers


REFUSED = ProbeRun(exit_code=1, output="connection refused", start=1000, end=1000.125)


def test_a_wait_tells_how_it_stands_whenever_a_probe_fails() -> None:
    engine = FakeEngine(images=["app:1"])
    engine.behave("db", health_after_start="starting")
    told = []

    def emit(event: Event) -> None:
        if isinstance(event, StepProgressed):
            told.append(event.progress.text)
            if len(told) == 1:
                engine.become("db", probes=(REFUSED,), streak=1)
            else:
                engine.become("db", health="healthy")

    execute(waiting(), engine, emit, project="demo")
    assert told == [
        "db: starting",
        "db: starting, probe 1 of 3 failed (exit 1): connection refused",
    ]


def test_a_wait_that_ends_at_its_timeout_tells_of_the_container_that_is_not_up() -> None:
    engine = FakeEngine(images=["app:1"])
    for name in ("a", "b"):
        engine.behave(name, health_after_start="starting")
    wait = Await("db", ("a", "b"), "service_healthy", timeout=1)

    def emit(event: Event) -> None:
        if isinstance(event, StepProgressed) and event.progress.text.startswith("a:"):
            engine.become("b", probes=(REFUSED,), streak=1)
            engine.become("a", health="healthy")

    plan = Plan(
        (
            step(container("a", probe=True)),
            step(container("b", probe=True)),
            step(Start("a"), "create container a"),
            step(Start("b"), "create container b"),
            step(wait, "start a", "start b"),
        )
    )
    with pytest.raises(PlanFailed) as caught:
        execute(plan, engine, emit, project="demo")
    [error] = caught.value.failures.values()
    assert str(error) == "application not healthy after 1s: container b is starting"
    assert (getattr(error, "help", "") or "").splitlines() == [
        "probe 1 of 3 failed: exit code 1 after 0.1 s; every 30 s, timeout 30 s",
        "  connection refused",
    ]


def test_the_time_of_a_wait_begins_with_the_first_start_and_not_with_what_comes_before() -> None:
    class SlowToMake(FakeEngine):
        def create_container(self, spec: ContainerSpec, report: Report | None = None) -> str:
            Flag().wait(1.2)
            return super().create_container(spec, report)

    engine = SlowToMake(images=["app:1"])
    execute(waiting(timeout=1), engine, lambda event: None, project="demo")
    assert engine.containers["web"].state.status == "running"


def test_a_container_that_dies_again_and_again_is_told_with_how_often() -> None:
    class Loop(FakeEngine):
        def state(self, container: str) -> ContainerState:
            return ContainerState(status="restarting", exit_code=1, restarts=4)

    engine = Loop(images=["app:1"])
    engine.behave("db", output=["no disk"], health_after_start="starting")
    told = []

    def emit(event: Event) -> None:
        if isinstance(event, StepProgressed):
            told.append(event.progress.text)

    with pytest.raises(PlanFailed) as caught:
        execute(waiting(timeout=1), engine, emit, project="demo")
    assert set(told) == {"db: restarting after it exited (1), restart 4"}
    [error] = caught.value.failures.values()
    assert str(error) == "application not healthy after 1s: container db is restarting"
    assert (getattr(error, "help", "") or "").splitlines() == [
        "the engine has started it again 4 times",
        "last lines of db:",
        "  no disk",
    ]


def test_logs_that_cannot_be_read_do_not_hide_the_probe() -> None:
    class NoLogs(FakeEngine):
        def logs(self, container: str, **options: object) -> FakeLogs:  # type: ignore[override]
            raise EngineError("this logging driver cannot be read")

    engine = NoLogs(images=["app:1"])
    engine.behave("db", health_after_start="starting")

    def emit(event: Event) -> None:
        if isinstance(event, StepProgressed):
            engine.become("db", health="unhealthy", probes=(REFUSED,) * 3, streak=3)

    with pytest.raises(PlanFailed) as caught:
        execute(waiting(), engine, emit, project="demo")
    [error] = caught.value.failures.values()
    assert (getattr(error, "help", "") or "").splitlines() == [
        "probe 3 of 3 failed: exit code 1 after 0.1 s; every 30 s, timeout 30 s",
        "  connection refused",
    ]


def test_a_wait_is_over_though_the_only_worker_is_at_work() -> None:
    class Slow(FakeEngine):
        """It stops nobody before the wait is over."""

        def stop(self, container: str, timeout: float | None = None) -> None:
            self.become("db", exits=0)
            assert over.wait(10)
            super().stop(container, timeout)

    over = Flag()
    engine = Slow(images=["app:1"])
    run(engine, step(container("old")), step(Start("old"), "create container old"))

    def emit(event: Event) -> None:
        if isinstance(event, StepFinished) and isinstance(event.step.operation, Await):
            over.set()

    plan = waiting("service_completed_successfully")
    execute(
        Plan((*plan.steps, step(Stop("old"), "start db"))),
        engine,
        emit,
        project="demo",
        parallel=1,
    )
    assert not engine.containers["old"].running
