"""Run small plans, and see what they told.  A run that hangs fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Thread

from composer.errors import PlanFailed
from composer.executor.run import execute
from composer.model.events import Event, Outcome, StepFinished, StepStarted
from composer.model.names import Label
from composer.model.operations import Await, Operation, Start
from composer.model.plan import Plan, Step
from composer.model.resources import ContainerConfig, ContainerSpec
from composer.model.service import Healthcheck
from support.engine import FakeEngine

LONG = 10.0
"""Seconds after which a run hangs; none takes a tenth of it."""


def step(operation: Operation, *after: str) -> Step:
    return Step(operation, "test", frozenset(after))


def wait_for(name: str, *, required: bool = True, timeout: float | None = None) -> Await:
    return Await(name, (name,), "service_healthy", required, timeout)


def start_and_wait(name: str, *after: str, timeout: float | None = None) -> tuple[Step, Step]:
    return step(Start(name), *after), step(wait_for(name, timeout=timeout), f"start {name}")


class Lab(FakeEngine):
    """An engine with containers a, b and c, whose probes say "starting" until told more."""

    def __init__(self) -> None:
        super().__init__(images=["app:1"])
        for name in "abc":
            self.create_container(_spec(name))
            self.behave(name, health_after_start="starting")


def _spec(name: str) -> ContainerSpec:
    config = ContainerConfig(
        image="app:1",
        command=("sleep", "infinity"),
        network_mode="none",
        healthcheck=Healthcheck(test=("CMD", "true")),
    )
    labels = {str(Label.PROJECT): "demo"}
    return ContainerSpec(service=name, number=1, name=name, digest="", config=config, labels=labels)


@dataclass
class Told:
    """What a run told, and how it ended."""

    events: list[Event] = field(default_factory=list)
    error: BaseException | None = None
    ended: bool = False

    def outcomes(self) -> dict[str, Outcome]:
        """Return how each step ended; every step that began did so exactly once."""
        ends = [event for event in self.events if isinstance(event, StepFinished)]
        begun = [event.step.id for event in self.events if isinstance(event, StepStarted)]
        found = {end.step.id: end.outcome for end in ends}
        assert len(found) == len(ends)
        assert len(set(begun)) == len(begun)
        assert set(begun) <= set(found)
        return found

    def failures(self) -> dict[str, str]:
        assert isinstance(self.error, PlanFailed)
        return {step_id: str(error) for step_id, error in self.error.failures.items()}


def run(
    engine: FakeEngine,
    *steps: Step,
    emit: Callable[[Event], None] = lambda event: None,
    parallel: int | None = None,
) -> Told:
    """Carry `steps` out in a thread of its own, so that a hang is a failure."""
    told = Told()

    def both(event: Event) -> None:
        told.events.append(event)
        emit(event)

    def go() -> None:
        try:
            execute(Plan(steps), engine, both, project="demo", parallel=parallel)
        except BaseException as error:
            told.error = error
        told.ended = True

    thread = Thread(target=go, daemon=True)
    thread.start()
    thread.join(LONG)
    assert told.ended, f"it hangs after {told.events[-1:]}"
    return told
