"""What holds for every plan on an engine that fails, forgets to answer, or is not ours alone."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planner.test_properties import _WRITES, UP, Dying, assert_true_in, projects, up

from composer.actions.down import down as take_down
from composer.errors import AnswerLost, PlanFailed
from composer.model.events import Event, StepFinished, StepStarted
from composer.model.names import Label
from composer.model.options import DownOptions
from composer.model.project import Project
from composer.model.resources import ContainerConfig, ContainerSpec, VolumeSpec
from composer.reconciler import bring_up
from support.engine import FakeEngine

pytestmark = pytest.mark.slow

ALL = replace(UP, remove_orphans=True)


class Forgetful(FakeEngine):
    """An engine that does as it is told, and whose answer to every write in `lost` is lost."""

    def __init__(self) -> None:
        super().__init__(images=["a:1", "b:1"])
        self.lost: frozenset[int] = frozenset()
        self.writes = 0


class Crowded(FakeEngine):
    """An engine on which something else happens just before write number `at`."""

    def __init__(self) -> None:
        super().__init__(images=["a:1", "b:1"])
        self.at = -1
        self.meanwhile: Callable[[], object] = lambda: None


def _forgetful(name: str) -> Callable[..., object]:
    def write(self: Forgetful, *values: object, **named: object) -> object:
        answer = getattr(FakeEngine, name)(self, *values, **named)
        self.writes += 1
        if self.writes in self.lost:
            raise AnswerLost("the engine broke off the connection")
        return answer

    return write


def _crowded(name: str) -> Callable[..., object]:
    def write(self: Crowded, *values: object, **named: object) -> object:
        self.at -= 1
        if self.at == 0:
            self.meanwhile()
        return getattr(FakeEngine, name)(self, *values, **named)

    return write


for _name in _WRITES.split():
    setattr(Forgetful, _name, _forgetful(_name))
    setattr(Crowded, _name, _crowded(_name))


def down(project: Project, engine: FakeEngine, options: DownOptions | None = None) -> None:
    chosen = options or DownOptions(remove_orphans=True)
    take_down("demo", project, engine, chosen, lambda event: None, parallel=2)


def data(engine: FakeEngine) -> set[str]:
    """Return the volumes that the files name; those of kept files go with who uses them."""
    return {name for name in engine.volumes if "-files-" not in name}


def ours(engine: FakeEngine) -> set[str]:
    return {
        name for name, live in engine.containers.items() if live.labels[Label.PROJECT] == "demo"
    }


@settings(max_examples=40, deadline=None)
@given(projects(), projects(), st.frozensets(st.integers(1, 30), max_size=4))
def test_lost_answers_are_made_good_by_the_next_up(
    old: Project, new: Project, lost: frozenset[int]
) -> None:
    engine = Forgetful()
    up(old, engine)
    volumes = data(engine)
    engine.writes, engine.lost = 0, lost
    with suppress(PlanFailed):
        up(new, engine, ALL)
    engine.lost = frozenset()
    up(new, engine, ALL)

    assert_true_in(new, engine)
    assert volumes <= set(engine.volumes)


@settings(max_examples=5, deadline=None)
@given(projects(), projects())
def test_from_every_prefix_of_a_plan_the_next_plan_converges(old: Project, new: Project) -> None:
    writes = 0
    finished = False
    while not finished:
        engine = Dying()
        up(old, engine)
        engine.left = writes
        try:
            up(new, engine, ALL)
            finished = True
        except PlanFailed:
            engine.left = -1
            up(new, engine, ALL)
        engine.left = -1
        assert_true_in(new, engine)
        writes += 1


@settings(max_examples=30, deadline=None)
@given(projects(), st.integers(0, 15))
def test_an_up_after_an_interrupted_down_converges(project: Project, writes: int) -> None:
    engine = Dying()
    up(project, engine)
    volumes = data(engine)
    engine.left = writes
    with suppress(PlanFailed):
        down(project, engine)
    engine.left = -1
    up(project, engine)

    assert_true_in(project, engine)
    assert volumes <= set(engine.volumes)


@settings(max_examples=30, deadline=None)
@given(projects(), projects(), st.integers(0, 25))
def test_a_down_after_an_interrupted_up_leaves_nothing_but_volumes(
    old: Project, new: Project, writes: int
) -> None:
    engine = Dying()
    up(old, engine)
    volumes = data(engine)
    engine.left = writes
    with suppress(PlanFailed):
        up(new, engine, ALL)
    engine.left = -1
    down(new, engine)

    assert ours(engine) == set()
    assert {name for name in engine.networks if name.startswith("demo_")} == set()
    assert volumes <= set(engine.volumes)


@settings(max_examples=30, deadline=None)
@given(projects(), projects(), st.frozensets(st.integers(1, 30), max_size=4))
def test_whatever_goes_wrong_what_is_not_ours_is_left_alone(
    old: Project, new: Project, lost: frozenset[int]
) -> None:
    engine = Forgetful()
    other = {str(Label.PROJECT): "other", str(Label.SERVICE): "web"}
    config = ContainerConfig(image="a:1", command=("sleep", "infinity"), network_mode="none")
    spec = ContainerSpec(
        service="web", number=1, name="other-web-1", digest="", config=config, labels=other
    )
    engine.create_container(spec)
    engine.start("other-web-1")
    engine.create_volume(VolumeSpec(key="data", name="other_data", labels=other))
    before = (engine.containers["other-web-1"].state, set(engine.containers))

    engine.writes, engine.lost = 0, lost
    for act in (lambda: up(old, engine), lambda: up(new, engine, ALL)):
        with suppress(PlanFailed):
            act()
    with suppress(PlanFailed):
        down(new, engine, DownOptions(volumes=True, remove_orphans=True))
    engine.lost = frozenset()
    down(new, engine, DownOptions(volumes=True, remove_orphans=True))

    assert (engine.containers["other-web-1"].state, set(engine.containers)) == before
    assert set(engine.volumes) == {"other_data"}


@settings(max_examples=20, deadline=None)
@given(projects(), projects())
def test_no_step_begins_before_what_it_is_after_is_done(old: Project, new: Project) -> None:
    engine = Dying()
    for project in (old, new):
        heard: list[Event] = []
        plan = bring_up(project, engine, ALL, heard.append, parallel=3).plan
        steps = {step.id for step in plan.steps}
        done: set[str] = set()
        for event in heard:
            match event:
                case StepStarted(step):
                    assert step.after & steps <= done
                case StepFinished(step):
                    done.add(step.id)
        assert done == steps


@settings(max_examples=40, deadline=None)
@given(projects(), projects(), st.integers(1, 30))
def test_two_at_once_without_a_lock_are_made_good_by_the_next_up(
    old: Project, new: Project, at: int
) -> None:
    engine = Crowded()
    up(old, engine)
    volumes = data(engine)

    def another() -> None:
        with suppress(PlanFailed):
            up(new, engine, ALL)

    engine.at, engine.meanwhile = at, another
    with suppress(PlanFailed):
        up(new, engine, ALL)
    engine.at = -1
    up(new, engine, ALL)

    assert_true_in(new, engine)
    assert volumes <= set(engine.volumes)
