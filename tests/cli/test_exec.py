from __future__ import annotations

import os

import pytest

from support.session import World


@pytest.fixture
def up(demo: World, capfdbinary: pytest.CaptureFixture[bytes]) -> World:
    demo.run("up", "-d")
    capfdbinary.readouterr()
    return demo


def test_the_exit_code_is_that_of_the_command(
    up: World, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert up.run("exec", "web", "sh", "-c", "echo hi; echo no >&2; exit 3") == 3
    assert capfdbinary.readouterr() == (b"hi\n", b"no\n")


def test_flags_end_at_the_service(up: World, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert up.run("exec", "-T", "-e", "WHO=me", "web", "sh", "-c", "echo $WHO") == 0
    assert capfdbinary.readouterr().out == b"me\n"


def test_a_variable_without_a_value_takes_the_shells(
    up: World, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    up.setenv("WHO", "shell")
    up.run("exec", "-e", "WHO", "web", "sh", "-c", "echo $WHO")

    assert capfdbinary.readouterr().out == b"shell\n"


def test_input_and_its_end_reach_the_command(
    up: World, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, sink = os.pipe()
    os.write(sink, b"some input")
    os.close(sink)
    with os.fdopen(source) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        assert up.run("exec", "web", "cat") == 0
    assert capfdbinary.readouterr().out == b"some input"


def test_a_command_without_input_ends_although_nobody_types(
    up: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, sink = os.pipe()
    with os.fdopen(source) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        assert up.run("exec", "web", "true") == 0
    os.close(sink)


def test_without_any_stdin_the_command_sees_its_end(
    up: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", None)

    assert up.run("exec", "-T", "web", "cat") == 0


def test_a_detached_command_returns_at_once(
    up: World, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert up.run("exec", "-d", "web", "sh", "-c", "echo hi; exit 3") == 0
    assert capfdbinary.readouterr().out == b""


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ("nope ls", "no such service: nope"),
        ("db ls", "service 'db' is not running"),
        ("web", "COMMAND is missing"),
        ("", "SERVICE is missing"),
        ("-t -T web ls", "--tty and --no-tty cannot be combined"),
    ],
)
def test_what_cannot_run_is_refused(
    up: World, capfdbinary: pytest.CaptureFixture[bytes], argv: str, message: str
) -> None:
    up.engine.become("demo-db-1", exits=0)

    assert up.run("exec", *argv.split()) == 1
    assert capfdbinary.readouterr().err.decode().startswith(f"error: {message}\n")
