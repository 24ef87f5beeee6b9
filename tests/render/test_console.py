"""How bytes get to a stream, buffered or not."""

from __future__ import annotations

import io
import os
import pty

import pytest

from composer.render.console import pour


def opened(file: int, *, buffered: bool) -> io.TextIOWrapper:
    """Return a stream as Python opens its own; unbuffered ones are those of PYTHONUNBUFFERED."""
    return io.TextIOWrapper(
        open(file, "wb", buffering=-1 if buffered else 0), write_through=not buffered
    )


@pytest.mark.parametrize("buffered", [True, False])
def test_bytes_come_after_the_text_before_them(buffered: bool) -> None:
    reading, writing = os.pipe()
    with opened(writing, buffered=buffered) as stream, open(reading, "rb") as reader:
        stream.write("text ")
        pour(stream, b"bytes ")
        stream.write("text")
        stream.close()

        assert reader.read() == b"text bytes text"


@pytest.mark.parametrize("buffered", [True, False])
def test_a_terminal_that_has_gone_away_is_a_reader_who_has_gone(buffered: bool) -> None:
    far, near = pty.openpty()
    with opened(near, buffered=buffered) as stream:
        os.close(far)

        with pytest.raises(BrokenPipeError):
            pour(stream, b"bytes")
