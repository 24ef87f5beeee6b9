from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.engine.docker.frames import demultiplexed, lines, raw
from composer.errors import EngineError
from composer.model.events import LogLine


def frame(data: bytes, stream: int = 1) -> bytes:
    return struct.pack(">BxxxL", stream, len(data)) + data


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def read(*pieces: tuple[str, bytes], **options: bool) -> list[LogLine]:
    return list(lines(pieces, "web", **{"timestamps": False, **options}))


@given(
    st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(min_size=1, max_size=40)), max_size=8),
    st.integers(min_value=1, max_value=20),
)
def test_frames_are_found_wherever_the_chunks_are_cut(
    frames: list[tuple[int, bytes]], size: int
) -> None:
    stream = b"".join(frame(data, number) for number, data in frames)
    names = {1: "stdout", 2: "stderr"}

    assert list(demultiplexed(cut(stream, size))) == [(names[n], data) for n, data in frames]


def test_empty_frames_say_nothing() -> None:
    assert list(demultiplexed([frame(b""), frame(b"a")])) == [("stdout", b"a")]


def test_a_frame_that_ends_too_early_is_an_error() -> None:
    found = demultiplexed([frame(b"whole"), frame(b"half")[:-1]])

    assert next(found) == ("stdout", b"whole")
    with pytest.raises(EngineError, match="broke off in the middle"):
        next(found)


def test_the_engine_may_say_that_it_failed() -> None:
    with pytest.raises(EngineError, match="cannot read logs"):
        list(demultiplexed([frame(b"cannot read logs\n", 3)]))


def test_a_terminal_has_no_frames() -> None:
    assert list(raw([b"a", b"b"])) == [("stdout", b"a"), ("stdout", b"b")]


def test_parts_of_a_line_are_joined_by_stream() -> None:
    assert read(
        ("stdout", b"on"), ("stderr", b"tw"), ("stdout", b"e\nthr"), ("stderr", b"o\n"),
        ("stdout", b"ee"),
    ) == [
        LogLine("web", b"one", "stdout"),
        LogLine("web", b"two", "stderr"),
        LogLine("web", b"three", "stdout"),
    ]  # fmt: skip


@given(st.lists(st.binary(max_size=9).filter(lambda line: b"\n" not in line)), st.integers(1, 9))
def test_lines_are_found_wherever_the_pieces_are_cut(texts: list[bytes], size: int) -> None:
    whole = b"".join(text + b"\n" for text in texts)
    pieces = [("stdout", part) for part in cut(whole, size)]

    assert [line.text for line in read(*pieces)] == texts


def test_the_time_stands_before_each_part_of_a_long_line() -> None:
    assert read(
        ("stdout", b"2026-01-01T00:00:00Z long "), ("stdout", b"2026-01-01T00:00:00Z line\n"),
        ("stdout", b"2026-01-01T00:00:01Z \n"),
        timestamps=True,
    ) == [
        LogLine("web", b"long line", "stdout", "2026-01-01T00:00:00Z"),
        LogLine("web", b"", "stdout", "2026-01-01T00:00:01Z"),
    ]  # fmt: skip


def test_only_a_terminal_loses_its_carriage_returns() -> None:
    assert read(("stdout", b"a\r\n"), tty=True)[0].text == b"a"
    assert read(("stdout", b"a\r\n"))[0].text == b"a\r"
