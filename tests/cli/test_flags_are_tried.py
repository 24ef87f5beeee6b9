"""Flags that scripts use are tried on a real engine: each stands in a test that has one.

What counts is a file of tests in which the command and the flag stand, so this finds what
was forgotten, and proves nothing of what was not.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from support.command_table import facts, flags_of

TESTS = Path(__file__).parent.parent
WITHOUT_ENGINE = {"", "config", "convert", "version"}
"""Commands, and what stands before them, for which tests without an engine will do."""


@cache
def _words(*, engine: bool) -> tuple[frozenset[str], ...]:
    """Return the words in the strings of each file of tests, of those with an engine only."""
    found = []
    for path in sorted(TESTS.rglob("test_*.py")):
        text = path.read_text()
        if path == Path(__file__) or (engine and not re.search(r"mark\.(docker|parity)", text)):
            continue
        strings = (
            node.value
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        )
        found.append(frozenset(word for string in strings for word in string.split()))
    return tuple(found)


def _is(word: str, flag: str, letter: str) -> bool:
    if word.startswith("--"):
        return word.partition("=")[0] == f"--{flag}"
    return bool(letter) and re.fullmatch(rf"-[A-Za-z]*{letter}\S*", word) is not None


@pytest.mark.parametrize("command", facts())
def test_each_flag_that_scripts_use_is_tried(command: str) -> None:
    last = command.split()[-1] if command else ""
    files = [
        words for words in _words(engine=command not in WITHOUT_ENGINE) if not last or last in words
    ]

    forgotten = {
        flag
        for flag, fact in flags_of(command).items()
        if fact["use"] in ("core", "common") and not fact.get("hidden")
        if not any(_is(word, flag, fact.get("short", "")) for words in files for word in words)
    }

    assert forgotten == set()
