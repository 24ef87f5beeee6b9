"""The brake: Ctrl-C for plans that other threads run."""

from __future__ import annotations

from contextlib import nullcontext
from threading import Thread

import pytest

from composer.errors import Cancelled
from composer.executor.ctrl_c import Brake, unbraked
from composer.executor.run import execute
from composer.model.build import Build
from composer.model.events import Event, StepProgressed, StepStarted
from composer.model.operations import BuildImage, CreateContainer, Operation, Start
from composer.model.plan import Plan, Step
from composer.model.resources import BuildSpec, ContainerConfig, ContainerSpec
from support.engine import FakeEngine


def in_a_thread(
    plan: Plan,
    engine: FakeEngine,
    brake: Brake,
    at: type,
    *,
    hard: bool = False,
    clears: bool = False,
) -> str:
    """Run a plan that heeds a brake, which is pulled at the first event of a kind."""
    ends: list[str] = []

    def emit(event: Event) -> None:
        if isinstance(event, at):
            brake.pull(hard=hard)

    def work() -> None:
        try:
            with brake.heeded(), unbraked() if clears else nullcontext():
                execute(plan, engine, emit)
        except Cancelled:
            ends.append("let go")
        else:
            ends.append("done")

    thread = Thread(target=work)
    thread.start()
    thread.join(20)
    return ends[0]


def step(operation: Operation, *after: str) -> Step:
    return Step(operation, "why", frozenset(after))


def container(name: str) -> CreateContainer:
    config = ContainerConfig(image="app:1", network_mode="none")
    return CreateContainer(
        ContainerSpec(service=name, number=1, name=name, digest="", config=config)
    )


BUILD = step(BuildImage(BuildSpec(service="web", tags=("app:1",), build=Build(context="."))))
STARTED = Plan((step(container("a")), step(Start("a"), "create container a")))


def test_a_build_is_let_go() -> None:
    engine = FakeEngine()
    engine.endless_builds.add("web")

    assert in_a_thread(Plan((BUILD,)), engine, Brake(), StepProgressed) == "let go"
    assert not engine.images


@pytest.mark.parametrize(("hard", "end", "runs"), [(False, "done", True), (True, "let go", False)])
def test_what_is_made_is_finished_unless_the_brake_is_pulled_hard(
    hard: bool, end: str, runs: bool
) -> None:
    engine = FakeEngine(images=["app:1"])

    assert in_a_thread(STARTED, engine, Brake(), StepStarted, hard=hard) == end
    assert engine.containers["a"].running is runs


def test_after_a_hard_pull_nothing_begins_but_what_clears_up() -> None:
    engine = FakeEngine(images=["app:1"])
    brake = Brake()
    brake.pull(hard=True)

    assert in_a_thread(STARTED, engine, brake, StepStarted) == "let go"
    assert not engine.containers

    assert in_a_thread(STARTED, engine, brake, StepStarted, clears=True) == "done"
    assert engine.containers["a"].running
