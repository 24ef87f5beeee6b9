"""--index: one wording, whatever the command, for a replica that is not there."""

from __future__ import annotations

import pytest

from support.session import World


@pytest.mark.parametrize(
    "line",
    [
        "attach --index 9 db",
        "commit --index 9 db image",
        "cp --index 9 db:/etc/hosts .",
        "exec --index 9 db true",
        "export --index 9 db",
        "logs --index 9 db",
        "port --index 9 db 80",
    ],
)
def test_a_replica_that_is_not_there_is_told_with_those_that_are(
    demo: World, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    assert demo.run("up", "-d", "--scale", "db=2") == 0
    capsys.readouterr()

    assert demo.run(*line.split()) == 1
    assert capsys.readouterr().err == (
        "error: service 'db' has no container #9\n   = help: it has #1, #2\n"
    )


def test_a_replica_that_stands_still_has_no_ports(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.run("up", "-d") == 0
    demo.engine.become("demo-web-1", exits=0)
    capsys.readouterr()

    assert demo.run("port", "--index", "1", "web", "80") == 1
    assert capsys.readouterr().err == "error: service 'web' is not running container #1\n"
