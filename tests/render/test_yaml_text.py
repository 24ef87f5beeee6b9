"""The expected texts are those of Docker Compose 2.40.3, unless a test says otherwise."""

from __future__ import annotations

import json
from datetime import date
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.errors import UsageError
from composer.render.yaml_text import to_json, to_yaml
from support.trees import plain, tree


def value(text: Any) -> str:
    """Return how one value is written after its key."""
    written = to_yaml({"k": text}, escape=False)
    assert written.startswith("k: ")
    assert written.endswith("\n")
    return written[3:-1]


@pytest.mark.parametrize(
    "text",
    [
        "a", "a b", "https://x:80/", "a,b", "a'b", "a&b", "a\\b", ".", "=", "<<", "-a", ":a",
        "?a", "a]", "NaN", "a#b", "8080:80", "é", "1.2.3", "2001-13-01", "/a/b", "\\", "a:b",
        "0o8", "node.role==worker",
    ],
)  # fmt: skip
def test_a_text_that_can_be_nothing_else_is_plain(text: str) -> None:
    assert value(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "", "80", "1.5", "0x1F", "0o7", "0b11", "0777", "08", "1_000", "1e3", "12e03", ".5", "1.",
        ".inf", "-.inf", ".nan", "+1", "null", "Null", "~", "true", "False", "yes", "No", "on",
        "OFF", "y", "N", "22:22", "1:30", "2001-01-01", "2001-01-01 10:00:00",
        "2001-01-01T10:00:00Z",
    ],
)  # fmt: skip
def test_a_text_that_some_reader_takes_for_something_else_is_quoted(text: str) -> None:
    assert value(text) == f'"{text}"'


@pytest.mark.parametrize(
    "text",
    [
        "a: b", "a:", "# c", "a #b", " x", "end ", "- a", "-", "---", "? a", "?", ": a", ":",
        "{a}", "[x", "}", "*x", "&a", "!t", "%x", "@x", "`x", "|", ">", '"d"', ",a",
    ],
)  # fmt: skip
def test_a_text_that_looks_like_yaml_is_quoted_once(text: str) -> None:
    assert value(text) == f"'{text}'"


def test_a_quote_is_doubled_between_quotes() -> None:
    assert value("'q'") == "'''q'''"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a\tb", '"a\\tb"'),
        ("\a", '"\\a"'),
        ("a\rb", '"a\\rb"'),
        ("a \nb", '"a \\nb"'),
        ("a\nb ", '"a\\nb "'),
        ("\x7f", '"\\x7F"'),
        ("\ufeff", '"\\uFEFF"'),
        ("😀", '"\\U0001F600"'),
    ],
)
def test_what_cannot_be_seen_is_escaped(text: str, written: str) -> None:
    assert value(text) == written


def test_a_line_separator_is_escaped() -> None:
    """Docker Compose writes it as it is, and what it writes cannot be read back."""
    assert value("é\u2028x\ny") == '"é\\Lx\\ny"'


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a\nb", "|-\n  a\n  b"),
        ("a\nb\n", "|\n  a\n  b"),
        ("a\n\n", "|+\n  a\n"),
        ("\n", "|2+\n"),
        ("\na", "|2-\n\n  a"),
        (" a\nb", "|2-\n   a\n  b"),
        ("a\n\nb", "|-\n  a\n\n  b"),
        ("#a\nb", "|-\n  #a\n  b"),
        ("\ta\nb", "|2-\n  \ta\n  b"),
    ],
)
def test_lines_are_a_block(text: str, written: str) -> None:
    assert value(text) == written


@pytest.mark.parametrize(
    ("given_value", "written"),
    [
        (None, "null"),
        (True, "true"),
        (5, "5"),
        (1.5, "1.5"),
        (2.0, "2"),
        (1e30, "1e+30"),
        (float("inf"), ".inf"),
        ([], "[]"),
        ({}, "{}"),
        (date(2001, 1, 1), "2001-01-01"),
    ],
)
def test_a_value_is_written(given_value: Any, written: str) -> None:
    assert value(given_value) == written


def test_items_stand_below_their_key() -> None:
    written = to_yaml(
        {
            "a": ["x", {"b": 1, "c": ["y"]}, {"d": {"e": None}}, ["p", ["q"]], [], "l\nm"],
            "y": {"n": 1},
        }
    )

    assert written == dedent(
        """\
        a:
          - x
          - b: 1
            c:
              - "y"
          - d:
              e: null
          - - p
            - - q
          - []
          - |-
            l
            m
        "y":
          "n": 1
        """
    )


def test_a_long_key_is_written_apart() -> None:
    key = "k" * 129

    assert to_yaml({key: {"a": 1, "b": 2}}) == f"? {key}\n: a: 1\n  b: 2\n"
    assert to_yaml({key: ["a", "b"]}) == f"? {key}\n: - a\n  - b\n"
    assert to_yaml({key: "a\nb"}) == f"? {key}\n: |-\n  a\n  b\n"
    assert to_yaml({key: []}) == f"? {key}\n: []\n"


def test_a_key_of_several_lines_is_written_apart() -> None:
    assert to_yaml({"a\rb": 1}) == '? "a\\rb"\n: 1\n'
    assert to_yaml({"a\nb": 1}) == "? |-\n  a\n  b\n: 1\n"


def test_dollars_are_doubled_so_that_the_output_can_be_read_again() -> None:
    assert to_yaml({"a": "$X"}) == "a: $$X\n"
    assert to_json({"a": "$X"}) == '{\n  "a": "$$X"\n}'


def test_dollars_that_were_never_interpolated_stay() -> None:
    assert to_yaml({"a": "$X"}, escape=False) == "a: $X\n"
    assert to_json({"a": "$X"}, escape=False) == '{\n  "a": "$X"\n}'


def test_an_empty_tree_is_a_document() -> None:
    assert to_yaml({}) == "{}\n"


def test_json_escapes_what_could_end_a_script() -> None:
    assert to_json({"a": "<é&>\u2028"}) == '{\n  "a": "\\u003cé\\u0026\\u003e\\u2028"\n}'


texts = st.text(st.characters(exclude_categories=["Cs"]))
keys = texts.filter(lambda text: text != "<<")  # bare, as Docker Compose prints it, it merges
trees = st.dictionaries(
    keys,
    st.recursive(
        texts | st.integers(-(2**63), 2**63 - 1) | st.booleans() | st.none(),
        lambda below: st.lists(below, max_size=3) | st.dictionaries(keys, below, max_size=3),
        max_leaves=8,
    ),
    min_size=1,
    max_size=3,
)


@settings(deadline=None)
@given(trees)
def test_what_is_written_is_read_back(written: dict[str, Any]) -> None:
    assert plain(tree(to_yaml(written, escape=False))) == written


@settings(deadline=None)
@given(trees)
def test_json_is_json(written: dict[str, Any]) -> None:
    assert json.loads(to_json(written, escape=False)) == written


def test_json_has_the_numbers_of_go() -> None:
    numbers = [1e-05, 1e-07, 1.5e-06, 1e16, 1.5e20, 1e21, -1e-05, 0.5]

    printed = to_json({"a": numbers, "b": 1e-05, "c": 'x": 1e-05'})

    assert [line.strip(" ,") for line in printed.splitlines()[2:-4]] == [
        "0.00001",
        "1e-7",
        "0.0000015",
        "10000000000000000",
        "150000000000000000000",
        "1e+21",
        "-0.00001",
        "0.5",
    ]
    assert '"b": 0.00001,' in printed
    assert json.loads(printed)["c"] == 'x": 1e-05'


@pytest.mark.parametrize("number", [float("inf"), float("nan")])
def test_json_has_no_word_for_what_is_no_number(number: float) -> None:
    with pytest.raises(UsageError, match="JSON has no word"):
        to_json({"x-a": [number]})
