from __future__ import annotations

import pytest

from composer.engine.docker.usage import Usage, sample
from composer.errors import EngineError
from composer.model.usage import Sample
from support.wire import Script, refused, scripted

STATS = {
    "cpu_stats": {
        "cpu_usage": {"total_usage": 7, "percpu_usage": [3, 4]},
        "system_cpu_usage": 100,
        "online_cpus": 2,
    },
    "memory_stats": {
        "usage": 5000,
        "limit": 9000,
        "stats": {"total_inactive_file": 1000, "inactive_file": 9},
    },
    "networks": {"eth0": {"rx_bytes": 1, "tx_bytes": 2}, "eth1": {"rx_bytes": 10, "tx_bytes": 20}},
    "blkio_stats": {
        "io_service_bytes_recursive": [
            {"op": "Read", "value": 4},
            {"op": "Write", "value": 5},
            {"op": "read", "value": 40},
            {"op": "Total", "value": 49},
        ]
    },
    "pids_stats": {"current": 3, "limit": 100},
}


def test_a_sample_is_what_docker_counts() -> None:
    assert sample(STATS) == Sample(
        cpu=7, system=100, cpus=2, memory=4000, memory_limit=9000,
        received=11, sent=22, read=44, written=5, pids=3, pids_limit=100,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("details", "memory"),
    [({"inactive_file": 500}, 4500), ({"inactive_file": 6000}, 5000), ({}, 5000)],
)
def test_memory_is_without_what_the_system_would_give_back(
    details: dict[str, int], memory: int
) -> None:
    assert sample({"memory_stats": {"usage": 5000, "stats": details}}).memory == memory


def test_without_a_count_of_processors_those_that_are_told_count() -> None:
    assert sample({"cpu_stats": {"cpu_usage": {"percpu_usage": [1, 2, 3]}}}).cpus == 3


def test_a_limit_beyond_all_numbers_is_none() -> None:
    assert sample({"pids_stats": {"limit": 2**64 - 1}}).pids_limit is None


def test_who_is_gone_or_vanishes_while_it_is_asked_for_is_left_out() -> None:
    script = Script(
        {
            "GET /containers/here/stats": STATS,
            "GET /containers/vanishing/stats": None,
            "GET /containers/gone/stats": refused(404, "No such container: gone"),
        }
    )
    with scripted(script) as wire:
        assert set(Usage(wire, {}).samples(["here", "vanishing", "gone"])) == {"here"}


def test_who_does_not_run_has_no_processes() -> None:
    script = Script(
        {
            "GET /containers/here/top": {"Titles": ["PID", "CMD"], "Processes": [["1", "sh"]]},
            "GET /containers/done/top": refused(500, "Container done is not running"),
        }
    )
    with scripted(script) as wire:
        found = Usage(wire, {}).processes(["here", "done"])

    assert {name: one.rows for name, one in found.items()} == {"here": (("1", "sh"),)}


def test_what_else_the_engine_refuses_is_an_error() -> None:
    script = Script({"GET /containers/here/top": refused(500, "no ps on this machine")})

    with scripted(script) as wire, pytest.raises(EngineError, match="no ps on this machine"):
        Usage(wire, {}).processes(["here"])
