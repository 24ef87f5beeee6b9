"""Values are interpolated and converted; problems point into the user's text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from composer.errors import Problem
from composer.loader.document import parse
from composer.loader.interpolate import _CASTS, Variable, interpolate, variables
from composer.loader.nodes import MarkedMap
from support.problems import assert_problems, source

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "schemas" / "compose.schema.json").read_text(encoding="utf-8")
)


def load(text: str) -> MarkedMap:
    return parse(source(text))[0].root


def problems(text: str, **environment: str) -> list[Problem]:
    return interpolate(load(text), environment)[1]


def place(problem: Problem) -> tuple[int, int, int]:
    assert problem.mark is not None
    return problem.mark.line, problem.mark.column, problem.mark.width


def test_values_are_replaced_at_every_depth_and_keys_never():
    root = load("$K: [a$V, {b: '${V}'}]\nx-e: $V\nn: 5\n")
    assert interpolate(root, {"V": "1", "K": "k"}) == (
        {"$K": ["a1", {"b": "1"}], "x-e": "1", "n": 5},
        [],
    )


def test_a_value_stays_a_text_where_nothing_else_is_wanted():
    assert interpolate(load("a: ${V}"), {"V": "5"})[0] == {"a": "5"}


def test_what_was_written_is_not_changed_and_marks_are_kept():
    root = load("a: {b: [$V]}\nc: {d: 1}\n")
    new, _ = interpolate(root, {"V": "1"})
    assert (root["a"]["b"], new["a"]["b"]) == (["$V"], ["1"])
    assert new["a"]["b"].items_at == root["a"]["b"].items_at
    assert new["a"].values_at == root["a"].values_at
    assert new["c"] is root["c"]


# --- problems


def test_a_missing_required_variable_is_located_and_says_how_to_set_it():
    assert_problems(
        problems("services:\n  web:\n    image: nginx:${TAG:?which one}\n"),
        """
        error: required variable TAG is missing a value: which one
          --> compose.yaml:3:18
           |
         3 |     image: nginx:${TAG:?which one}
           |                  ^^^^^^^^^^^^^^^^^
           = help: set TAG in the environment or in .env
        """,
    )


def test_an_unset_variable_is_a_warning():
    assert_problems(
        problems("image: nginx:$TAG\n"),
        """
        warning[unset-variable]: variable 'TAG' is not set, a blank string is used
          --> compose.yaml:1:14
           |
         1 | image: nginx:$TAG
           |              ^^^^
           = help: set it, or give it a default: ${TAG:-}
        """,
    )


def test_a_variable_is_warned_about_once_a_file():
    assert [place(problem) for problem in problems("a: $A\nb: $A$B\n")] == [(1, 4, 2), (2, 6, 2)]


def test_an_empty_variable_or_a_default_is_no_warning():
    assert problems("a: $A ${B:-} ${C-} ${D:+x}\n", A="") == []


def test_all_errors_are_collected_and_their_values_stay():
    root, found = interpolate(load("a: ${A?}\nb: ${1}\nc: ${C:-x}\n"), {})
    assert [problem.message for problem in found] == [
        "required variable A is missing a value",
        "invalid interpolation: '${1}' does not begin with a variable name",
    ]
    assert root == {"a": "${A?}", "b": "${1}", "c": "x"}


def test_all_required_variables_of_a_text_are_told_at_once():
    found = problems("a: ${USER:?who}:${HOST?}@${USER:?who}/${SET?}\n", SET="x")
    assert [problem.message for problem in found] == [
        "required variable USER is missing a value: who",
        "required variable HOST is missing a value",
    ]


def test_a_wrong_expression_tells_how_to_write_a_dollar():
    [problem] = problems("a: ${}\n")
    assert problem.help == "to write a literal $, double it: $$"


def test_an_error_in_an_aliased_value_is_reported_once():
    assert [place(problem) for problem in problems("a: &x {b: '${A?}'}\nc: *x\n")] == [(1, 12, 5)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: x${A?}\n", (1, 5, 5)),
        ("a: 'x${A?}'\n", (1, 6, 5)),
        ('a: "x${A?}"\n', (1, 6, 5)),
        ('a: "\\t${A?}"\n', (1, 7, 5)),
        ("a: 'it''s ${A?}'\n", (1, 11, 5)),
        ("a: |\n  one\n  two ${A?}\n", (3, 7, 5)),
        ("a: >-\n  one\n\n  two ${A?}\n", (4, 7, 5)),
        ("a: x\n  y ${A?}\n", (2, 5, 5)),
        ('a: "${B:-${A?}}"\n', (1, 10, 5)),
        ("a: ${A-x} ${A-x} ${A?}\n", (1, 18, 5)),
        ("a: '${A-''} ${A?}'\n", (1, 13, 5)),
        ('a: "x $\\x7bA?}"\n', (1, 4, 12)),
        ("a: &x ${A?}\n", (1, 7, 5)),
        ("[{é: '${A?}'}]\n", (1, 7, 5)),
    ],
)
def test_an_expression_is_found_in_every_style_of_text(text: str, expected: tuple[int, int, int]):
    [problem] = problems(f"k: {text}" if text.startswith("[") else text)
    line, column, width = place(problem)
    assert (line, column - 3 * text.startswith("["), width) == expected


def test_the_second_of_two_equal_expressions_is_found():
    text = "a: |\n  ${A-}\n  ${B?}${A-}\n  $B ${B?}\n"
    assert [place(problem) for problem in problems(text)] == [(3, 3, 5)]
    quoted = 'a: "\\x20$X $X ${X?}"\n'
    assert [place(problem) for problem in problems(quoted)] == [(1, 9, 2), (1, 15, 5)]


def test_an_escaped_dollar_is_not_taken_for_the_expression():
    assert [place(problem) for problem in problems('a: "\\t$$A $A"\n')] == [(1, 11, 2)]


def test_an_expression_hidden_by_escapes_is_not_looked_for_in_other_values():
    text = 'a: "$\\x7bA?}"\nb: "$${A?}"\n'
    assert [place(problem) for problem in problems(text)] == [(1, 4, 10)]


# --- casts


CASTS = [
    ("services: {s: {scale: '$N'}}", 3),
    ("services: {s: {cpus: '$N'}}", 3.0),
    ("services: {s: {ports: [{target: '$N'}]}}", 3),
    ("services: {s: {ulimits: {nofile: '$N'}}}", 3),
    ("services: {s: {ulimits: {nofile: {soft: '$N'}}}}", 3),
    ("services: {s: {deploy: {update_config: {max_failure_ratio: '$N'}}}}", 3.0),
    ("services: {s: {tty: '$T'}}", True),
    ("services: {s: {depends_on: {d: {required: '$T'}}}}", True),
    ("services: {s: {volumes: [{volume: {nocopy: '$T'}}]}}", True),
    ("networks: {n: {internal: '$T'}}", True),
    ("volumes: {n: {external: '$T'}}", True),
    ("services: {s: {image: '$N'}}", "3"),
    ("services: {s: {environment: {scale: '$N'}}}", "3"),
    ("services: {s: {build: {privileged: '$T'}}}", "True"),
    ("x-services: {s: {scale: '$N'}}", "3"),
]


def leaf(node: Any) -> Any:
    while isinstance(node, (dict, list)):
        [node] = node.values() if isinstance(node, dict) else node
    return node


@pytest.mark.parametrize(("text", "expected"), CASTS)
def test_a_text_is_converted_where_a_number_or_a_boolean_belongs(text: str, expected: object):
    root, found = interpolate(load(text), {"N": "3", "T": "True"})
    assert found == []
    assert (leaf(root), type(leaf(root))) == (expected, type(expected))


def test_a_text_without_variables_is_converted_too():
    assert interpolate(load("services: {s: {scale: '2', tty: 'FALSE'}}"), {})[0] == {
        "services": {"s": {"scale": 2, "tty": False}}
    }


@pytest.mark.parametrize(
    ("word", "value"), [("yes", True), ("Y", True), ("on", True), ("no", False), ("OFF", False)]
)
def test_other_words_for_true_and_false_are_taken_with_a_warning(word: str, value: bool):
    root, [problem] = interpolate(load(f"services: {{s: {{tty: {word}}}}}"), {})
    assert root["services"]["s"]["tty"] is value
    assert problem.message == f"{word!r} is read as {str(value).lower()}"
    assert problem.severity == "warning"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("scale: two", "'scale' of service 's' must be a whole number, not 'two'"),
        ("scale: '1.5'", "'scale' of service 's' must be a whole number, not '1.5'"),
        (
            "scale: ${N:-x}",
            "'scale' of service 's' must be a whole number, but '${N:-x}' becomes 'x'",
        ),
        ("scale: ''", "'scale' of service 's' must be a whole number, not ''"),
        ("cpus: '1_000'", "'cpus' of service 's' must be a number, not '1_000'"),
        ("cpus: 'nan'", "'cpus' of service 's' must be a number, not 'nan'"),
        ("tty: maybe", "'tty' of service 's' must be true or false, not 'maybe'"),
        ("tty: '1'", "'tty' of service 's' must be true or false, not '1'"),
        (
            f"scale: '{'9' * 5000}'",
            f"'scale' of service 's' must be a whole number, not '{'9' * 5000}'",
        ),
    ],
)
def test_a_text_that_cannot_be_converted_is_an_error(text: str, message: str):
    assert [problem.message for problem in problems(f"services:\n  s:\n    {text}\n")] == [message]


def cast_places(schema: dict[str, Any], path: tuple[str | int, ...]) -> Iterator[tuple[Any, str]]:
    """Yield every place below `path` whose schema says that interpolation converts it."""
    reference = schema.get("$ref", "").removeprefix("#/$defs/")
    if reference.startswith("cast_"):
        yield path, reference
        return
    if len(path) > 9:
        return
    if reference:
        target: Any = SCHEMA["$defs"]
        for key in reference.split("/"):
            target = target[key]
        yield from cast_places(target, path)
    for key, below in schema.get("properties", {}).items():
        yield from cast_places(below, (*path, key))
    for keyword, key in (("additionalProperties", "any"), ("items", 0)):
        if isinstance(schema.get(keyword), dict):
            yield from cast_places(schema[keyword], (*path, key))


def test_every_place_that_the_schema_calls_a_cast_is_converted():
    names = {
        "cast_integer": "a whole number",
        "cast_number": "a number",
        "cast_boolean": "true or false",
    }
    places = list(cast_places(SCHEMA, ()))
    wrong = {
        path: kind
        for path, kind in places
        if (cast := _CASTS.at(path)) is None or cast.wanted != names[kind]
    }
    assert wrong == {}
    assert len(places) > 60


# --- variables


def test_variables_lists_name_required_default_and_alternate():
    root = load("a: $B ${A:?m} ${B:-one}\nc: ['${D+yes}', '${E:-${F}}']\nx: ${B:-two}\n")
    assert variables(root) == (
        Variable("A", required=True),
        Variable("B", default="one"),
        Variable("D", alternate="yes"),
        Variable("E", default="${F}"),
        Variable("F"),
    )
