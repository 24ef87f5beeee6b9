"""Two stages: what is new comes beside pulls and builds, what runs is touched after them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Event as Flag
from threading import Thread

import pytest

from composer.engine.port import Report
from composer.errors import EngineError, PlanFailed
from composer.model.events import Event, Outcome, StepFinished, StepStarted
from composer.model.operations import CreateContainer, Start
from composer.model.options import Recreate, UpOptions
from composer.model.project import Project
from composer.model.service import Dependency, Healthcheck
from composer.reconciler import bring_up, foresee
from support.engine import FakeEngine
from support.plans import project, service

SECONDS = 10
UP = UpOptions()
STAYS = ("sleep", "infinity")
PROBE = Healthcheck(test=("CMD", "true"))


class SlowRegistry(FakeEngine):
    """The pull of late:1 goes on until `release` is set."""

    def __init__(self, *images: str) -> None:
        super().__init__(images=list(images), pullable=["late:1"])
        self.pulling, self.release = Flag(), Flag()

    def pull(self, ref: str, platform: str | None, report: Report, *, dated: bool = False) -> None:
        self.pulling.set()
        assert self.release.wait(SECONDS)
        super().pull(ref, platform, report, dated=dated)


class BadRegistry(FakeEngine):
    """The pull of late:1 breaks off."""

    def pull(self, ref: str, platform: str | None, report: Report, *, dated: bool = False) -> None:
        raise EngineError("the registry went away")


class Run:
    """An `up` in the background; `reached` waits until a step has ended."""

    def __init__(self, engine: FakeEngine, whole: Project, options: UpOptions = UP) -> None:
        self.events: list[Event] = []
        self.error: BaseException | None = None
        self._engine = engine
        self._moved = Flag()
        self._thread = Thread(target=self._go, args=(whole, options), daemon=True)
        self._thread.start()

    def _go(self, whole: Project, options: UpOptions) -> None:
        try:
            bring_up(whole, self._engine, options, self._hear)
        except BaseException as error:
            self.error = error

    def _hear(self, event: Event) -> None:
        self.events.append(event)
        self._moved.set()

    def until(self, true: Callable[[], bool]) -> None:
        while not true():
            assert self._moved.wait(SECONDS), "it never came true"
            self._moved.clear()

    def done(self) -> list[str]:
        return [
            event.step.id
            for event in list(self.events)
            if isinstance(event, StepFinished) and event.outcome is Outcome.DONE
        ]

    def end(self) -> None:
        self._thread.join(SECONDS)
        assert not self._thread.is_alive()
        if self.error is not None:
            raise self.error


def test_what_needs_no_image_runs_while_one_is_still_pulled() -> None:
    engine = SlowRegistry("db:1", "web:1")
    whole = project(
        service("db", command=STAYS, healthcheck=PROBE),
        service("web", command=STAYS, depends_on={"db": Dependency(condition="service_healthy")}),
        service("late", command=STAYS),
    )
    run = Run(engine, whole)
    run.until(lambda: "start demo-web-1" in run.done())

    assert "pull image late:1" not in run.done()
    assert engine.containers["demo-web-1"].state.status == "running"
    assert "demo-late-1" not in engine.containers

    engine.release.set()
    run.end()
    assert engine.containers["demo-late-1"].state.status == "running"


def test_nothing_that_runs_is_replaced_when_a_pull_fails() -> None:
    before = service("web", command=STAYS)
    engine = BadRegistry(images=["web:1", "db:1"], pullable=["late:1"])
    bring_up(project(before), engine, UP, lambda event: None)
    old = engine.containers["demo-web-1"].id

    changed = replace(before, environment={"A": "1"})
    whole = project(changed, service("db", command=STAYS), service("late"))
    with pytest.raises(PlanFailed, match="went away"):
        bring_up(whole, engine, UP, lambda event: None)

    assert engine.containers["demo-web-1"].id == old
    assert engine.containers["demo-web-1"].state.status == "running"


def test_who_waits_when_the_images_are_there_goes_on_waiting_in_the_second_stage() -> None:
    engine = SlowRegistry("db:1", "web:1")
    engine.behave("demo-db-1", health_after_start="starting")
    whole = project(
        service("db", command=STAYS, healthcheck=PROBE),
        service("web", command=STAYS, depends_on={"db": Dependency(condition="service_healthy")}),
        service("late", command=STAYS),
    )
    run = Run(engine, whole)
    run.until(lambda: "start demo-db-1" in run.done())
    engine.release.set()
    run.until(lambda: "start demo-late-1" in run.done())
    assert engine.containers["demo-web-1"].state.status == "created"

    engine.become("demo-db-1", health="healthy")
    run.end()
    assert engine.containers["demo-web-1"].state.status == "running"


def test_a_job_that_ended_beside_the_pull_is_done_once() -> None:
    engine = SlowRegistry("job:1")
    engine.behave("demo-job-1", exits=0)
    whole = project(service("job"), service("late", command=STAYS))
    run = Run(engine, whole)
    run.until(lambda: "start demo-job-1" in run.done())
    engine.release.set()
    run.end()

    assert run.done().count("start demo-job-1") == 1


def test_force_recreate_makes_what_is_new_once() -> None:
    engine = SlowRegistry("db:1")
    whole = project(service("db", command=STAYS), service("late", command=STAYS))
    run = Run(engine, whole, UpOptions(recreate=Recreate.FORCE))
    run.until(lambda: "start demo-db-1" in run.done())
    engine.release.set()
    run.end()

    made = [e.step.operation for e in run.events if isinstance(e, StepStarted)]
    assert sum(isinstance(one, CreateContainer) for one in made) == 2
    assert sum(isinstance(one, Start) for one in made) == 2


def test_the_plan_says_what_does_not_wait_for_the_images() -> None:
    engine = SlowRegistry("db:1")
    whole = project(service("db", command=STAYS), service("late", command=STAYS))
    after = {step.id: step.after for step in foresee(whole, engine, UP).steps}

    assert "pull image late:1" not in after["create container demo-db-1"]
    assert "pull image late:1" in after["create container demo-late-1"]
