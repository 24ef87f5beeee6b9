"""The grammar of ${…}: observed on Docker Compose 2.40."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.loader.template import (
    InvalidExpression,
    MissingVariable,
    TemplateError,
    expand,
    expressions,
)

SHELL = {"SET": "value", "EMPTY": "", "OTHER": "$SET", "_x1": "under"}


def value(text: str) -> str:
    return expand(text, SHELL.get)


TABLE = [
    *(("$SET", "value"), ("${SET}", "value"), ("$NO", ""), ("${NO}", ""), ("${EMPTY}", "")),
    *(("${NO:-d}", "d"), ("${EMPTY:-d}", "d"), ("${SET:-d}", "value")),
    *(("${NO-d}", "d"), ("${EMPTY-d}", ""), ("${SET-d}", "value")),
    *(("${NO:+a}", ""), ("${EMPTY:+a}", ""), ("${SET:+a}", "a")),
    *(("${NO+a}", ""), ("${EMPTY+a}", "a"), ("${SET+a}", "a")),
    *(("${SET:?m}", "value"), ("${SET?m}", "value"), ("${EMPTY?m}", "")),
    *(("$_x1-", "under-"), ("$SET$SET", "valuevalue"), ("a${SET}b", "avalueb")),
]
LITERAL = [
    *(("$$", "$"), ("$$SET", "$SET"), ("$${SET}", "${SET}"), ("$$$SET", "$value")),
    *(("$$$$", "$$"), ("$1", "$1"), ("x$", "x$"), ("$-", "$-"), ("$(a)", "$(a)"), ("$é", "$é")),
    ("plain", "plain"),
    ("", ""),
]
NESTED = [
    *(("${NO:-${SET}}", "value"), ("${NO:-${NO:-${NO:-deep}}}", "deep")),
    *(("${SET:+${NO:-alt}}", "alt"), ("${NO:-a$SET-b}", "avalue-b"), ("${NO:-$$x}", "$x")),
    *(("${NO:-a}b}", "ab}"), ("${NO:-}}", "}"), ("${NO:-{a}}", "{a}"), ("${NO:-a{b}c}", "a{b}c")),
    *(("${NO:-a{b}c", "a{bc"), ('${NO:-{"a":1}}', '{"a":1}'), ("${NO:-a$$}}", "a$}")),
    *(("${NO:-a:?b}", "a:?b"), ("${NO-b:-c}", "b:-c"), ("${NO:-a\nb}", "a\nb")),
]


@pytest.mark.parametrize(("text", "expected"), TABLE + LITERAL + NESTED)
def test_it_becomes(text: str, expected: str):
    assert value(text) == expected


def test_a_value_is_not_expanded_again():
    assert value("${OTHER}") == "$SET"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${NO:?}", "required variable NO is missing a value"),
        ("${NO?}", "required variable NO is missing a value"),
        ("${NO?why}", "required variable NO is missing a value: why"),
        ("${EMPTY:?why}", "required variable EMPTY is missing a value: why"),
        ("${NO:?see $SET}", "required variable NO is missing a value: see value"),
    ],
)
def test_a_required_variable_that_is_missing_is_an_error(text: str, message: str):
    with pytest.raises(MissingVariable) as caught:
        value(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("${}", "names no variable"),
        ("${1}", "does not begin with a variable name"),
        ("${ A}", "does not begin with a variable name"),
        ("${é}", "does not begin with a variable name"),
        ("${SET:}", "has ':' after the name"),
        ("${SET:x}", "has ':' after the name"),
        ("${SET!x}", "has '!' after the name"),
        ("${HOMÉ:-x}", "has 'É' after the name"),
        ("${SET", "is not closed"),
        ("${NO:-a", "is not closed"),
        ("${", "is not closed"),
        ("${NO:-${1}}", "does not begin with a variable name"),
    ],
)
def test_what_does_not_follow_the_grammar_is_an_error(text: str, why: str):
    with pytest.raises(InvalidExpression) as caught:
        value(text)
    assert why in str(caught.value)


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("${A:=b}", "did you mean ${A:-b}?"),
        ("${A:b}", "did you mean ${A:-b}?"),
        ("${ A }", "did you mean ${A}?"),
        ("${A!}", "to write a literal $, double it: $$"),
        ("${A", "close it with }, or write $$ for a literal $"),
    ],
)
def test_a_wrong_expression_says_what_was_meant(text: str, help: str) -> None:
    with pytest.raises(InvalidExpression) as caught:
        expand(text, {}.get)

    assert caught.value.help == help


@pytest.mark.parametrize(
    "text", ["${SET:-${}}", "${SET-${NO?x}}", "${NO:+${NO:?x}}", "${EMPTY?${}}"]
)
def test_a_word_that_is_not_needed_is_not_looked_at(text: str):
    value(text)


def test_an_error_knows_the_place_of_the_expression_inside_others():
    text = "ab${NO:-c${NO-d$SET${NO:?x}}}"
    with pytest.raises(MissingVariable) as caught:
        value(text)
    error = caught.value
    assert error.expression == "${NO:?x}"
    assert text[error.start :].startswith(error.expression)


def test_unset_variables_are_told():
    told: list[str] = []
    expand("$A ${B} ${C:-${D}} ${E+x} ${EMPTY}", SHELL.get, lambda part: told.append(part.name))
    assert told == ["A", "B", "D"]


def test_nesting_has_an_end():
    deep = "${A:-" * 2000 + "}" * 2000
    with pytest.raises(InvalidExpression, match="nested too deeply"):
        value(deep)


def test_expressions_lists_what_a_text_uses_and_what_its_words_use():
    found = [(one.name, one.operator, one.word) for one in expressions("$A ${B:-x${C?m}} $$D ${}")]
    assert found == [("A", "", ""), ("B", ":-", "x${C?m}"), ("C", "?", "m")]


TEXTS = st.lists(
    st.sampled_from([*"$${}:-+?AB1 é\n", "${A", "${A:-", "${B?", "$$", "}"]) | st.characters()
).map("".join)


@settings(max_examples=500, deadline=None)
@given(TEXTS, st.dictionaries(st.sampled_from("AB"), st.text(max_size=3)))
def test_any_text_has_a_value_or_a_template_error(text: str, variables: dict[str, str]):
    try:
        expanded = expand(text, variables.get)
    except TemplateError as error:
        expanded = error.expression
        assert text.startswith(error.expression, error.start)  # noqa: PT017
    assert isinstance(expanded, str)


@given(st.text())
def test_a_text_with_every_dollar_doubled_is_itself(text: str):
    assert expand(text.replace("$", "$$"), {}.get) == text
