from __future__ import annotations

import pytest

from composer.engine.port import Report
from composer.errors import Cancelled, PlanFailed
from composer.executor.run import execute
from composer.model.build import Build
from composer.model.events import Event, Outcome, StepFinished, StepProgressed
from composer.model.operations import BuildImage, PushImage
from composer.model.plan import Plan, Step
from composer.model.resources import BuildSpec
from composer.record import replace
from support.engine import FakeEngine


def built(service: str, *after: str, **upon: str) -> Step:
    build = Build(context="/app")
    spec = BuildSpec(service=service, tags=(service,), build=build, upon=upon)
    return Step(BuildImage(spec), "test", frozenset(f"build image {one}" for one in after))


def run(engine: FakeEngine, *steps: Step, parallel: int | None = None) -> list[Event]:
    events: list[Event] = []
    execute(Plan(steps), engine, events.append, parallel=parallel)
    return events


def outcomes(events: list[Event]) -> dict[str, Outcome]:
    return {e.step.id: e.outcome for e in events if isinstance(e, StepFinished)}


def test_builds_that_are_ready_at_once_are_one_call_and_steps_of_their_own() -> None:
    engine = FakeEngine()

    events = run(engine, built("a"), built("b"))

    assert engine.baked == [("a", "b")]
    assert outcomes(events) == {"build image a": Outcome.DONE, "build image b": Outcome.DONE}
    assert {e.step.id for e in events if isinstance(e, StepProgressed)} == {*outcomes(events)}


def test_who_builds_upon_the_image_of_another_in_the_call_is_in_it_too() -> None:
    engine = FakeEngine()

    run(engine, built("c", "b", base="b"), built("a"), built("b", "a", base="a"))

    assert engine.baked == [("a", "b", "c")]


def test_who_waits_for_something_else_is_not() -> None:
    engine = FakeEngine()

    run(engine, built("a"), built("b"), built("c", "a", "b"), built("d", "b", "a"))

    assert engine.baked == [("a", "b"), ("c", "d")]


def test_a_build_that_waits_for_room_is_made_once_with_those_that_come_to_it() -> None:
    engine = FakeEngine()

    events = run(engine, built("a"), built("c"), built("b", "a"), built("d", "c"), parallel=1)

    assert engine.baked == [("a", "c"), ("d", "b")]
    assert [e.step.id for e in events if isinstance(e, StepFinished)] == [
        f"build image {one}" for one in ("a", "c", "d", "b")
    ]


def test_one_build_alone_is_no_bake_and_none_is_where_nobody_bakes() -> None:
    engine = FakeEngine()
    run(engine, built("a"))

    engine.baking = False
    run(engine, built("a"), built("b"))

    assert engine.baked == []
    assert {"a:latest", "b:latest"} <= {*engine.images}


def test_what_is_only_checked_is_not_built_with_the_others() -> None:
    engine = FakeEngine()
    checks = [built("a"), built("b")]
    for number, step in enumerate(checks):
        assert isinstance(step.operation, BuildImage)
        spec = replace(step.operation.spec, check=True)
        checks[number] = replace(step, operation=BuildImage(spec))

    run(engine, *checks)

    assert engine.baked == []


def test_a_build_that_fails_is_told_and_the_others_are_skipped_because_of_it() -> None:
    engine = FakeEngine()
    engine.failing_builds["b"] = "no such file"
    push = Step(PushImage("a"), "test", frozenset({"build image a"}))

    with pytest.raises(PlanFailed) as caught:
        run(engine, built("a"), built("b"), push)

    assert [str(error) for error in caught.value.failures.values()] == ["no such file"]
    assert [*caught.value.failures] == ["build image b"]


def test_builds_that_are_broken_off_though_nobody_asked_for_it_have_failed() -> None:
    class BreaksOff(FakeEngine):
        def build(self, spec: BuildSpec, report: Report) -> None:
            raise Cancelled

    engine = BreaksOff()
    push = Step(PushImage("a"), "test", frozenset({"build image a"}))

    with pytest.raises(PlanFailed) as caught:
        run(engine, built("a"), built("b"), push)

    failures = {step: str(error) for step, error in caught.value.failures.items()}
    assert failures == {"build image a": "the build was broken off"}
    assert set(caught.value.skipped) == {"push image a"}
