"""A pattern that is compiled later is the pattern that was written."""

from __future__ import annotations

import re

import pytest

from composer.pattern import pattern

WORD = pattern(r"(?P<word>[a-z]+)", re.IGNORECASE)


def test_every_method_is_that_of_the_compiled_pattern() -> None:
    found = WORD.fullmatch("Web")

    assert found is not None
    assert found["word"] == "Web"
    assert WORD.findall("a 1 b") == ["a", "b"]
    assert WORD.sub("-", "a1b") == "-1-"
    assert WORD.pattern == r"(?P<word>[a-z]+)"


def test_it_is_compiled_once() -> None:
    words = pattern("[a-z]")

    assert words.match("a")
    assert words.match == words.match


def test_a_pattern_that_cannot_be_compiled_is_told_when_it_is_used() -> None:
    wrong = pattern("(")

    with pytest.raises(re.error):
        wrong.match("a")
