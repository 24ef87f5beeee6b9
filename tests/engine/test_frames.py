from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.engine.docker.frames import demultiplexed, raw
from composer.errors import EngineError


def frame(data: bytes, stream: int = 1) -> bytes:
    return struct.pack(">BxxxL", stream, len(data)) + data


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


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
