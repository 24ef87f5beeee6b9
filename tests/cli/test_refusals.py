"""Flags that Docker Compose refuses together: exit code 1, before the engine is asked anything."""

from __future__ import annotations

import pytest

from composer.engine.port import Engine
from support.refused_lines import REFUSED
from support.session import World


@pytest.mark.parametrize("line", REFUSED)
def test_what_makes_no_sense_is_refused_before_the_engine_is_asked(
    demo: World, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    kinds = demo.session_type()

    def connect(session: object) -> Engine:
        raise AssertionError("the engine was asked")

    kinds.connect = connect  # type: ignore[method-assign,assignment]
    demo.session_type = lambda: kinds  # type: ignore[method-assign]

    assert demo.run(*line.split()) == 1
    captured = capsys.readouterr()
    assert "error" in captured.err
    assert captured.out == ""


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ({"COMPOSE_IGNORE_ORPHANS": "1"}, "up --remove-orphans"),
        ({"COMPOSE_IGNORE_ORPHANS": "1", "COMPOSE_REMOVE_ORPHANS": "1"}, "up -d"),
        ({"COMPOSE_PROGRESS": "loud"}, "up -d"),
        ({"COMPOSE_ANSI": "never", "COMPOSE_PROGRESS": "tty"}, "up -d"),
        ({"COMPOSE_PARALLEL_LIMIT": "x"}, "up -d"),
        ({"COMPOSE_PARALLEL_LIMIT": "x"}, "config -q"),
        ({"COMPOSE_PROGRESS": "loud"}, "config -q"),
    ],
)
def test_variables_are_refused_like_their_flags(
    demo: World, variables: dict[str, str], line: str
) -> None:
    for name, value in variables.items():
        demo.setenv(name, value)

    assert demo.run(*line.split()) == 1
    assert demo.states == {}
