from __future__ import annotations

import pytest

from composer.render.rate import Rates, pace

MIB = 1024 * 1024


def test_the_rate_is_that_of_the_last_seconds() -> None:
    rates = Rates()
    for second in range(10):
        rates.note("a", second * MIB, second)
    assert rates.of("a", 9) == MIB

    for second in range(10, 20):
        rates.note("a", 9 * MIB, second)
    assert rates.of("a", 19) == 0


def test_a_steady_flow_has_its_rate() -> None:
    rates = Rates()
    for tenth in range(30):
        rates.note("a", tenth * MIB, tenth / 10)

    assert rates.of("a", 2.9) == pytest.approx(10 * MIB)


def test_what_began_a_moment_ago_or_anew_has_none() -> None:
    rates = Rates()
    rates.note("a", 0, 0)
    rates.note("a", MIB, 0.1)
    assert rates.of("a", 0.1) == 0

    rates.note("a", 2 * MIB, 1)
    assert rates.of("a", 1) > 0
    rates.note("a", 0, 2)
    assert rates.of("a", 2) == 0
    rates.note("a", MIB, 3)
    assert rates.of("a", 3) == MIB
    assert rates.of("b", 2) == 0


@pytest.mark.parametrize(
    ("rate", "left", "text"),
    [
        (0, MIB, ""),
        (MIB, 12 * MIB, "1 MiB/s, 12 s left"),
        (MIB, 1, "1 MiB/s, 1 s left"),
        (1024, 600 * 1024, "1 KiB/s, 10 min left"),
        (1024, 7200 * 1024 * 3, "1 KiB/s, 6 h left"),
    ],
)
def test_pace_is_told_in_words(rate: float, left: int, text: str) -> None:
    assert pace(rate, left) == text
