"""A problem as the user sees it."""

from __future__ import annotations

import pytest

from composer.errors import Problem
from composer.render.problem import render, render_all
from composer.source import SourceFile, SourceMark
from support.problems import assert_problems

FILE = SourceFile("compose.yaml", "services:\n  web:\n    image: nginx:${TAG:?set the image tag}\n")


def at(line: int, column: int, width: int = 1, text: str | None = None) -> SourceMark:
    return SourceMark(SourceFile("c.yaml", text) if text is not None else FILE, line, column, width)


def test_the_span_is_underlined_in_its_line():
    problem = Problem(
        "required variable TAG is missing a value", at(3, 18, 25), help="set the image tag"
    )
    assert_problems(
        [problem],
        """
        error: required variable TAG is missing a value
          --> compose.yaml:3:18
           |
         3 |     image: nginx:${TAG:?set the image tag}
           |                  ^^^^^^^^^^^^^^^^^^^^^^^^^
           = help: set the image tag
        """,
    )


def test_without_a_mark_only_the_message_and_the_help_remain():
    assert render(Problem("no", help="try again")) == "error: no\n   = help: try again"


def test_a_warning_says_so():
    assert render(Problem("odd", severity="warning")) == "warning: odd"


def test_a_warning_with_a_name_shows_it():
    problem = Problem("odd", severity="warning", name="latest-tag")

    assert render(problem) == "warning[latest-tag]: odd"


def test_notes_are_snippets_of_their_own_in_one_gutter():
    text = "a: 1\n" * 10
    problem = Problem(
        "key 'a' is defined twice",
        at(10, 1, text=text),
        notes=(("first defined here", at(9, 1, text=text)),),
    )
    assert_problems(
        [problem],
        """
        error: key 'a' is defined twice
           --> c.yaml:10:1
            |
         10 | a: 1
            | ^
        note: first defined here
           --> c.yaml:9:1
            |
          9 | a: 1
            | ^
        """,
    )


def test_problems_are_separated_by_an_empty_line():
    assert render_all([Problem("a"), Problem("b")], colour=False) == "error: a\n\nerror: b"


def test_no_problems_are_no_text():
    assert render_all([], colour=True) == ""


def test_carets_align_below_tabs_and_wide_characters():
    shown = render(Problem("x", at(1, 4, 2, text="\t日é: x"))).splitlines()
    assert shown[3:] == [" 1 |     日é: x", "   |        ^^"]


def test_carets_are_as_wide_as_what_they_underline():
    assert render(Problem("x", at(1, 1, 2, text="日本: x"))).splitlines()[-1] == "   | ^^^^"


def test_a_long_line_is_cut_around_the_span():
    text = "x" * 300 + "SPAN" + "y" * 300
    shown = render(Problem("x", at(1, 301, 4, text=text))).splitlines()
    assert shown[3] == " 1 | …" + "x" * 30 + "SPAN" + "y" * 66 + "…"
    assert shown[4] == "   | " + " " * 31 + "^^^^"


def test_a_span_longer_than_the_screen_is_cut_too():
    shown = render(Problem("x", at(1, 1, 500, text="x" * 500))).splitlines()
    assert shown[3:] == [" 1 | " + "x" * 100 + "…", "   | " + "^" * 100]


def test_a_span_never_goes_past_the_end_of_its_line():
    assert render(Problem("x", at(1, 2, 50, text="abc"))).splitlines()[-1] == "   |  ^^"


def test_a_place_past_the_end_of_the_line_gets_one_caret():
    assert render(Problem("x", at(1, 4, text="abc"))).splitlines()[-1] == "   |    ^"


def test_a_place_without_a_line_is_named_without_a_snippet():
    assert render(Problem("x", at(7, 1, text="abc"))) == "error: x\n  --> c.yaml:7:1"


@pytest.mark.parametrize(
    ("character", "sign"),
    [("\x07", "␇"), ("\x00", "␀"), ("\x1b", "␛"), ("\x7f", "␡"), ("\u202e", "\\u202e")],
)
def test_control_characters_are_made_visible(character: str, sign: str):
    shown = render(Problem("x", at(1, 4, text=f"a: {character}b"))).splitlines()
    assert shown[3:] == [f" 1 | a: {sign}b", "   |    " + "^" * len(sign)]


def test_a_message_of_several_lines_becomes_one():
    assert render(Problem("set it\nor else\x1b[0m")) == "error: set it or else␛[0m"


def test_colours_change_nothing_but_the_codes():
    problem = Problem("x", at(3, 5, 5), help="y", notes=(("z", at(1, 1)),))
    coloured = render_all([problem], colour=True)
    assert "\033[1;31merror\033[0m" in coloured
    for code in ("1;31", "1;36", "1;34", "1", "0"):
        coloured = coloured.replace(f"\033[{code}m", "")
    assert coloured == render(problem)
