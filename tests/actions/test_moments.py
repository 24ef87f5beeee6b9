from __future__ import annotations

import pytest

from composer.actions.moments import engine_time, parse_moment

NOW = 1_800_000_000_000_000_000


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("42m", "1799997480.000000000"),
        ("1h30m", "1799994600.000000000"),
        ("2027-01-15T08:00:00Z", "1800000000.000000000"),
        ("2027-01-15T08:00:00.123456789Z", "1800000000.123456789"),
        ("2027-01-15T09:00:00+01:00", "1800000000.000000000"),
        ("2027-01-15T08:00:00.5+0000", "1800000000.500000000"),
        ("1800000000", "1800000000.000000000"),
        ("1800000000.25", "1800000000.250000000"),
    ],
)
def test_a_moment_is_a_time_ago_a_stamp_or_seconds(text: str, time: str) -> None:
    assert engine_time(parse_moment(text, NOW)) == time


@pytest.mark.parametrize("text", ["yesterday", "2027-13-45", "-", "5 minutes", "2027-1-1"])
def test_anything_else_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError):
        parse_moment(text, NOW)
