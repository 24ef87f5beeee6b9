from __future__ import annotations

import pytest

from composer.actions.stats import Reading
from composer.model.observed import ContainerState, ObservedContainer
from composer.model.usage import Sample
from composer.render.sizes import bytes_size, human_size
from composer.render.stats import HEADERS, TABLE, lines, row
from composer.render.template import render_rows

WEB = Reading(
    container=ObservedContainer(
        id="0123456789abcdef" * 4,
        name="demo-web-1",
        image="",
        image_id="",
        state=ContainerState(status="running"),
    ),
    sample=Sample(
        cpus=2, memory=48 * 1024**2, memory_limit=64 * 1024**2,
        received=2800, sent=0, read=36_900, written=4_100_000, pids=3, pids_limit=100,
    ),
    cpu=37.5,
    memory=75,
    cpu_limit=50,
)  # fmt: skip


def test_the_table_is_that_of_docker_stats() -> None:
    assert render_rows(TABLE, [row(WEB)], HEADERS) == (
        "CONTAINER ID   NAME         CPU %     MEM USAGE / LIMIT   MEM %     NET I/O      "
        "BLOCK I/O        PIDS\n"
        "0123456789ab   demo-web-1   37.50%    48MiB / 64MiB       75.00%    2.8kB / 0B   "
        "36.9kB / 4.1MB   3\n"
    )


def test_what_is_not_known_yet_is_two_dashes() -> None:
    unknown = Reading(container=WEB.container, sample=WEB.sample, cpu=None, memory=0)

    assert row(unknown)["CPUPerc"] == "--"


def test_the_whole_id_is_there_for_who_asks() -> None:
    assert row(WEB)["ID"] == "0123456789ab"
    assert row(WEB, full=True)["ID"] == row(WEB)["Container"] == WEB.container.id


def shown(columns: int, height: int = 10, count: int = 1) -> list[str]:
    return [line.plain.rstrip() for line in lines([WEB] * count, columns, height)]


def test_bars_stand_against_the_limits() -> None:
    assert shown(130) == [
        "NAME         CPU %              LIMIT  MEM USAGE / LIMIT                 MEM %  NET I/O"
        "          BLOCK I/O           PIDS",
        "demo-web-1   37.5%  ━━━━━━━╸──    50%     48MiB / 64MiB     ━━━━━━━╸──   75.0%   2.8kB /"
        " 0B      36.9kB / 4.1MB   3 / 100",
    ]


def test_a_narrow_terminal_keeps_what_matters() -> None:
    assert all(len(line) <= 80 for line in shown(80))
    assert " ".join(shown(80)[0].split()) == "NAME CPU % MEM USAGE / LIMIT MEM % PIDS"


def test_on_a_very_narrow_one_the_bars_go_too() -> None:
    assert shown(50) == [
        "NAME         CPU %  MEM USAGE / LIMIT       PIDS",
        "demo-web-1   37.5%     48MiB / 64MiB     3 / 100",
    ]


def test_what_a_low_terminal_has_no_room_for_is_counted() -> None:
    assert len(shown(130, height=4, count=3)) == 4
    assert shown(130, height=4, count=5)[-1] == "… and 3 more"


def test_a_limit_that_is_near_is_red() -> None:
    full = Reading(container=WEB.container, sample=WEB.sample, cpu=49, memory=20, cpu_limit=50)

    line = lines([full], 130, 10)[1]

    assert {str(span.style) for span in line.spans} == {"red", "green"}


@pytest.mark.parametrize(
    ("size", "decimal", "binary"),
    [
        (0, "0B", "0B"),
        (999, "999B", "999B"),
        (1000, "1kB", "1000B"),
        (1024, "1.02kB", "1KiB"),
        (2_203_846, "2.2MB", "2.102MiB"),
        (783_360, "783kB", "765KiB"),
        (25_276_000_000, "25.3GB", "23.54GiB"),
    ],
)
def test_sizes_are_those_of_docker(size: int, decimal: str, binary: str) -> None:
    assert (human_size(size), bytes_size(size)) == (decimal, binary)
