"""YAML text becomes marked nodes."""

from __future__ import annotations

import string
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.errors import InvalidProject, Problem
from composer.loader import document
from composer.loader.document import Document, parse
from composer.loader.nodes import MarkedList, MarkedMap, mark_at
from composer.source import SourceFile, SourceMark
from support.problems import assert_problems, source


def load(text: str) -> Any:
    [found] = parse(source(text))
    return found.root


def problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(InvalidProject) as caught:
        parse(source(text))
    return caught.value.problems


def place(mark: SourceMark | None) -> tuple[int, int, int]:
    assert mark is not None
    return mark.line, mark.column, mark.width


# --- values and marks


def test_mappings_lists_and_scalars_become_python_values():
    assert load("a: {b: [1, two, 3.5, true, null, '5']}") == {
        "a": {"b": [1, "two", 3.5, True, None, "5"]}
    }


def test_every_value_and_key_knows_where_it_was_written():
    root = load(
        """
        services:
          web:
            ports:
              - "80:80"
              - 443
        """
    )
    assert place(root["services"].keys_at["web"]) == (2, 3, 3)
    ports = root["services"]["web"]["ports"]
    assert [place(mark) for mark in ports.items_at] == [(4, 9, 7), (5, 9, 3)]
    assert place(mark_at(root, ("services", "web", "ports", 1))) == (5, 9, 3)


def test_an_empty_value_is_marked_at_its_key():
    assert place(load("a:\nb: 1").values_at["a"]) == (1, 1, 1)


def test_a_written_null_is_marked_itself():
    assert place(load("a: null").values_at["a"]) == (1, 4, 4)


def test_a_collection_is_marked_to_the_end_of_its_first_line():
    root = load("a: [1, 2]\nb:\n  cc: 1\n  d: 2\ne: [1,\n 2]\nf: |\n  long\n")
    assert [place(root.values_at[key]) for key in "abef"] == [
        (1, 4, 6),
        (3, 3, 5),
        (5, 4, 3),
        (7, 4, 1),
    ]


def test_columns_count_characters_not_bytes():
    assert place(load("é: 日本").values_at["é"]) == (1, 4, 2)


def test_crlf_and_other_line_ends_keep_the_lines_right():
    for end in ("\r\n", "\r", "\u2028"):
        root = parse(SourceFile("c", f"a: 1{end}b:{end}  c: x{end}"))[0].root
        mark = root["b"].values_at["c"]
        assert place(mark) == (3, 6, 1)
        assert mark.file.line(3) == "  c: x"


def test_a_byte_order_mark_is_no_part_of_the_first_key():
    root = load("\ufeffa: 1")
    assert (dict(root), place(root.keys_at["a"])) == ({"a": 1}, (1, 1, 1))


def test_block_and_quoted_texts_keep_their_lines():
    assert load('a: |\n  x\n  y\nb: >-\n  x\n  y\nc: "x\\ny"\n') == {
        "a": "x\ny\n",
        "b": "x y",
        "c": "x\ny",
    }


def test_the_pure_parser_gives_the_same_marks(monkeypatch: pytest.MonkeyPatch):
    text = "a: &x {b: [1, 'é']}\nc:\n  - *x\n  - |\n    t\nd: !reset\n"

    def seen() -> list[Any]:
        root = parse(source(text))[0].root
        return [root, root.values_at, root["c"].items_at, root["a"].keys_at]

    def places(marks: Any) -> Any:
        values = marks.values() if isinstance(marks, dict) else marks
        return [place(mark) for mark in values]

    with_libyaml = seen()
    monkeypatch.setattr(document, "_LOADER", yaml.SafeLoader)
    pure = seen()
    assert pure[0] == with_libyaml[0]
    assert [places(marks) for marks in pure[1:]] == [places(marks) for marks in with_libyaml[1:]]


# --- documents


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n", "--- ~\n"])
def test_a_file_without_content_is_one_empty_document(text: str):
    assert parse(SourceFile("c", text)) == [Document(MarkedMap())]


def test_documents_come_in_order_and_know_the_anchors_of_earlier_ones():
    assert [found.root for found in parse(source("a: &x 1\n---\nb: *x\n"))] == [
        {"a": 1},
        {"b": 1},
    ]


@pytest.mark.parametrize(
    ("text", "kind"), [("- a", "a list"), ("5", "a number"), ("text", "a text")]
)
def test_the_top_level_must_be_a_mapping(text: str, kind: str):
    assert [problem.message for problem in problems(text)] == [
        f"the top level must be a mapping, not {kind}"
    ]


# --- keys


def test_a_duplicate_key_shows_both_places():
    assert_problems(
        problems("a:\n  b: 1\n  c: 2\n  b: 3\n"),
        """
        error: key 'b' is defined twice in one mapping
          --> compose.yaml:4:3
           |
         4 |   b: 3
           |   ^
        note: first defined here
          --> compose.yaml:2:3
           |
         2 |   b: 1
           |   ^
        """,
    )


def test_a_duplicate_of_a_key_under_reset_counts():
    assert len(problems("a: !reset\na: 1\n")) == 1


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("80", "not a number"),
        ("true", "but is read as true"),
        ("~", "but is read as null"),
        ("1.5", "not a number"),
        ("0x1F", "not a number"),
    ],
)
def test_a_key_that_is_no_text_is_refused(key: str, kind: str):
    [problem] = problems(f"a:\n  {key}: x\n")
    assert problem.message == f"key {key} must be a text, {kind}"
    assert problem.help == f"put it in quotes: '{key}'"
    assert place(problem.mark) == (2, 3, len(key))


@pytest.mark.parametrize("key", ["yes", "on", "n", "'80'", '"true"', "2001-01-01", "22:22"])
def test_a_key_that_looks_like_something_else_is_a_text(key: str):
    assert list(load(f"{key}: x")) == [key.strip("'\"")]


def test_a_port_with_a_space_is_told_from_a_number_as_a_key():
    assert problems("ports:\n  - 8080: 80\n")[0].help == (
        "for a port, leave out the space: 8080:80"
    )


def test_a_template_is_told_from_a_mapping_as_a_key():
    assert "if this is a template, fill it in" in str(problems("a: {{ b }}\n")[0].help)


def test_a_mapping_cannot_be_a_key():
    assert [p.message for p in problems("{a: b}: c")] == ["a key must be a text, not a mapping"]


def test_all_wrong_keys_are_reported_with_the_syntax_error_behind_them():
    assert [problem.message for problem in problems("a: 1\na: 2\n5: x\nb: @y\n")] == [
        "key 'a' is defined twice in one mapping",
        "key 5 must be a text, not a number",
        "a text cannot start with '@'",
    ]


# --- anchors, aliases, merge keys


def test_an_alias_is_a_copy():
    root = load("a: &x {l: [1]}\nb: *x\n")
    root["b"]["l"].append(2)
    assert root == {"a": {"l": [1]}, "b": {"l": [1, 2]}}
    assert isinstance(root["b"]["l"], MarkedList)


def test_an_aliased_text_is_marked_where_it_was_written():
    assert place(load("a: &x text\nb: *x\n").values_at["b"]) == (1, 4, 7)


def test_an_aliased_mapping_is_marked_where_it_is_used_and_its_values_where_they_are():
    root = load("a: &x {k: v}\nb: *x\n")
    assert (place(root.values_at["b"]), place(root["b"].values_at["k"])) == ((2, 4, 2), (1, 11, 1))


def test_explicit_keys_win_over_merged_ones_and_earlier_over_later():
    root = load(
        """
        one: &one {a: 1, b: 1, c: 1}
        two: &two {b: 2, c: 2, d: 2}
        all:
          <<: [*one, *two, {e: 3}]
          a: 0
        """
    )
    assert root["all"] == {"a": 0, "b": 1, "c": 1, "d": 2, "e": 3}
    assert place(root["all"].values_at["d"]) == (2, 27, 1)


def test_what_is_merged_is_a_copy():
    root = load("a: &x {l: [1]}\nb: {<<: *x}\nc: {<<: *x}\n")
    root["b"]["l"].append(2)
    assert (root["a"], root["c"]) == ({"l": [1]}, {"l": [1]})


def test_a_merge_key_in_quotes_is_an_ordinary_key():
    assert load("'<<': {a: 1}") == {"<<": {"a": 1}}


def test_two_merge_keys_are_a_duplicate():
    assert [p.message for p in problems("a: &x {}\nb:\n  <<: *x\n  <<: *x\n")] == [
        "key '<<' is defined twice in one mapping"
    ]


@pytest.mark.parametrize("value", ["5", "[1]", "text", "~"])
def test_only_mappings_can_be_merged(value: str):
    [problem] = problems(f"a:\n  <<: {value}\n")
    assert problem.message.startswith(
        ("'<<' must name a mapping, not ", "the list at '<<' must hold mappings, not ")
    )


def test_an_unknown_anchor_is_refused_with_the_nearest_one():
    [problem] = problems("x-env: &common {}\na: *comon\n")
    assert problem.message == "anchor 'comon' is not defined above"
    assert problem.help == "did you mean 'common'?"


def test_an_anchor_that_stands_further_down_is_found():
    [problem] = problems("a:\n  <<: *x\nb: &x {}\n")
    assert problem.help == "it stands below, in line 3: move it up"


def test_an_item_that_nobody_wrote_is_marked_at_its_dash():
    assert place(load("a:\n  -\n  - 1\n")["a"].items_at[0]) == (2, 3, 1)


def test_a_cycle_of_aliases_is_refused():
    [problem] = problems("a: &x\n  b: [*x]\n")
    assert problem.message == "alias 'x' stands inside the very value that it names"
    assert place(problem.mark) == (2, 7, 2)


def test_an_anchor_may_be_used_again_for_another_value():
    assert load("a: &x 1\nb: *x\nc: &x 2\nd: *x\n") == {"a": 1, "b": 1, "c": 2, "d": 2}


def test_an_alias_bomb_is_refused_quickly():
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    [problem] = problems("\n".join(lines))
    assert problem.message == "aliases make this file larger than 100000 values"


def test_a_large_file_without_aliases_is_fine():
    assert len(load("a: [" + "1, " * 100_001 + "]")["a"]) == 100_001


# --- depth


@pytest.mark.parametrize("opening", ["[", "{a: "])
def test_deep_nesting_is_refused(opening: str):
    [problem] = problems("a: " + opening * 5000)
    assert problem.message == "nested more than 100 levels deep"


def test_aliases_cannot_nest_deeper_either():
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 200)]
    assert [problem.message for problem in problems("\n".join(lines))] == [
        "nested more than 100 levels deep"
    ]


def test_ordinary_nesting_is_fine():
    assert load("a: " + "[" * 90 + "]" * 90)


# --- tags


def test_a_reset_value_is_dropped_and_its_path_remembered():
    [found] = parse(source("services:\n  web:\n    ports: !reset []\n    image: a\n"))
    assert found.root == {"services": {"web": {"image": "a"}}}
    assert found.resets == (("services", "web", "ports"),)


def test_an_override_is_kept_and_its_path_remembered():
    [found] = parse(source("services:\n  web:\n    ports: !override\n      - 80\n"))
    assert found.root == {"services": {"web": {"ports": [80]}}}
    assert found.overrides == (("services", "web", "ports"),)


def test_a_reset_item_removes_only_itself():
    [found] = parse(source("ports: [!reset 80, 81]"))
    assert (found.root, found.resets) == ({"ports": [81]}, ())
    assert len(found.root["ports"].items_at) == 1


def test_tags_below_a_reset_value_mean_nothing():
    [found] = parse(source("a: !reset {b: !override [], c: !reset 1}"))
    assert (found.resets, found.overrides) == ((("a",),), ())


def test_tags_come_along_with_an_alias():
    [found] = parse(source("x-a: &x {l: !override [1]}\na: *x\nb: {<<: *x}\n"))
    assert found.overrides == (("x-a", "l"), ("a", "l"), ("b", "l"))


def test_an_alias_of_what_is_tagged_is_tagged():
    [found] = parse(source("a: !reset &a 1\nb: *a\nc: !override &c [1]\nd: *c\ne: {<<: *a}\n"))
    assert found.root == {"c": [1], "d": [1], "e": {}}
    assert found.resets == (("a",), ("b",), ("e",))
    assert found.overrides == (("c",), ("d",))


def test_other_tags_make_texts_of_scalars():
    assert load("a: !custom 5\nb: !x {c: 1}\nc: ! 5") == {"a": "5", "b": {"c": 1}, "c": "5"}
    assert load("a: !override 05\nb: !custom null\nc: !override '~'") == {
        "a": "05",
        "b": "null",
        "c": "~",
    }


def test_null_under_override_is_none():
    assert load("a: !override null\nb: !override") == {"a": None, "b": None}


def test_tags_of_yaml_choose_the_type():
    text = (
        "a: !!str 5\nb: !!int '7'\nc: !!float 3\nd: !!bool 'true'\ne: !!null ~\nf: !!binary aGk=\n"
    )
    assert load(text) == {"a": "5", "b": 7, "c": 3, "d": True, "e": None, "f": "hi"}


@pytest.mark.parametrize("text", ["!!int x", "!!bool yes", "!!null x", "!!float a"])
def test_a_value_that_is_not_what_its_tag_says_is_refused(text: str):
    assert "is not what its tag" in problems(f"a: {text}")[0].message


def test_binary_that_is_no_base64_is_refused():
    assert [p.message for p in problems("a: !!binary '%%'")] == ["!!binary is not in base64"]


# --- it never breaks


PIECES = [*"ab01:-[]{}&*!|>'\"#%@,? \n\t~.\0", "<<: ", "\n  ", ": ", "- ", "*a", "&a "]
YAML_ISH = st.lists(st.sampled_from(PIECES) | st.characters(), max_size=40).map("".join)


@settings(max_examples=500, deadline=None)
@given(YAML_ISH)
def test_any_text_is_a_document_or_an_invalid_project(text: str):
    found: list[Document] = []
    reported: tuple[Problem, ...] = ()
    try:
        found = parse(SourceFile("c.yaml", text))
    except InvalidProject as error:
        reported = error.problems
    assert bool(found) != bool(reported)
    assert all(p.mark is None or min(p.mark[1:]) > 0 for p in reported)


PLAIN = st.text(alphabet=string.ascii_letters + string.digits + " :#'\"é\n", max_size=8)
TREES = st.dictionaries(
    PLAIN,
    st.recursive(
        PLAIN | st.integers(-(10**6), 10**6) | st.booleans() | st.none(),
        lambda below: st.lists(below, max_size=3) | st.dictionaries(PLAIN, below, max_size=3),
        max_leaves=10,
    ),
    max_size=4,
)


@settings(max_examples=200, deadline=None)
@given(TREES)
def test_what_is_dumped_is_read_back(tree: dict[str, Any]):
    text = yaml.safe_dump(tree, allow_unicode=True, default_style='"')
    root = parse(SourceFile("c.yaml", text))[0].root
    assert root == tree
    for key, mark in root.keys_at.items():
        assert key in root
        assert 1 <= mark.line <= text.count("\n") + 1
