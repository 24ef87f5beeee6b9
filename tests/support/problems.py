"""Problems are asserted as the text that the user sees."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import dedent

from composer.errors import Problem
from composer.render.problem import render_all
from composer.source import SourceFile


def source(text: str, name: str = "compose.yaml") -> SourceFile:
    """Return a file with `text`, which may be indented like the test around it."""
    return SourceFile(name, dedent(text).lstrip("\n"))


def assert_problems(problems: Iterable[Problem], expected: str) -> None:
    """Assert that `problems`, rendered, are the text `expected`; "" is no problem at all."""
    assert render_all(problems, colour=False) == dedent(expected).strip("\n").rstrip()
