"""Logs of several containers in the order of time."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from composer.actions.merging import last_lines, merged
from composer.model.events import LogBatch


def batch(*lines: tuple[int, str]) -> LogBatch:
    times = [f"{time:03}".encode() for time, _ in lines]
    return LogBatch("", [text.encode() for _, text in lines], times, bytearray(len(lines)))


def texts(groups: Iterator[list[bytes]]) -> list[str]:
    return [text.decode() for group in groups for text in group]


def test_lines_of_several_streams_come_by_time() -> None:
    one = [batch((1, "a1"), (4, "a4")), batch((9, "a9"))]
    two = [batch((2, "b2")), batch((3, "b3"), (5, "b5"), (6, "b6"))]

    assert texts(merged([one, two, []])) == ["a1", "b2", "b3", "a4", "b5", "b6", "a9"]


def test_lines_of_one_moment_come_in_the_order_of_the_streams() -> None:
    assert texts(merged([[batch((1, "a"))], [batch((1, "b"))]])) == ["a", "b"]


def test_a_line_whose_time_goes_back_stays_behind_the_one_before_it() -> None:
    one = [batch((5, "a5"), (3, "a3")), batch((4, "a4"), (7, "a7"))]
    two = [batch((1, "b1"), (4, "b4"), (6, "b6"))]

    assert texts(merged([one, two])) == ["b1", "b4", "a5", "a3", "a4", "b6", "a7"]


@given(
    st.lists(st.lists(st.lists(st.integers(0, 99), max_size=5), max_size=4), min_size=1, max_size=4)
)
def test_nothing_is_lost_and_each_stream_keeps_its_order(streams: list[list[list[int]]]) -> None:
    named = [
        [
            [(time, f"{n}:{b}:{place}") for place, time in enumerate(times)]
            for b, times in enumerate(batches)
        ]
        for n, batches in enumerate(streams)
    ]

    found = texts(merged([[batch(*lines) for lines in batches] for batches in named]))

    for n, batches in enumerate(named):
        own = [text for lines in batches for _, text in lines]
        assert [text for text in found if text.startswith(f"{n}:")] == own
    assert len(found) == sum(len(lines) for batches in named for lines in batches)


@given(st.lists(st.lists(st.integers(0, 99), max_size=5).map(sorted), min_size=2, max_size=4))
def test_what_is_in_order_comes_out_in_order(streams: list[list[int]]) -> None:
    batches = [[batch(*((time, f"{time:03}") for time in times))] for times in streams]

    found = texts(merged(batches))

    assert found == sorted(found)


@given(st.lists(st.integers(0, 4), max_size=6), st.integers(0, 12))
def test_the_last_lines_are_the_last_lines(sizes: list[int], count: int) -> None:
    numbers = iter(range(100))
    batches = [batch(*((0, str(next(numbers))) for _ in range(size))) for size in sizes]
    everything = [str(number) for number in range(sum(sizes))]

    found = [text.decode() for one in last_lines(batches, count) for text in one.texts]

    assert found == everything[len(everything) - min(count, len(everything)) :]
