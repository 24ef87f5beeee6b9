"""YAML syntax errors say what to change."""

from __future__ import annotations

import pytest
import yaml

from composer.errors import InvalidProject, Problem
from composer.loader import document
from composer.source import SourceFile
from support.problems import assert_problems


def problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(InvalidProject) as caught:
        document.parse(SourceFile("compose.yaml", text))
    return caught.value.problems


def test_a_tab_is_named_and_pointed_at():
    assert_problems(
        problems("services:\n\tweb:\n"),
        """
        error: a tab is used as indentation
          --> compose.yaml:2:1
           |
         2 |     web:
           | ^^^^
           = help: use spaces
        """,
    )


def test_an_unclosed_quote_is_shown_where_it_opens():
    assert_problems(
        problems('a: 1\nb: "text\nc: 2\n'),
        """
        error: the quote that opens here is never closed
          --> compose.yaml:2:4
           |
         2 | b: "text
           |    ^
        """,
    )


def test_a_quote_that_takes_a_later_one_for_its_end_is_shown_where_it_opens():
    assert_problems(
        problems('a:\n  - "80:80\nb: sh -c "echo x"\n'),
        """
        error: unexpected text after the value
          --> compose.yaml:3:11
           |
         3 | b: sh -c "echo x"
           |           ^^^^
           = help: close the text that begins in line 2
        note: the " before it closes what opens here
          --> compose.yaml:2:5
           |
         2 |   - "80:80
           |     ^
        """,
    )


def test_a_list_that_is_not_closed_shows_both_ends():
    assert_problems(
        problems("a: [1, 2\nb: 3\n"),
        """
        error: the '[' that opens here is never closed
          --> compose.yaml:1:4
           |
         1 | a: [1, 2
           |    ^
           = help: end the list with ']'
        note: the list still goes on here
          --> compose.yaml:2:1
           |
         2 | b: 3
           | ^^
        """,
    )


CASES = [
    ("a: b\n\tc: d\n", "2:1", "a tab is used as indentation", "use spaces"),
    ("a:\n  - b\n\t- c\n", "3:1", "a tab is used as indentation", "use spaces"),
    ("a: >\n b\n\tc\n", "3:1", "a tab is used as indentation", "use spaces"),
    (
        "a:\n  b: 1\n c: 2\n",
        "3:2",
        "the indentation of this line fits no line",
        "by 2 or 0 spaces, not by 1",
    ),
    (
        "a:\n  b: 1\n   c: 2\n",
        "3:4",
        "this key is indented further than the one above",
        "by 2 spaces",
    ),
    (
        "web:\n  image: x\n    ports:\n",
        "3:5",
        "this key is indented further than the one above",
        "by 2 spaces",
    ),
    ("a: 1\nb\nc: d\n", "2:1", "a ':' is missing after this key", None),
    ("a: 1\nb:c\nc: d\n", "2:1", "a ':' is missing after this key", "put a space after"),
    ("key:value\nb: 1\n", "1:4", "a space is missing after this ':'", None),
    ("key\nb: 1\n", "1:1", "a ':' is missing after this key", None),
    ("a: b\n  c\n  d: e\n", "3:3", "a key is not allowed here", "check the indentation"),
    ("a: b: c", "1:5", "a second ': ' in one line", "put the value in quotes"),
    ("a: @x", "1:4", "a text cannot start with '@'", "put the text in quotes"),
    ("a: `x`", "1:4", "a text cannot start with '`'", "put the text in quotes"),
    ("a: %x", "1:4", "a text cannot start with '%'", "put the text in quotes"),
    ("a: {b: c\n", "1:4", "the '{' that opens here is never closed", "end the mapping with '}'"),
    ("a: [b}\n", "1:6", "'}' cannot close a list", "close it with ']'"),
    ("a: ['b' 'c']\n", "1:9", "a ',' or ']' is missing before this", None),
    ('a: ["b "c""]\n', "1:9", "a ',' or ']' is missing before this", 'write \\" for a quote'),
    ("a:\n  - b\n    c: d\n", "2:5", "a ':' is missing after this key", None),
    ("a: *\n", "1:4", "a text cannot start with '*'", "put the text in quotes"),
    ("a: &\n", "1:4", "a text cannot start with '&'", "put the text in quotes"),
    ("a: 1\n}\n", "2:1", "nothing is open that '}' could close", "remove it, or put"),
    ("a: 'it's'\n", "1:8", "unexpected text after the value", "write '' for a quote"),
    ('a: "b" c\n', "1:8", "unexpected text after the value", "one pair of quotes"),
    ("a:\n  - b\n  c: d\n", "3:3", "expected another item of the list", "begin every item"),
    ("a: b\n- c\n", "2:1", "an item of a list stands among the keys", "a key of its own"),
    ("a: |\n    b\n  c\n", "3:3", "this line is indented less than the text", "as its first"),
    ("a:\n<<<<<<< HEAD\n", "2:1", "a merge conflict of Git was left", "keep one side"),
    ("a: 1\n...\nfoo", "3:1", "text after the end of the document", "---"),
    ("a: x\x07", "1:5", "control character '\\x07' is not allowed", None),
    ("a: 1\nb: \ud800", "2:4", "control character '\\ud800' is not allowed", None),
]


@pytest.mark.parametrize("loader", [document._LOADER, yaml.SafeLoader], ids=["libyaml", "pure"])
@pytest.mark.parametrize(("text", "place", "message", "help"), CASES)
def test_a_syntax_error_says_what_to_change(
    monkeypatch: pytest.MonkeyPatch,
    loader: type,
    text: str,
    place: str,
    message: str,
    help: str | None,
):
    monkeypatch.setattr(document, "_LOADER", loader)
    [problem] = problems(text)
    assert problem.message.startswith(message)
    assert f"{problem.mark}".removeprefix("compose.yaml:") == place
    assert help in problem.help if help and problem.help else problem.help == help


def test_an_unknown_escape_offers_single_quotes():
    [problem] = problems('a: "C:\\quit"')
    assert problem.message == "unknown escape in a text in double quotes"
    assert problem.help == "double the backslash, or use single quotes"


def test_an_unusual_error_still_has_its_place():
    [problem] = problems("a: |x\n  b")
    assert (str(problem.mark), problem.message.startswith("invalid YAML: ")) == (
        "compose.yaml:1:5",
        True,
    )
