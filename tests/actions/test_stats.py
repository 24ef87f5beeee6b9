from __future__ import annotations

from itertools import islice

import pytest

from composer.actions import stats
from composer.actions.stats import Meter, Reading, reading, readings
from composer.model.observed import ContainerState, ObservedContainer
from composer.model.usage import Sample
from support.engine import FakeEngine
from support.lab import IMAGE, Bench

WEB = ObservedContainer(
    id="1", name="demo-web-1", image="", image_id="", state=ContainerState(status="running")
)
SECOND = 1_000_000_000


@pytest.fixture
def bench() -> Bench:
    return Bench(FakeEngine(images=[IMAGE]))


def names(found: tuple[Reading, ...]) -> list[str]:
    return [one.container.service for one in found]


def test_the_processor_is_counted_as_docker_counts_it() -> None:
    """Half a second of one processor, while two processors had one second each."""
    before = Sample(cpu=7 * SECOND, system=100 * SECOND, cpus=2, memory_limit=100)
    now = Sample(cpu=7 * SECOND + SECOND // 2, system=102 * SECOND, cpus=2, memory_limit=100)

    assert reading(WEB, before, now, {}).cpu == 50


def test_of_one_sample_nobody_knows_how_busy_a_container_is() -> None:
    assert reading(WEB, None, Sample(cpu=SECOND, system=SECOND, memory_limit=1), {}).cpu is None


def test_a_container_that_was_started_anew_is_not_less_than_idle() -> None:
    before = Sample(cpu=9 * SECOND, system=100, cpus=2, memory_limit=1)

    assert reading(WEB, before, Sample(cpu=1, system=200, cpus=2, memory_limit=1), {}).cpu == 0


def test_memory_is_a_share_of_its_limit_and_of_nothing_is_nothing() -> None:
    assert reading(WEB, None, Sample(memory=25, memory_limit=100), {}).memory == 25
    assert reading(WEB, None, Sample(), {}).memory == 0
    assert reading(WEB, None, Sample(), {}).cpu == 0


def test_containers_that_run_are_read_by_name(bench: Bench) -> None:
    bench.start("web")
    bench.start("db")
    bench.finish("done", command=("true",))

    assert names(Meter(bench.engine, bench.project).read()) == ["db", "web"]
    assert names(Meter(bench.engine, bench.project, all=True).read()) == ["db", "done", "web"]
    assert names(Meter(bench.engine, bench.project, ["web"]).read()) == ["web"]


def test_limits_of_the_processor_are_found_out(bench: Bench) -> None:
    bench.start("half", cpus=0.5)
    bench.start("quota", cpu_quota=150_000)
    bench.start("unlimited")

    found = Meter(bench.engine, bench.project, limits=True).read()

    assert [one.cpu_limit for one in found] == [50, 150, None]


def test_a_container_that_vanishes_between_two_looks_is_left_out(bench: Bench) -> None:
    name = bench.start("web")
    bench.start("db")
    meter = Meter(bench.engine, bench.project)
    meter.read()

    bench.engine.remove(name, force=True)

    assert names(meter.read()) == ["db"]


def test_who_comes_and_goes_is_noticed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stats, "PACE", 0.01)
    web = bench.start("web")
    flow = readings(Meter(bench.engine, bench.project), bench.engine, bench.project)
    seen = []

    for found in islice(flow, 500):
        if names(found) != seen[-1:]:
            seen.append(names(found))
        if names(found) == ["web"] and "db" not in str(seen):
            bench.start("db")
        if names(found) == ["db", "web"]:
            bench.engine.remove(web, force=True)
        if names(found) == ["db"]:
            break
    flow.close()  # type: ignore[attr-defined]

    assert seen[0] == ["web"]
    assert seen[-1] == ["db"]
