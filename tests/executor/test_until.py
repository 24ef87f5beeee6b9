"""A run that is over when some of its steps are done."""

from __future__ import annotations

from threading import Event as Flag

import pytest

from composer.errors import PlanFailed
from composer.executor.run import execute
from composer.model.events import Event, Outcome, StepFinished, StepProgressed, StepStarted
from composer.model.operations import CreateNetwork, PullImage, Start
from composer.model.plan import Plan, Step
from composer.model.resources import NetworkSpec
from support.engine import FakeEngine
from support.running import Lab, start_and_wait, step, wait_for


def network(name: str, *after: str) -> Step:
    return step(CreateNetwork(NetworkSpec(key=name, name=name)), *after)


def run(engine: FakeEngine, *steps: Step, until: str) -> list[Event]:
    events: list[Event] = []
    execute(Plan(steps), engine, events.append, project="demo", until={until})
    return events


def ended(events: list[Event]) -> dict[str, Outcome]:
    return {e.step.id: e.outcome for e in events if isinstance(e, StepFinished)}


def test_what_has_not_begun_by_then_is_left_without_a_word() -> None:
    engine = Lab()
    events = run(
        engine, network("n"), network("late", "create network n"), until="create network n"
    )

    assert ended(events) == {"create network n": Outcome.DONE}
    assert "late" not in engine.networks


def test_a_wait_that_is_not_met_by_then_is_left_without_a_word() -> None:
    parked = Flag()

    class Slow(Lab):
        def create_network(self, spec: NetworkSpec) -> None:
            assert parked.wait(10)
            super().create_network(spec)

    def emit(event: Event) -> None:
        events.append(event)
        if isinstance(event, StepProgressed):
            parked.set()

    engine = Slow()
    events: list[Event] = []
    start, wait = start_and_wait("a")
    plan = Plan((network("n"), start, wait))
    execute(plan, engine, emit, project="demo", until={"create network n"})

    assert ended(events) == {"start a": Outcome.DONE, "create network n": Outcome.DONE}
    assert [e.step.id for e in events if isinstance(e, StepStarted)][-1] == wait.id
    assert engine.containers["a"].state.status == "running"


def test_a_failure_before_that_ends_it_as_ever() -> None:
    engine = Lab()
    events: list[Event] = []
    missing = step(PullImage("nowhere:1"))
    plan = Plan((missing, step(Start("a"), missing.id), step(wait_for("a"), "start a")))
    with pytest.raises(PlanFailed):
        execute(plan, engine, events.append, project="demo", until={missing.id})

    assert ended(events) == {
        missing.id: Outcome.FAILED,
        "start a": Outcome.SKIPPED,
        "wait until a is healthy": Outcome.SKIPPED,
    }
