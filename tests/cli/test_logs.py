from __future__ import annotations

from collections.abc import Callable

import pytest

from support.session import World

Run = Callable[..., str]


@pytest.fixture
def up(demo: World, capfdbinary: pytest.CaptureFixture[bytes]) -> World:
    demo.run("up", "-d")
    capfdbinary.readouterr()
    return demo


@pytest.fixture
def out(up: World, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Run composer, which must succeed, and return what it prints."""

    def run(*argv: str) -> str:
        assert up.run(*argv) == 0
        return capfdbinary.readouterr().out.decode()

    return run


def test_lines_of_all_containers_come_in_the_order_of_time(up: World, out: Run) -> None:
    for container, text in (("db", "a"), ("web", "b"), ("db", "c")):
        up.engine.say(f"demo-{container}-1", text)

    assert out("logs").splitlines() == [
        "web-1  | ready",
        "db-1   | a",
        "web-1  | b",
        "db-1   | c",
    ]


def test_services_and_tails_narrow_the_lines(up: World, out: Run) -> None:
    up.engine.say("demo-web-1", "one\ntwo")

    assert out("logs", "--tail", "1", "web") == "web-1  | two\n"
    assert out("logs", "-n1", "web", "--no-log-prefix") == "two\n"
    assert out("logs", "--tail", "-1", "web").count("\n") == 3


def test_bytes_that_are_no_text_are_passed_on(
    up: World, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    from composer.model.events import LogLine

    up.engine.containers["demo-db-1"].output.append(
        LogLine("demo-db-1", b"\xff\x00", "stdout", "2026-01-01T00:00:00Z")
    )
    up.run("logs", "db")

    assert capfdbinary.readouterr().out == b"db-1  | \xff\x00\n"


def test_time_stamps_are_the_engines(up: World, out: Run) -> None:
    assert out("logs", "-t", "web").startswith("web-1  | 2026-")


def test_colours_belong_to_services(up: World, out: Run) -> None:
    up.engine.say("demo-db-1", "x")

    assert "\033[33mweb-1  | \033[0mready" in out("--ansi", "always", "logs")
    assert "\033[36mdb-1   | \033[0mx" in out("--ansi", "always", "logs")
    assert "\033" not in out("--ansi", "always", "logs", "--no-color")


def test_following_ends_when_all_containers_have_stopped(up: World, out: Run) -> None:
    up.engine.become("demo-web-1", exits=0)
    up.engine.become("demo-db-1", exits=0)

    assert out("logs", "-f") == "web-1  | ready\n"


def test_what_no_container_has_is_refused(
    up: World, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    for argv in ("nope", "--tail x", "--since yesterday", "--index 1", "--index 1 web db"):
        assert up.run("logs", *argv.split()) == 1
    assert b"error: --since: 'yesterday' is no moment\n" in capfdbinary.readouterr().err
