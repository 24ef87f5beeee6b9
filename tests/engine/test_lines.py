"""What the engine sends of a container's output, taken apart into lines."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.engine.docker.lines import Frames, Terminal
from composer.errors import AnswerLost, EngineError

ONE = b"2026-01-01T00:00:01.000000000Z"
TWO = b"2026-01-01T00:00:02.000000000Z"


def frame(content: bytes, stream: int = 1) -> bytes:
    return struct.pack(">BxxxL", stream, len(content)) + content


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def read(reader: Frames | Terminal, *chunks: bytes) -> list[tuple[int, bytes, bytes]]:
    """Return stream, time and text of every line."""
    batches = [*(reader.batch(chunk) for chunk in chunks), reader.rest()]
    return [
        line
        for batch in batches
        for line in zip(batch.streams, batch.times, batch.texts, strict=True)
    ]


TEXTS = st.binary(max_size=40).filter(lambda text: b"\n" not in text)


@given(st.lists(st.tuples(st.sampled_from([1, 2]), TEXTS), max_size=8), st.integers(1, 60))
def test_lines_are_found_wherever_the_chunks_are_cut(
    lines: list[tuple[int, bytes]], size: int
) -> None:
    sent = b"".join(frame(ONE + b" " + text + b"\n", stream) for stream, text in lines)

    assert read(Frames("web"), *cut(sent, size)) == [(stream, ONE, text) for stream, text in lines]


@given(
    st.lists(TEXTS.filter(lambda text: not text.endswith(b"\r")), max_size=8), st.integers(1, 60)
)
def test_lines_of_a_terminal_are_found_wherever_the_chunks_are_cut(
    texts: list[bytes], size: int
) -> None:
    sent = b"".join(ONE + b" " + text + b"\r\n" for text in texts)

    assert read(Terminal("web"), *cut(sent, size)) == [(1, ONE, text) for text in texts]


@pytest.mark.parametrize("size", [7, 1000, 100_000])
def test_parts_of_a_long_line_are_put_together(size: int) -> None:
    text = b"x" * 16384 + b"y" * 16384 + b"end"
    parts = [text[:16384], text[16384:32768], text[32768:] + b"\n"]
    frames = [frame(ONE + b" " + part) for part in parts]
    other = frame(ONE + b" between\n", 2)
    sent = frames[0] + other + frames[1] + frames[2] + frame(TWO + b" next\n")

    assert read(Frames("web"), *cut(sent, size)) == [
        (2, ONE, b"between"),
        (1, ONE, text),
        (1, TWO, b"next"),
    ]
    whole = b"".join(ONE + b" " + part for part in parts[:2]) + ONE + b" end\r\n"
    assert read(Terminal("web"), *cut(whole, size)) == [(1, ONE, text)]


def test_a_stamp_in_a_long_line_stays_there() -> None:
    text = b"x" * 10 + ONE + b" " + b"y" * 20_000
    sent = frame(ONE + b" " + text[:16384]) + frame(ONE + b" " + text[16384:] + b"\n")

    assert read(Frames("web"), sent) == [(1, ONE, text)]


def test_a_line_without_an_end_is_not_torn_into_the_next_one() -> None:
    """Such as `echo -n` as the last word of a run, before another one begins."""
    sent = frame(ONE + b" no end") + frame(TWO + b" next run\n") + frame(TWO + b" last")

    assert read(Frames("web"), sent) == [
        (1, ONE, b"no end"),
        (1, TWO, b"next run"),
        (1, TWO, b"last"),
    ]


def test_several_lines_may_come_in_one_frame() -> None:
    sent = frame(ONE + b" a\n" + TWO + b" b\n" + TWO + b" c")

    assert read(Frames("web"), sent) == [(1, ONE, b"a"), (1, TWO, b"b"), (1, TWO, b"c")]


def test_stamps_of_another_length_are_stamps_too() -> None:
    sent = frame(b"2026-01-01T00:00:00Z long \n") + frame(b"2026-01-01T00:00:01Z \n")

    assert read(Frames("web"), sent) == [
        (1, b"2026-01-01T00:00:00Z", b"long "),
        (1, b"2026-01-01T00:00:01Z", b""),
    ]


def test_only_a_terminal_loses_its_carriage_returns() -> None:
    assert read(Frames("web"), frame(ONE + b" a\r\n")) == [(1, ONE, b"a\r")]


def test_a_frame_that_ends_too_early_is_told() -> None:
    reader = Frames("web")
    reader.batch(frame(ONE + b" a\n")[:-1])
    with pytest.raises(AnswerLost, match="broke off in the middle"):
        reader.rest()


def test_the_engine_may_say_that_it_failed() -> None:
    with pytest.raises(EngineError, match="cannot read logs"):
        Frames("web").batch(frame(b"cannot read logs\n", 3))
