from __future__ import annotations

import os
import signal
from threading import Event as Flag
from typing import Any

import pytest

from composer.errors import Cancelled, HookFailed, PlanFailed
from composer.executor.run import execute
from composer.model.command import Command
from composer.model.events import Event, Outcome, StepFinished, StepProgressed
from composer.model.names import Label
from composer.model.observed import ContainerState
from composer.model.operations import Await, CreateContainer, Operation, RunHook, Start, Stop
from composer.model.plan import Plan, Step
from composer.model.resources import ContainerConfig, ContainerSpec
from composer.model.service import Hook
from composer.record import replace
from support.engine import FakeEngine
from support.streams import FakeExec

WAIT = Await("web", ("init",), "hook_completed")


def step(operation: Operation, *after: str, tolerant: bool = False) -> Step:
    return Step(operation, "test", frozenset(after), tolerant=tolerant)


def container(name: str, *command: str) -> Step:
    config = ContainerConfig(image="app:1", command=command, network_mode="none")
    labels = {str(Label.PROJECT): "demo"}
    spec = ContainerSpec(
        service="web", number=1, name=name, digest="", config=config, labels=labels
    )
    return step(CreateContainer(spec))


def hook(script: str, moment: str = "post_start", **attributes: object) -> RunHook:
    command = ("sh", "-c", script)
    return RunHook("web", "web", moment, 0, Hook(command=command, **attributes))  # type: ignore[arg-type]


def running(engine: FakeEngine) -> FakeEngine:
    execute(
        Plan((container("web", "sleep", "infinity"), step(Start("web"), "create container web"))),
        engine,
        lambda event: None,
    )
    return engine


def run(engine: FakeEngine, *steps: Step) -> list[Event]:
    events: list[Event] = []
    execute(Plan(steps), engine, events.append, project="demo")
    return events


def said(events: list[Event]) -> list[str]:
    return [event.progress.text for event in events if isinstance(event, StepProgressed)]


def test_a_hook_runs_in_the_container_with_what_the_file_says() -> None:
    engine = running(FakeEngine(images=["app:1"]))
    operation = hook("echo $A; pwd; id -u", environment={"A": "1"}, working_dir="/srv", user="7")
    assert said(run(engine, step(operation))) == ["1", "/srv", "7"]


def test_a_hook_that_fails_shows_its_command_its_code_and_what_it_said() -> None:
    engine = running(FakeEngine(images=["app:1"]))
    with pytest.raises(PlanFailed) as caught:
        run(engine, step(hook("echo no room >&2; exit 3")), step(Stop("web"), str(hook(""))))
    [error] = caught.value.failures.values()
    assert isinstance(error, HookFailed)
    assert error.message == "post_start[0] of service 'web' ended with code 3 in container web"
    assert error.help is not None
    assert error.help.splitlines() == [
        "the command was: sh -c 'echo no room >&2; exit 3'",
        "its last lines:",
        "  no room",
    ]
    assert engine.containers["web"].running


def test_a_hook_whose_container_ends_meanwhile_says_so() -> None:
    class Ending(FakeEngine):
        def exec(self, container: str, command: Command) -> FakeExec:
            session = super().exec(container, command)
            self.become(container, exits=0)
            return session

    with pytest.raises(PlanFailed) as caught:
        run(running(Ending(images=["app:1"])), step(hook("exit 137")))
    [error] = caught.value.failures.values()
    assert isinstance(error, HookFailed)
    assert "its container ended meanwhile: exited (0)" in (error.help or "").splitlines()


def test_a_container_that_is_gone_already_is_stopped_without_its_hook() -> None:
    engine = running(FakeEngine(images=["app:1"]))
    engine.become("web", exits=1)
    operation = hook("exit 3", "pre_stop")
    events = run(engine, step(operation, tolerant=True), step(Stop("web"), str(operation)))
    assert [e.step.id for e in events if isinstance(e, StepFinished)] == [
        "run pre_stop[0] in web",
        "stop web",
    ]


def test_what_a_hook_says_in_a_container_of_its_own_is_told_before_it_is_done() -> None:
    engine = FakeEngine(images=["app:1"])
    events = run(
        engine,
        container("init", "sh", "-c", "echo one; echo two"),
        step(Start("init"), "create container init"),
        step(WAIT, "start init"),
    )
    assert said(events) == ["one", "two"]
    last = events[-1]
    assert isinstance(last, StepFinished)
    assert last.step.id == "wait until init has completed"


def test_the_last_words_of_a_hook_are_waited_for() -> None:
    class Slow(FakeEngine):
        """Its logs arrive after the container is known to have ended."""

        def __init__(self) -> None:
            super().__init__(images=["app:1"])
            self.ended, self.finished = Flag(), Flag()

        def state(self, container: str) -> ContainerState:
            seen = super().state(container)
            if seen.status == "exited":
                self.ended.set()
            return seen

        def logs(self, container: str, **how: Any) -> Any:
            assert self.ended.wait(5)
            assert not self.finished.wait(0.1)
            return super().logs(container, **how)

    engine, events = Slow(), list[Event]()

    def emit(event: Event) -> None:
        events.append(event)
        if isinstance(event, StepFinished) and event.step.id == str(WAIT):
            engine.finished.set()

    plan = Plan(
        (
            container("init", "sh", "-c", "echo bye"),
            step(Start("init"), "create container init"),
            step(WAIT, "start init"),
        )
    )
    execute(plan, engine, emit, project="demo")
    assert said(events) == ["bye"]


def test_a_hook_that_fails_in_a_container_of_its_own_starts_nothing() -> None:
    engine = FakeEngine(images=["app:1"])
    with pytest.raises(PlanFailed) as caught:
        run(
            engine,
            container("web", "sleep", "infinity"),
            container("init", "sh", "-c", "echo no room; exit 3"),
            step(Start("init"), "create container init"),
            step(WAIT, "start init"),
            step(Start("web"), "create container web", str(WAIT)),
        )
    [error] = caught.value.failures.values()
    assert str(error) == "service 'web' is not started: its pre_start hook init exited (3)"
    assert "no room" in (getattr(error, "help", "") or "")
    assert engine.containers["web"].state.status == "created"
    assert engine.containers["init"].state.exit_code == 3


def test_ctrl_c_does_not_wait_for_a_hook_in_a_container_of_its_own() -> None:
    engine = FakeEngine(images=["app:1"])

    def emit(event: Event) -> None:
        if isinstance(event, StepProgressed):
            os.kill(os.getpid(), signal.SIGINT)

    plan = Plan(
        (
            container("init", "sh", "-c", "echo begun; sleep 1000"),
            step(Start("init"), "create container init"),
            step(WAIT, "start init"),
        )
    )
    with pytest.raises(Cancelled):
        execute(plan, engine, emit, project="demo")


def test_output_that_breaks_off_or_cannot_be_read_keeps_no_hook_from_completing() -> None:
    class Mute(FakeEngine):
        def logs(self, container: str, **how: object) -> object:  # type: ignore[override]
            from composer.errors import EngineError

            raise EngineError("configured logging driver does not support reading")

    engine = Mute(images=["app:1"])
    run(
        engine,
        container("init", "true"),
        step(Start("init"), "create container init"),
        step(WAIT, "start init"),
    )
    assert engine.containers["init"].state.exit_code == 0


def test_ctrl_c_lets_go_of_a_hook_that_runs_in_a_container_of_others() -> None:
    engine = running(FakeEngine(images=["app:1"]))
    operation = RunHook("web", "web", "post_start", 0, Hook(command=("sh", "-c", "echo a; cat")))

    class Reading(FakeEngine):
        """Commands read from a terminal that never says anything."""

        def exec(self, container: str, command: Command) -> FakeExec:
            return engine.exec(container, replace(command, interactive=True))

    events: list[Event] = []

    def emit(event: Event) -> None:
        events.append(event)
        if isinstance(event, StepProgressed):
            os.kill(os.getpid(), signal.SIGINT)

    plan = Plan((step(operation), step(Stop("web"), str(operation))))
    with pytest.raises(Cancelled):
        execute(plan, Reading(images=["app:1"]), emit, project="demo")
    outcomes = {e.step.id: e.outcome for e in events if isinstance(e, StepFinished)}
    assert outcomes == {str(operation): Outcome.SKIPPED, "stop web": Outcome.SKIPPED}
    assert engine.containers["web"].running
