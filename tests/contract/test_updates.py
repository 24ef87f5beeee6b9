from __future__ import annotations

from typing import Any

import pytest

from composer.errors import EngineError, NotFound
from composer.model.resources import ContainerConfig, Limits, RestartPolicy
from composer.model.units import Bytes
from support.lab import Bench

MB = 1024 * 1024


def settings(bench: Bench, container: str) -> ContainerConfig:
    (found,) = bench.engine.inspect([container]).values()
    assert found.config is not None
    return found.config


def update(bench: Bench, container: str, **limits: Any) -> None:
    bench.engine.update_container(container, Limits(**limits))


def test_limits_change_while_the_container_runs_on(bench: Bench) -> None:
    name = bench.start(mem_limit=Bytes(64 * MB), cpus=0.5, pids_limit=50)
    before = bench.engine.state(name)

    update(
        bench,
        name,
        cpu_shares=512,
        cpus=0.25,
        cpuset="0",
        mem_limit=Bytes(128 * MB),
        mem_reservation=Bytes(32 * MB),
        pids_limit=100,
        restart=RestartPolicy(name="on-failure", retries=3),
    )

    now = settings(bench, name)
    assert (now.cpu_shares, now.cpus, now.cpuset) == (512, 0.25, "0")
    assert (now.mem_limit, now.mem_reservation, now.memswap_limit) == (128 * MB, 32 * MB, 0)
    assert (now.pids_limit, now.restart) == (100, RestartPolicy(name="on-failure", retries=3))
    assert bench.engine.state(name).started_at == before.started_at


def test_a_container_without_limits_is_given_some(bench: Bench) -> None:
    name = bench.start()
    update(bench, name, mem_limit=Bytes(64 * MB), cpu_period=50_000, cpu_quota=25_000)

    now = settings(bench, name)
    assert (now.mem_limit, now.cpu_period, now.cpu_quota) == (64 * MB, 50_000, 25_000)


def test_a_limit_of_memory_goes_down_as_well(bench: Bench) -> None:
    name = bench.start(mem_limit=Bytes(128 * MB))
    update(bench, name, mem_limit=Bytes(64 * MB))
    assert settings(bench, name).mem_limit == 64 * MB


def test_swap_is_without_limit_and_then_twice_the_memory_again(bench: Bench) -> None:
    name = bench.start(mem_limit=Bytes(64 * MB))
    update(bench, name, mem_limit=Bytes(64 * MB), memswap_limit=Bytes(-1))
    assert settings(bench, name).memswap_limit == -1

    update(bench, name, mem_limit=Bytes(64 * MB))
    assert settings(bench, name).memswap_limit == 0


def test_what_is_not_said_stays_but_for_processes_and_restart(bench: Bench) -> None:
    name = bench.start(
        cpu_shares=512,
        cpuset="0",
        mem_limit=Bytes(64 * MB),
        mem_reservation=Bytes(32 * MB),
        pids_limit=50,
        restart=RestartPolicy(name="always"),
    )
    update(bench, name)

    now = settings(bench, name)
    assert (now.cpu_shares, now.cpuset) == (512, "0")
    assert (now.mem_limit, now.mem_reservation) == (64 * MB, 32 * MB)
    assert (now.pids_limit, now.restart) == (0, RestartPolicy())


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        ({"mem_limit": Bytes(MB)}, "inimum memory limit"),
        ({"mem_limit": Bytes(64 * MB), "memswap_limit": Bytes(32 * MB)}, "memoryswap"),
        ({"cpu_quota": 50_000}, "CPU Quota cannot be updated"),
    ],
)
def test_what_is_refused_changes_nothing(bench: Bench, limits: dict[str, Any], why: str) -> None:
    name = bench.start(cpus=0.5, pids_limit=50)
    before = settings(bench, name)

    with pytest.raises(EngineError, match=why):
        update(bench, name, pids_limit=100, **limits)

    assert settings(bench, name) == before


def test_a_container_that_does_not_run_is_updated_too(bench: Bench) -> None:
    name = bench.create(pids_limit=50)
    update(bench, name, pids_limit=100)
    assert settings(bench, name).pids_limit == 100


def test_no_limit_is_changed_of_a_container_that_is_not_there(bench: Bench) -> None:
    with pytest.raises(NotFound, match="nobody"):
        update(bench, bench.name("nobody"), pids_limit=1)
