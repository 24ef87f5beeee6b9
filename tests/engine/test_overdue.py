from __future__ import annotations

import time

import pytest

from composer.engine.docker.overdue import with_probe_checked
from composer.model.observed import ContainerState, ProbeRun
from composer.model.service import Healthcheck
from composer.model.units import SECOND, Duration
from composer.record import replace

NOW = 1_767_225_600
STARTING = ContainerState(
    status="running",
    health="starting",
    started_at="2026-01-01T00:00:00Z",
    check=Healthcheck(
        test=("CMD", "true"), interval=Duration(2 * SECOND), timeout=Duration(3 * SECOND)
    ),
)
LATE = 2 * 2 + 3 + 10


def unprobed(state: ContainerState, after: float) -> bool:
    assert time.time() > NOW + 1000
    return with_probe_checked(state, lambda: round((NOW + after) * SECOND)).unprobed


def test_a_probe_is_overdue_after_two_intervals_its_timeout_and_some_seconds() -> None:
    assert not unprobed(STARTING, LATE - 1)
    assert unprobed(STARTING, LATE + 1)


def test_each_run_of_the_probe_gives_it_time_again() -> None:
    probed = replace(STARTING, probes=(ProbeRun(exit_code=1, end=NOW + 5),))

    assert not unprobed(probed, LATE + 4)
    assert unprobed(probed, LATE + 6)


@pytest.mark.parametrize(
    "state",
    [
        replace(STARTING, health="healthy"),
        replace(STARTING, health=None),
        replace(STARTING, check=None),
        replace(STARTING, status="paused"),
    ],
)
def test_others_wait_for_no_probe(state: ContainerState) -> None:
    assert not unprobed(state, 1000)


def test_the_engine_is_not_asked_for_the_time_before_it_can_matter() -> None:
    def ask() -> int:
        raise AssertionError("asked")

    fresh = replace(STARTING, started_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
    assert not with_probe_checked(fresh, ask).unprobed
