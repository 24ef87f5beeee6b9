"""What holds for every plan, tried on random small projects against the fake engine."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.actions.down import down as take_down
from composer.actions.saved_plan import keeper, made
from composer.engine.port import Report
from composer.errors import EngineError, PlanFailed, PlanOutdated
from composer.model.names import Label, full_reference, is_replacement_name
from composer.model.observed import Observed
from composer.model.options import DownOptions, Recreate, UpOptions
from composer.model.plan import Plan
from composer.model.project import FileObject, Network, Project, Volume
from composer.model.resources import ContainerConfig, ContainerSpec, VolumeSpec
from composer.model.saved_plan import Asked, SavedPlan
from composer.model.service import (
    Dependency,
    FileReference,
    Healthcheck,
    Hook,
    Mount,
    NetworkReference,
    Service,
)
from composer.model.units import Bytes
from composer.planner.desire import container_config, image_ref
from composer.planner.scope import interest
from composer.reconciler import bring_up, foresee
from support.engine import FakeEngine

NAMES = ("api", "db", "job", "web")
UP = UpOptions()
RUN = (Hook(command=("true",)),)
HOOKS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {"post_start": RUN, "pre_stop": RUN},
    {"pre_start": (*RUN, Hook(command=("true",), per_replica=True))},
)
SITE = FileReference(source="site")


@st.composite
def services(draw: st.DrawFn, name: str, before: tuple[str, ...]) -> Service:
    """A service that depends on some of those `before` it."""
    needed = draw(st.lists(st.sampled_from(before), unique=True)) if before else []
    volumes = draw(st.sets(st.sampled_from(["data", "logs"])))
    return Service(
        name=name,
        image=draw(st.sampled_from(["a:1", "b:1"])),
        command=("sleep", "infinity"),
        environment=draw(st.dictionaries(st.sampled_from(["A", "B"]), st.sampled_from("xy"))),
        depends_on={
            other: Dependency(
                condition=draw(st.sampled_from(["service_started", "service_healthy"])),
                restart=draw(st.booleans()),
            )
            for other in needed
        },
        attach=draw(st.sampled_from([None, False])),
        configs=draw(st.sampled_from([(), (SITE,)])),
        cpus=draw(st.sampled_from([0, 0.5, 1])),
        healthcheck=Healthcheck(test=("CMD", "true")),
        mem_limit=draw(st.sampled_from([Bytes(0), Bytes(2**26), Bytes(2**27)])),
        networks=draw(
            st.dictionaries(
                st.sampled_from("pq"),
                st.sampled_from([None, NetworkReference(aliases=("also",))]),
                min_size=1,
            )
        ),
        pids_limit=draw(st.sampled_from([0, 50, 100])),
        read_only=draw(st.booleans()),
        **draw(st.sampled_from(HOOKS)),
        restart=draw(st.sampled_from([None, "always", "on-failure:3"])),
        volumes=tuple(Mount(type="volume", source=v, target=f"/{v}") for v in sorted(volumes)),
        scale=draw(st.integers(0, 2)),
        extensions=draw(st.sampled_from([{}, {"x-composer": {"reload": "SIGHUP"}}])),
    )


@st.composite
def projects(draw: st.DrawFn) -> Project:
    names = sorted(draw(st.sets(st.sampled_from(NAMES), min_size=1)))
    chosen = {
        name: draw(services(name, tuple(names[:position]))) for position, name in enumerate(names)
    }
    driver = draw(st.sampled_from([None, "bridge"]))
    return Project(
        name="demo",
        directory="/demo",
        services=chosen,
        networks={key: Network(name=f"demo_{key}", driver=driver) for key in "pq"},
        volumes={key: Volume(name=f"demo_{key}") for key in ("data", "logs")},
        configs={"site": FileObject(name="demo_site", content=draw(st.sampled_from("xy")))},
    )


class Dying(FakeEngine):
    """An engine that carries out `left` more writes, and dies just after the last of them."""

    def __init__(self) -> None:
        super().__init__(images=["a:1", "b:1"])
        self.left = -1


def _mortal(name: str) -> Callable[..., object]:
    def write(self: Dying, *values: object, **named: object) -> object:
        if self.left == 0:
            raise EngineError("dead")
        answer = getattr(FakeEngine, name)(self, *values, **named)
        self.left -= 1
        return answer

    return write


_WRITES = """create_network remove_network connect disconnect create_volume remove_volume
create_container update_container deliver start stop remove rename"""

for _name in _WRITES.split():
    setattr(Dying, _name, _mortal(_name))


def assert_true_in(project: Project, engine: FakeEngine) -> None:
    """Assert that the engine has what the project says, and nothing else of it."""
    assert foresee(project, engine, UP).steps == ()
    found = {}
    for container in engine.containers.values():
        assert container.running
        assert not is_replacement_name(container.name)
        service = project.services[container.labels[Label.SERVICE]]
        found.setdefault(service.name, []).append(container)
        config = container.spec.config
        wanted = container_config(project, service)
        assert config.image == image_ref(project, service)
        for name in ("cpus", "mem_limit", "pids_limit", "restart"):
            assert getattr(config, name) == getattr(wanted, name)
        for key, reference in service.networks.items():
            aliases = {*config.networks[f"demo_{key}"].aliases} - {container.name, service.name}
            assert aliases == {*(reference.aliases if reference else ())}
        assert container.spec.config.environment == service.environment
        assert set(container.networks) == {f"demo_{key}" for key in service.networks}
        named = {m.name for m in container.mounts if m.name not in engine.files_in}
        assert named == {f"demo_{m.source}" for m in service.volumes}
        content = (project.configs["site"].content or "").encode()
        assert container.files == ({"/site": content} if service.configs else {})
    replicas = {service.name: service.replicas for service in project.services.values()}
    assert {name: len(found.get(name, ())) for name in replicas} == replicas


def up(project: Project, engine: FakeEngine, options: UpOptions = UP) -> Plan:
    return bring_up(project, engine, options, lambda event: None, parallel=2).plan


def data(engine: FakeEngine) -> set[str]:
    """Return the volumes, but for those in which composer keeps what the files say."""
    return {name for name, live in engine.volumes.items() if Label.FILES not in live.labels}


@settings(max_examples=60, deadline=None)
@given(projects())
def test_planning_again_after_an_up_finds_nothing_to_do(project: Project) -> None:
    engine = Dying()
    up(project, engine)
    assert_true_in(project, engine)


@settings(max_examples=60, deadline=None)
@given(projects(), projects())
def test_any_project_becomes_any_other(old: Project, new: Project) -> None:
    engine = Dying()
    up(old, engine)
    volumes = data(engine)
    up(new, engine, replace(UP, remove_orphans=True))

    assert_true_in(new, engine)
    assert volumes <= data(engine)


@settings(max_examples=100, deadline=None)
@given(projects(), projects(), st.integers(1, 25))
def test_an_interrupted_up_is_finished_by_the_next(old: Project, new: Project, writes: int) -> None:
    engine = Dying()
    up(old, engine)
    engine.left = writes
    try:
        up(new, engine, replace(UP, remove_orphans=True))
    except PlanFailed:
        engine.left = -1
    up(new, engine, replace(UP, remove_orphans=True))

    assert_true_in(new, engine)


class Picky(Dying):
    """An engine on which no successor of `victim` works: it does not start, or is unhealthy."""

    def __init__(self) -> None:
        super().__init__()
        self.victim = ""
        self.starts = False

    def start(self, container: str) -> None:
        live = self.find(container)
        labels = live.labels
        failing = labels[Label.SERVICE] == self.victim and Label.REPLACE in labels
        if failing and not self.starts:
            raise EngineError("it does not start")
        super().start(container)
        if failing:
            self.become(live.name, health="unhealthy")


def replicas(engine: FakeEngine, project: Project) -> dict[tuple[str, int], list[tuple[str, str]]]:
    """Return what runs under its own name, as id and name, by service and number."""
    found: dict[tuple[str, int], list[tuple[str, str]]] = {}
    for live in engine.containers.values():
        if live.spec.hook:
            continue
        service, number = live.labels[Label.SERVICE], int(live.labels[Label.NUMBER])
        if live.running and not is_replacement_name(live.name) and service in project.services:
            found.setdefault((service, number), []).append((live.id, live.name))
    return found


@settings(max_examples=60, deadline=None)
@given(projects(), projects(), st.sampled_from(NAMES), st.booleans())
def test_a_failed_replacement_leaves_the_service_as_it_was(
    old: Project, new: Project, victim: str, starts: bool
) -> None:
    engine = Picky()
    up(old, engine)
    before, volumes = replicas(engine, new), data(engine)
    engine.victim, engine.starts = victim, starts
    failed = False
    try:
        up(new, engine)
    except PlanFailed:
        failed = True
    after = replicas(engine, new)

    kept = {key: one for key, one in before.items() if key[1] <= new.services[key[0]].replicas}
    assert {key: len(after.get(key, ())) for key in kept} == dict.fromkeys(kept, 1)
    if failed:
        mine = {key: one for key, one in kept.items() if key[0] == victim}
        assert {key: after[key] for key in mine} == mine
    assert volumes <= data(engine)
    engine.victim = ""
    up(new, engine, replace(UP, remove_orphans=True))
    assert_true_in(new, engine)


@settings(max_examples=60, deadline=None)
@given(projects(), projects(), st.sampled_from(NAMES), st.booleans(), st.integers(1, 25))
def test_a_way_back_that_is_cut_off_is_finished_by_the_next_up(
    old: Project, new: Project, victim: str, starts: bool, writes: int
) -> None:
    engine = Picky()
    up(old, engine)
    volumes = data(engine)
    engine.victim, engine.starts, engine.left = victim, starts, writes
    with suppress(PlanFailed):
        up(new, engine)
    engine.victim, engine.left = "", -1
    up(new, engine, replace(UP, remove_orphans=True))

    assert_true_in(new, engine)
    assert volumes <= data(engine)


@st.composite
def tuned(draw: st.DrawFn) -> tuple[Project, Project]:
    """A project, and the same with other limits, which all can be changed in place."""
    project = draw(projects())
    before, after = (
        {
            name: replace(
                service,
                attach=draw(st.booleans()),
                cpus=draw(st.sampled_from([0.5, 1])),
                mem_limit=draw(st.sampled_from([Bytes(2**26), Bytes(2**27)])),
                networks=dict.fromkeys(draw(st.sets(st.sampled_from("pq"), min_size=1))),
                restart=draw(st.sampled_from([None, "always"])),
            )
            for name, service in project.services.items()
        }
        for _ in range(2)
    )
    return replace(project, services=before), replace(project, services=after)


@settings(max_examples=60, deadline=None)
@given(tuned(), st.integers(1, 25))
def test_other_limits_and_networks_stop_no_container(
    both: tuple[Project, Project], writes: int
) -> None:
    old, new = both
    engine = Dying()
    up(old, engine)
    before = {container.id: container.state for container in engine.containers.values()}
    engine.left = writes
    with suppress(PlanFailed):
        up(new, engine)
    engine.left = -1
    up(new, engine)
    assert_true_in(new, engine)
    up(old, engine)
    assert_true_in(old, engine)

    assert {container.id: container.state for container in engine.containers.values()} == before


@settings(max_examples=40, deadline=None)
@given(projects(), projects())
def test_no_plan_touches_what_is_not_ours(old: Project, new: Project) -> None:
    engine = Dying()
    other = {str(Label.PROJECT): "other", str(Label.SERVICE): "web"}
    config = ContainerConfig(image="a:1", command=("sleep", "infinity"), network_mode="none")
    spec = ContainerSpec(
        service="web", number=1, name="other-web-1", digest="", config=config, labels=other
    )
    engine.create_container(spec)
    engine.start("other-web-1")
    engine.create_volume(VolumeSpec(key="data", name="other_data", labels=other))

    up(old, engine)
    up(new, engine, replace(UP, remove_orphans=True))
    take_down(
        "demo",
        new,
        engine,
        DownOptions(volumes=True, remove_orphans=True),
        lambda event: None,
    )

    assert engine.containers["other-web-1"].running
    assert "other_data" in engine.volumes
    assert {name for name in engine.containers if name.startswith("demo-")} == set()


@settings(max_examples=40, deadline=None)
@given(projects())
def test_a_step_never_precedes_what_it_is_after(project: Project) -> None:
    seen: set[str] = set()
    plan = foresee(project, Dying(), UP)
    ids = {step.id for step in plan.steps}
    for step in plan.steps:
        assert step.after & ids <= seen
        seen.add(step.id)


@settings(max_examples=40, deadline=None)
@given(projects(), st.integers(1, 25))
def test_an_interrupted_change_of_networks_is_finished_by_the_next_up(
    old: Project, writes: int
) -> None:
    engine = Dying()
    up(old, engine)
    labelled = {key: replace(network, labels={"new": "1"}) for key, network in old.networks.items()}
    new = replace(old, networks=labelled)
    engine.left = writes
    try:
        up(new, engine)
    except PlanFailed:
        engine.left = -1
    up(new, engine)

    assert_true_in(new, engine)


@settings(max_examples=60, deadline=None)
@given(projects(), st.sets(st.sampled_from(["demo_data", "demo_logs"])), st.integers(1, 25))
def test_no_volume_is_lost_that_was_not_agreed_to_and_listed(
    old: Project, agreed: set[str], writes: int
) -> None:
    engine = Dying()
    up(old, engine)
    before = dict(engine.volumes)
    labelled = {key: replace(volume, labels={"new": "1"}) for key, volume in old.volumes.items()}
    new = replace(old, volumes=labelled)

    engine.left = writes
    with suppress(PlanFailed):
        bring_up(new, engine, UP, lambda event: None, confirm=lambda losses: agreed)
    engine.left = -1
    assert {n for n, volume in before.items() if engine.volumes.get(n) != volume} <= agreed
    plan = foresee(new, engine, UP, confirm=lambda losses: agreed)
    done = bring_up(new, engine, UP, lambda event: None, confirm=lambda losses: agreed).plan

    assert [loss.volume for loss in done.losses] == [loss.volume for loss in plan.losses]
    anew = {n for n, volume in before.items() if engine.volumes[n] != volume}
    assert anew == agreed & {*before}
    assert_true_in(new, engine)


@settings(max_examples=60, deadline=None)
@given(projects(), projects(), st.booleans(), st.booleans())
def test_a_saved_plan_is_carried_out_as_long_as_nothing_moves(
    old: Project, new: Project, pull: bool, there: bool
) -> None:
    engine = Dying()
    up(old, engine)
    for ref in ("a:1", "b:1"):
        engine.publish(ref, "1")
        if not there:
            engine.images.pop(ref)
    options = replace(UP, remove_orphans=True)
    if pull:
        options = replace(options, images=replace(options.images, pull="always"))
    saved: list[SavedPlan] = []

    def save(observed: Observed, plan: Plan, done: frozenset[str]) -> None:
        saved.append(made(Asked(directory="/demo"), "fake://", new, observed, plan))

    foresee(new, engine, options, approve=save)
    check = keeper(saved[0], new, "fake://")
    bring_up(new, engine, options, lambda event: None, parallel=2, approve=check)

    assert_true_in(new, engine)
    moved = not there or any(not step.startswith("pull image ") for step in saved[0].steps)
    if saved[0].steps and moved:  # to pull what is here already may be done again
        with pytest.raises(PlanOutdated):
            check(engine.observe(interest(new)), foresee(new, engine, options), frozenset())


class Forgetful(FakeEngine):
    """An engine that has lost image b:1; its registry may have lost it as well."""

    def __init__(self) -> None:
        super().__init__(images=["a:1", "b:1"], pullable=["b:1"])
        self.broken = False
        self.created: list[str] = []

    def forget(self) -> None:
        self.images.pop(full_reference("b:1"), None)
        self.created.clear()

    def pull(self, ref: str, platform: str | None, report: Report, *, dated: bool = False) -> None:
        if self.broken:
            raise EngineError("the registry went away")
        super().pull(ref, platform, report, dated=dated)

    def create_container(self, spec: ContainerSpec, report: Report | None = None) -> str:
        self.created.append(spec.name)
        return super().create_container(spec, report)


@settings(max_examples=60, deadline=None)
@given(projects(), projects(), st.sampled_from([Recreate.DIVERGED, Recreate.FORCE]))
def test_any_project_becomes_any_other_beside_a_pull_and_makes_nothing_twice(
    old: Project, new: Project, recreate: Recreate
) -> None:
    engine = Forgetful()
    up(old, engine)
    engine.forget()
    up(new, engine, replace(UP, recreate=recreate, remove_orphans=True))
    assert_true_in(new, engine)
    assert len(engine.created) == len(set(engine.created))


@settings(max_examples=60, deadline=None)
@given(projects(), projects())
def test_a_pull_that_fails_leaves_what_runs_alone(old: Project, new: Project) -> None:
    engine = Forgetful()
    up(old, engine)
    engine.forget()
    engine.broken = True
    before = {one.id: (one.name, one.networks, one.spec) for one in engine.containers.values()}
    with suppress(PlanFailed):
        up(new, engine, replace(UP, remove_orphans=True))
        return
    after = {one.id: (one.name, one.networks, one.spec) for one in engine.containers.values()}
    assert {id: after.get(id) for id in before} == before
    assert all(engine.containers[name].running for name, _, _ in before.values())
