from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.model.units import (
    LARGEST,
    SECOND,
    Duration,
    parse_bytes,
    parse_duration,
    print_bytes,
    print_duration,
    seconds,
    single_precision,
)


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("0", 0),
        ("0s", 0),
        ("1s", SECOND),
        ("1m30s", 90 * SECOND),
        ("1.5h", 5400 * SECOND),
        (".5s", SECOND // 2),
        ("1.s", SECOND),
        ("100ms", SECOND // 10),
        ("5us", 5000),
        ("5µs", 5000),
        ("5μs", 5000),
        ("7ns", 7),
        ("1w2d3h4m5s", ((9 * 24 + 3) * 3600 + 245) * SECOND),
        ("1s1h", 3601 * SECOND),
        ("-2s", -2 * SECOND),
        ("+2s", 2 * SECOND),
        ("0.1ns", 0),
    ],
)
def test_a_duration_is_read(text: str, nanoseconds: int) -> None:
    assert parse_duration(text) == nanoseconds


@pytest.mark.parametrize("text", ["", "10", "s", "1 s", "1x", "1m30", "--1s", "1s ", "-", ".s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration such as 1m30s"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("0s", "0s"),
        ("90s", "1m30s"),
        ("120s", "2m0s"),
        ("1h", "1h0m0s"),
        ("1d", "24h0m0s"),
        ("500ms", "500ms"),
        ("1500ms", "1.5s"),
        ("1.5ms", "1.5ms"),
        ("1us", "1µs"),
        ("1500ns", "1.5µs"),
        ("12ns", "12ns"),
        ("1h0.5s", "1h0m0.5s"),
        ("-90s", "-1m30s"),
        ("1s1ns", "1.000000001s"),
    ],
)
def test_a_duration_is_printed_as_go_prints_it(text: str, printed: str) -> None:
    assert print_duration(parse_duration(text)) == printed


@settings(deadline=None)
@given(st.integers(-LARGEST, LARGEST))
def test_what_is_printed_is_read_back(nanoseconds: int) -> None:
    assert parse_duration(print_duration(Duration(nanoseconds))) == nanoseconds


@pytest.mark.parametrize("text", ["9999999h", "1h" * 500_000, "9" * 300 + "s"])
def test_a_duration_beyond_what_the_engine_can_be_told_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_duration(text)


@pytest.mark.parametrize("text", ["9999999999999g", "9" * 300, "-9999999999999g"])
def test_a_size_beyond_what_the_engine_can_be_told_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_bytes(text)


def test_a_duration_has_seconds() -> None:
    assert seconds(parse_duration("1500ms")) == 1.5


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("1024", 1024),
        ("1b", 1),
        ("1k", 1024),
        ("1K", 1024),
        ("1kb", 1024),
        ("1KiB", 1024),
        ("64 kb", 65536),
        ("1.5g", 1610612736),
        ("0.5m", 524288),
        (".5k", 512),
        ("2t", 2 * 1024**4),
        ("1p", 1024**5),
        ("-1", -1),
        (" 5m ", 5 * 1024**2),
        ("+5m", 5 * 1024**2),
        ("1e3", 1000),
        ("1.5e+3k", 1536000),
        ("12.5e-1", 1),
    ],
)
def test_a_size_is_read(text: str, size: int) -> None:
    assert parse_bytes(text) == size


@pytest.mark.parametrize(
    "text", ["", "m", "1x", "1 m b", "1e", "1e3.5", "1e300", "one", "1kib2", "0x10"]
)
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size such as 512m"):
        parse_bytes(text)


@pytest.mark.parametrize(
    ("size", "printed"),
    [
        (0, "0 B"),
        (100, "100 B"),
        (1023, "1023 B"),
        (1024, "1 KiB"),
        (1536 * 1024**2, "1.5 GiB"),
        (512 * 1024**2, "512 MiB"),
        (5 * 1024**5, "5120 TiB"),
        (-2048, "-2 KiB"),
    ],
)
def test_a_size_is_printed_for_people(size: int, printed: str) -> None:
    assert print_bytes(size) == printed


@pytest.mark.parametrize(
    ("value", "kept"),
    [(0, 0), (0.1, 0.1), (1.123456789, 1.1234568), (33.3, 33.3), (16777217, 16777216), (2, 2)],
)
def test_a_fraction_keeps_what_32_bits_hold(value: float, kept: float) -> None:
    assert single_precision(value) == kept
