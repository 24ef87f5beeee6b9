from __future__ import annotations

import json
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


MIXED = """INFO: started
ERROR: it broke
  at line 3
{"level":"warn","msg":"hot","n":1}
done"""


def test_lines_are_found_by_a_pattern(up: World, out: Run) -> None:
    up.engine.say("demo-db-1", MIXED)

    assert out("logs", "--grep", "^(INFO|ERROR)", "db") == (
        "db-1  | INFO: started\ndb-1  | ERROR: it broke\n"
    )
    assert out("logs", "--no-log-prefix", "--grep", "(?i)READY|DONE") == "ready\ndone\n"


def test_lines_are_found_by_their_level_and_traces_go_with_them(up: World, out: Run) -> None:
    up.engine.say("demo-db-1", MIXED)

    def found(level: str) -> list[str]:
        return out("logs", "--no-log-prefix", "--level", level, "db").splitlines()

    assert found("error") == ["ERROR: it broke", "  at line 3"]
    assert found("warn") == MIXED.splitlines()[1:]
    assert found("debug") == MIXED.splitlines()


def test_the_last_lines_are_those_of_the_wanted(up: World, out: Run) -> None:
    up.engine.say("demo-db-1", MIXED)
    up.engine.say("demo-web-1", "ERROR: here too")

    assert out("logs", "-n", "1", "--level", "error") == (
        "db-1   |   at line 3\nweb-1  | ERROR: here too\n"
    )


def test_lines_are_objects_for_programs(up: World, out: Run) -> None:
    up.engine.say("demo-db-1", MIXED, "stderr")

    told = [json.loads(line) for line in out("logs", "--json", "db").splitlines()]

    assert [one["line"] for one in told] == MIXED.splitlines()
    assert told[3].pop("time").startswith("2026-01-01T")
    assert told[3] == {
        "service": "db",
        "container": "demo-db-1",
        "stream": "stderr",
        "level": "warning",
        "line": '{"level":"warn","msg":"hot","n":1}',
        "fields": {"level": "warn", "msg": "hot", "n": 1},
    }
    assert "level" not in told[4]


def test_services_that_are_not_attached_are_shown_when_named(up: World, out: Run) -> None:
    up.write(
        "services: {web: {image: nginx, attach: false}, db: {image: postgres}}", "compose.yaml"
    )
    up.engine.say("demo-db-1", "here")

    assert out("logs") == "db-1  | here\n"
    assert out("logs", "web") == "web-1  | ready\n"


def test_what_was_said_before_is_followed_in_the_order_of_time(up: World, out: Run) -> None:
    for container, text in (("db", "a"), ("web", "b"), ("db", "c")):
        up.engine.say(f"demo-{container}-1", text)
    up.engine.become("demo-web-1", exits=0)
    up.engine.become("demo-db-1", exits=3)

    assert out("logs", "-f") == ("web-1  | ready\ndb-1   | a\nweb-1  | b\ndb-1   | c\n")


def test_what_no_container_has_is_refused(
    up: World, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    for argv in (
        "nope",
        "--level loud",
        "--grep (",
        "--tail x",
        "--since yesterday",
        "--index 1",
        "--index 1 web db",
    ):
        assert up.run("logs", *argv.split()) == 1
    assert b"error: --since: 'yesterday' is no moment\n" in capfdbinary.readouterr().err
