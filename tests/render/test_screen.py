"""Lines drawn over and over, as a terminal shows them."""

from __future__ import annotations

import io
import os
import signal

import pytest
from rich.text import Text

from composer.render.resumed import resumed
from composer.render.screen import Screen
from support.terminal import Emulator


class Stream(io.StringIO):
    """A stream to a terminal; `writes` are what it got at once."""

    def __init__(self, columns: int, rows: int) -> None:
        super().__init__()
        self.terminal = Emulator(columns, rows)
        self.writes: list[str] = []

    def write(self, text: str) -> int:
        self.writes.append(text)
        self.terminal.feed(text.encode())
        return len(text)


class Sized(Screen):
    """A screen that is as large as its emulator."""

    def __init__(self, stream: Stream, *, colour: bool = False) -> None:
        super().__init__(stream, colour=colour)
        self._emulator = stream.terminal

    def size(self) -> tuple[int, int]:
        return self._emulator.columns, self._emulator.rows


def lines(*texts: str) -> list[Text]:
    return [Text(text, "green") for text in texts]


def test_what_is_drawn_later_stands_in_the_place_of_what_was_before() -> None:
    stream = Stream(20, 6)
    stream.terminal.feed(b"$ composer up\r\n")
    screen = Sized(stream)
    screen.draw(lines("one", "two", "three"))
    screen.draw(lines("one", "2"))

    assert stream.terminal.lines == ["$ composer up", "one", "2"]
    assert stream.terminal.cursor == (3, 0)


def test_after_a_stop_it_is_drawn_below_what_the_shell_has_said() -> None:
    stream = Stream(20, 9)
    screen = Sized(stream)
    with resumed(screen.draw_anew):
        screen.draw(lines("one", "two"))
        stream.terminal.feed(b"^Z\r\nStopped\r\n$ fg\r\n")
        os.kill(os.getpid(), signal.SIGCONT)
        screen.draw(lines("one", "2"))
    screen.draw(lines("1", "2"))

    assert stream.terminal.lines == ["one", "two", "^Z", "Stopped", "$ fg", "1", "2"]
    assert signal.getsignal(signal.SIGCONT) == signal.SIG_DFL


def test_what_a_key_echoes_goes_with_the_next_frame() -> None:
    stream = Stream(20, 6)
    screen = Sized(stream)
    screen.draw(lines("one", "two"))
    stream.terminal.feed(b"^C")
    screen.draw(lines("one", "2"))

    assert stream.terminal.lines == ["one", "2"]
    assert stream.terminal.cursor == (2, 0)


def test_a_frame_is_one_write_of_what_is_different() -> None:
    stream = Stream(20, 6)
    screen = Sized(stream)
    screen.draw(lines("one", "two", "three"))
    screen.draw(lines("one", "two", "3"))

    assert len(stream.writes) == 2
    assert "one" not in stream.writes[1]
    assert stream.terminal.lines == ["one", "two", "3"]


def test_the_last_picture_may_be_longer_than_the_screen() -> None:
    stream = Stream(20, 4)
    screen = Sized(stream)
    screen.draw(lines("a", "b"))
    screen.draw(lines(*"abcdefgh"))

    assert stream.terminal.lines == ["f", "g", "h"]


@pytest.mark.parametrize("columns", [5, 7, 40])
def test_another_width_leaves_nothing_behind(columns: int) -> None:
    """Lines that are longer than the window now have wrapped."""
    stream = Stream(20, 8)
    screen = Sized(stream)
    screen.draw(lines("a" * 15, "b" * 15))
    stream.terminal.resize(columns)
    screen.draw(lines("c", "d"))

    assert stream.terminal.lines == ["c", "d"]


def test_no_mode_of_the_terminal_is_changed_and_the_cursor_stays_visible() -> None:
    stream = Stream(20, 4)
    screen = Sized(stream, colour=True)
    screen.draw(lines("a", "b"))
    screen.draw(lines("c"))

    assert "\033[?" not in "".join(stream.writes)
    assert all(text.count("\033[32m") == text.count("\033[0m") for text in stream.writes)


def test_without_colour_there_is_none() -> None:
    stream = Stream(20, 4)
    Sized(stream).draw(lines("a"))
    assert "\033[3" not in "".join(stream.writes)


def test_a_terminal_that_is_gone_is_no_error() -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(5, "Input/output error")

    screen = Screen(Gone(), colour=False)
    screen.draw(lines("a"))
    screen.draw(lines("b"))
    assert screen.gone
