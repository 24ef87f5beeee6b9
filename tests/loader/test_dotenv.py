"""The grammar of .env files: observed on Docker Compose 2.40."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.errors import InvalidProject
from composer.loader.dotenv import parse, parse_raw
from composer.source import SourceFile
from support.problems import assert_problems

SHELL = {"HOME": "/root", "EMPTY": ""}


def read(text: str) -> dict[str, str]:
    return parse(SourceFile(".env", text), SHELL.get)


def raw(text: str) -> dict[str, str]:
    return parse_raw(SourceFile(".env", text), SHELL.get)


STATEMENTS = [
    *(("A=b", {"A": "b"}), ("A=", {"A": ""}), ("A=b=c", {"A": "b=c"}), ("A==b", {"A": "=b"})),
    *(("A: b", {"A": "b"}), ("A : b", {"A": "b"}), ("A = b", {"A": "b"}), ("A=\tb", {"A": "b"})),
    *(("export A=b", {"A": "b"}), ("export\tA=b", {"A": "b"}), ("exportA=b", {"exportA": "b"})),
    ("export=1", {"export": "1"}),
    *(("A\n", {}), ("HOME\n", {"HOME": "/root"}), ("export HOME", {"HOME": "/root"}), ("A", {})),
    *(("EMPTY\n", {"EMPTY": ""}), ("A=1\n  B=2\n\n# c\nC=3", {"A": "1", "B": "2", "C": "3"})),
    *(("A.b-c[0]=1", {"A.b-c[0]": "1"}), ("é=1", {"é": "1"}), ("1A=2", {"1A": "2"})),
    *(
        ("\ufeffA=1", {"A": "1"}),
        ("A=b\r\nC=d\r\n", {"A": "b", "C": "d"}),
        ("A\r\nB=1", {"B": "1"}),
    ),
    *(("", {}), ("# only", {}), ("A=1\nA=2", {"A": "2"})),
]
UNQUOTED = [
    *(("A=b # c", {"A": "b"}), ("A=b#c", {"A": "b#c"}), ("A=#c", {"A": "#c"})),
    *(
        ("A= # c", {"A": "# c"}),
        ("A=b  \nB=c", {"A": "b", "B": "c"}),
        ("A=b\t# c", {"A": "b\t# c"}),
    ),
    *(("A=it's", {"A": "it's"}), ('S=a"b"c', {"S": 'a"b"c'}), ("A=a\\nb", {"A": "a\\nb"})),
    *(("A=$HOME", {"A": "/root"}), ("A=$$HOME", {"A": "$HOME"}), ("A=${X:-d}", {"A": "d"})),
    *(("A=$(ls)", {"A": "$(ls)"}), ("A=`ls`", {"A": "`ls`"}), ("A=${X}", {"A": ""})),
]
QUOTED = [
    *(("A='x' # c", {"A": "x"}), ('A="x"#c', {"A": "x"}), ("A='#x'", {"A": "#x"})),
    *(("A=''", {"A": ""}), ('A=""', {"A": ""}), ("A='$HOME'", {"A": "$HOME"})),
    *(("A='it\\'s'", {"A": "it's"}), ("A='a\\nb'", {"A": "a\\nb"}), ("A='a\"b'", {"A": 'a"b'})),
    *(
        ('A="$HOME"', {"A": "/root"}),
        ('A="$$HOME"', {"A": "$HOME"}),
        ('A="\\$HOME"', {"A": "$HOME"}),
    ),
    *(('A="a\\"b"', {"A": 'a"b'}), ('A="a\\\\"', {"A": "a\\"}), ('A="a\\tb\\n"', {"A": "a\tb\n"})),
    *(('A="\\0101\\a\\b\\f\\r\\v"', {"A": "A\a\b\f\r\v"}), ('A="\\q\\x41"', {"A": "\\q\\x41"})),
    *(('A="\\000"', {"A": "\\00"}), ('A="\\0400"', {"A": "\\400"})),
    *(('A="two\nlines"', {"A": "two\nlines"}), ("A='two\n$lines'", {"A": "two\n$lines"})),
    *(('A="x" HOME', {"A": "x", "HOME": "/root"}), ('A="x"B=2', {"A": "x", "B": "2"})),
]


@pytest.mark.parametrize(("text", "values"), STATEMENTS + UNQUOTED + QUOTED)
def test_a_file_reads_as(text: str, values: dict[str, str]):
    assert read(text) == values


def test_the_shell_wins_over_earlier_lines_in_expressions_but_not_as_a_value():
    assert read("HOME=file\nREF=$HOME\nB=1\nC=${B}2") == {
        "HOME": "file",
        "REF": "/root",
        "B": "1",
        "C": "12",
    }


def test_earlier_files_are_asked_last():
    file = SourceFile(".env", "X=2\nA=$X\nB=$Y\nY\n")
    assert parse(file, SHELL.get, earlier={"X": "1", "Y": "3"}) == {
        "X": "2",
        "A": "2",
        "B": "3",
        "Y": "3",
    }


def test_an_error_points_at_its_place():
    with pytest.raises(InvalidProject) as caught:
        read("A=1\nB=x ${C:?set C}\n")
    assert_problems(
        caught.value.problems,
        """
        error: required variable C is missing a value: set C
          --> .env:2:5
           |
         2 | B=x ${C:?set C}
           |     ^^^^^^^^^^^
           = help: set C in the environment or in an earlier line
        """,
    )


ERRORS = [
    ("A B=c", "1:1", "variable name 'A B' contains a space"),
    ("\nA$=1", "2:2", "unexpected character '$' in variable name"),
    ("R='it''s'", "1:7", "unexpected text after the closing quote"),
    ('A="x";', "1:6", "unexpected text after the closing quote"),
    ("A;", "1:2", "unexpected character ';' in variable name"),
    ("=x", "1:1", "a variable has no name"),
    ("export \n", "1:8", "a variable has no name"),
    ('A=1\nB="x\nC=2', "2:3", "the quote that opens here is never closed"),
    ("B='x", "1:3", "the quote that opens here is never closed"),
    ("A=${X!}", "1:3", "invalid interpolation: '${X!}' has '!' after the name, where"),
    ('A="\\t${"', "1:6", "invalid interpolation: '${' is not closed"),
]


@pytest.mark.parametrize(("text", "place", "message"), ERRORS)
def test_an_error_is_located(text: str, place: str, message: str):
    with pytest.raises(InvalidProject) as caught:
        read(text)
    [problem] = caught.value.problems
    assert problem.message.startswith(message)
    assert str(problem.mark) == f".env:{place}"


RAW = [
    *(("A=1", {"A": "1"}), ("A='1'", {"A": "'1'"}), ("A=1 # c", {"A": "1 # c"})),
    *(("  A=1  ", {"A": "1  "}), ("\tA=$HOME", {"A": "$HOME"}), ("A=b=c", {"A": "b=c"})),
    *(("A", {}), ("HOME", {"HOME": "/root"}), ("# c\n #x\nA=$$x", {"A": "$$x"})),
    *(("A=1\r\nB=2\r\n", {"A": "1", "B": "2"}), ("\ufeffA=1", {"A": "1"}), ("A=", {"A": ""})),
]


@pytest.mark.parametrize(("text", "values"), RAW)
def test_a_raw_file_reads_as(text: str, values: dict[str, str]):
    assert raw(text) == values


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A=1\n=x", "this variable has no name"),
        ("A=1\nA B=1", "this variable has a space in its name 'A B'"),
        ("\nexport A=1", "this variable has a space in its name 'export A'"),
    ],
)
def test_an_error_in_a_raw_file_is_located(text: str, message: str):
    with pytest.raises(InvalidProject) as caught:
        raw(text)
    [problem] = caught.value.problems
    assert (problem.message, str(problem.mark)) == (message, ".env:2:1")


TEXTS = st.lists(st.sampled_from([*"AB=:'\"\\$#{} \n\t", "export ", "${", "A="]) | st.characters())


@settings(max_examples=500, deadline=None)
@given(TEXTS.map("".join))
def test_any_text_is_variables_or_an_invalid_project(text: str):
    for reader in (read, raw):
        try:
            values = reader(text)
        except InvalidProject as error:
            values = {}
            marks = [problem.mark for problem in error.problems]
            assert all(mark and min(mark[1:]) > 0 for mark in marks)
        assert all(key and isinstance(value, str) for key, value in values.items())


@given(st.text(alphabet=st.characters(blacklist_characters="\0\r", blacklist_categories=["Cs"])))
def test_a_quoted_value_is_literal(value: str):
    quoted = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    assert read(f'A="{quoted}"') == {"A": value}
