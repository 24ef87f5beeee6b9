"""`events` and `wait`: what happens to containers, and their end."""

from __future__ import annotations

import json

import pytest

from composer.model.observed import ObservedContainer
from support.session import World


@pytest.fixture
def up(demo: World, capfdbinary: pytest.CaptureFixture[bytes]) -> World:
    demo.run("up", "-d")
    capfdbinary.readouterr()
    return demo


FUTURE = "2030-01-01T00:00:00Z"
PAST = "2020-01-01T00:00:00Z"


def test_events_are_told_as_docker_compose_tells_them(
    up: World, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    id = up.engine.containers["demo-db-1"].id

    assert up.run("events", "--since", PAST, "--until", FUTURE, "db") == 0

    blocks = capfdbinary.readouterr().out.decode().split("\n\n")
    actions = [block.split(" ")[3] for block in blocks[:-1]]
    assert actions == ["create", "start"]
    assert blocks[-1] == ""
    assert f" container create {id} (" in blocks[0]
    assert blocks[0].startswith("2026-01-01 00:00:")
    assert "com.docker.compose." not in blocks[0]


def test_events_are_objects_for_programs(
    up: World, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    up.engine.become("demo-web-1", exits=3)
    capfdbinary.readouterr()

    assert up.run("events", "--json", "--since", PAST, "--until", FUTURE, "web") == 0

    last = capfdbinary.readouterr().out.decode().splitlines()[-1]
    told = json.loads(last)
    assert list(told) == ["action", "attributes", "id", "service", "time", "type"]
    assert (told["action"], told["service"], told["type"]) == ("die", "web", "container")
    assert last == json.dumps(told, separators=(",", ":"))


def test_with_an_end_alone_events_are_all_that_were(
    up: World, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert up.run("events", "--until", FUTURE, "db") == 0
    assert capfdbinary.readouterr().out.count(b" container ") == 2


def test_events_of_nobody_are_refused(up: World) -> None:
    assert up.run("events", "nobody") == 1
    assert up.run("events", "--since", "yesterday") == 1


def end_once_seen(world: World, monkeypatch: pytest.MonkeyPatch, **codes: int) -> None:
    """Let containers end as soon as somebody has found them running."""
    look = world.engine.project_containers

    def seen(project: str) -> tuple[ObservedContainer, ...]:
        found = look(project)
        for service, code in codes.items():
            if world.states.get(f"demo-{service}-1") == "running":
                world.engine.become(f"demo-{service}-1", exits=code)
        return found

    monkeypatch.setattr(world.engine, "project_containers", seen)


def test_wait_returns_the_code_of_who_stops_last(
    up: World, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    db, web = (up.engine.containers[f"demo-{name}-1"].id for name in ("db", "web"))
    end_once_seen(up, monkeypatch, web=7, db=5)

    assert up.run("wait", "db", "web") == 5
    assert capfdbinary.readouterr().out.decode() == (
        f'container "{web}" exited with status code 7\ncontainer "{db}" exited with status code 5\n'
    )


def test_nobody_to_wait_for_is_an_error(
    up: World, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    up.engine.become("demo-db-1", exits=0)

    assert up.run("wait", "db") == 1
    assert up.run("wait") == 1
    assert up.run("wait", "nobody") == 1
    assert b"no containers for project 'demo'" in capfdbinary.readouterr().err


def test_the_project_goes_down_afterwards_when_asked_for(
    up: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_once_seen(up, monkeypatch, db=4)

    assert up.run("wait", "--down-project", "db") == 4
    assert up.states == {}
    assert "demo_data" in up.engine.volumes


def test_a_command_of_run_is_waited_for_as_well(
    up: World, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    up.run("run", "-d", "web", "sleep", "9")
    (oneoff,) = set(up.states) - {"demo-web-1", "demo-db-1"}
    capfdbinary.readouterr()
    end_once_seen(up, monkeypatch, web=7)
    look = up.engine.project_containers

    def seen(project: str) -> tuple[ObservedContainer, ...]:
        found = look(project)
        if up.states.get(oneoff) == "running":
            up.engine.become(oneoff, exits=6)
        return found

    monkeypatch.setattr(up.engine, "project_containers", seen)

    assert up.run("wait", "web") == 6
    assert capfdbinary.readouterr().out.count(b"exited with status code") == 2
