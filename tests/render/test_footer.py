"""A line below everything else, on a terminal that an emulator plays."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from composer.render.console import Console
from composer.render.footer import Footer
from support.terminal import Emulator


class Screen(io.TextIOWrapper):
    """A stream to a terminal of 20 columns."""

    def __init__(self) -> None:
        self._written = io.BytesIO()
        super().__init__(self._written, write_through=True)

    def isatty(self) -> bool:
        return True

    @property
    def lines(self) -> list[str]:
        emulator = Emulator(80, 10)
        emulator.feed(self._written.getvalue().replace(b"\n", b"\r\n"))
        return emulator.lines


@pytest.fixture
def screen() -> Iterator[Screen]:
    with Screen() as screen:
        yield screen


@pytest.fixture
def footer(screen: Screen) -> Footer:
    return Footer(Console(out=screen, err=screen))


def test_what_is_written_stands_above_it(footer: Footer, screen: Screen) -> None:
    footer.console.say("before")
    footer.show("keys")
    footer.console.say("one")
    footer.console.print_now("two")
    footer.console.write(b"three\n")
    assert screen.lines == ["before", "one", "two", "three", "keys"]


def test_it_may_change_and_go(footer: Footer, screen: Screen) -> None:
    footer.show("some long keys")
    footer.show("keys")
    assert screen.lines == ["keys"]
    footer.console.say("one")
    footer.hide()
    assert screen.lines == ["one"]


def test_it_does_not_cut_a_line_that_is_not_ended(footer: Footer, screen: Screen) -> None:
    footer.show("keys")
    footer.console.out.write("half ")
    footer.console.out.write("and half\n")
    assert screen.lines == ["half and half", "keys"]


def test_it_never_wraps(footer: Footer, screen: Screen) -> None:
    footer.show("x" * 200)
    footer.console.say("one")
    assert screen.lines == ["one", "x" * 79]


def test_what_goes_elsewhere_does_not_touch_it() -> None:
    out = io.StringIO()
    with Screen() as screen:
        footer = Footer(Console(out=out, err=screen))
        footer.show("keys")
        footer.console.print("data")
        assert (out.getvalue(), screen.lines) == ("data\n", ["keys"])
