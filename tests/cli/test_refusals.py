"""Flags that Docker Compose refuses together: exit code 1, before the engine is asked anything."""

from __future__ import annotations

import pytest

from composer.engine.port import Engine
from support.session import World

DETACHED = ("-d", "--wait")
ATTACHED = (
    *("--abort-on-container-exit", "--abort-on-container-failure", "--attach web"),
    *("--attach-dependencies", "--watch", "--exit-code-from web"),
)

TABLE = [
    "up --build --no-build",
    "create --build --no-build",
    "up --force-recreate --no-recreate",
    "create --force-recreate --no-recreate",
    "up --no-recreate --renew-anon-volumes",
    "up --no-recreate -V",
    "up --always-recreate-deps --no-recreate",
    *(f"up {first} {second}" for first in DETACHED for second in ATTACHED),
    "up --abort-on-container-exit --abort-on-container-failure",
    "up --no-build --watch",
    "up --attach web --attach-dependencies",
    "up --wait-timeout -1",
    "up --wait-timeout=-1",
    "up --pull sometimes",
    "up --scale web",
    "up --scale web=x",
    "up --scale nosuch=2",
    "up --timeout=",
    "up nosuch",
    "run --service-ports --publish 1:1 web",
    "run --tty --no-tty web",
    "exec --tty --no-tty web ls",
    "exec web",
    "exec",
    "down --rmi some",
    "scale",
    "scale web",
    "scale web=x",
    "scale nosuch=1",
    "ps --all=maybe",
    "ps --filter name=x",
    "logs --tail x",
    "config --format xml",
    "config --hash nosuch",
    "version x",
    "--ansi never --progress tty ps",
    "--ansi always --progress plain ps",
    "--progress loud ps",
    "--no-ansi --ansi always ps",
    "--workdir . --project-directory . ps",
    "--parallel x ps",
    "-p UPPER ps",
    "nosuch",
    "up --nosuch",
    "ps -z",
    "logs -n",
]


@pytest.mark.parametrize("line", TABLE)
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
    ],
)
def test_variables_are_refused_like_their_flags(
    demo: World, variables: dict[str, str], line: str
) -> None:
    for name, value in variables.items():
        demo.setenv(name, value)

    assert demo.run(*line.split()) == 1
    assert demo.states == {}
