"""`build --why` knows of the builds of all commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.session import World
from support.watched import Watched

FILE = """
    name: demo
    services:
      web:
        build: .
        command: [sleep, inf]
        develop: {watch: [{path: ./lib, action: rebuild}]}
"""


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A project that is built upon a first Dockerfile and files, as `composer build` knows."""
    (tmp_path / "demo/lib").mkdir(parents=True)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    world = World(tmp_path / "demo", monkeypatch)
    world.engine.said_by_builds = ("Step 2/2 : COPY . /",)
    world.write(FILE)
    world.write("FROM scratch\nCOPY . /\n", "Dockerfile")
    world.write("first", "lib/a")
    assert world.run("build") == 0
    return world


def why(world: World, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert world.run("build", "--why") == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(
    "command",
    [("up", "-d", "--build"), ("create", "--build"), ("run", "--build", "-d", "web", "true")],
    ids=lambda words: words[0],
)
def test_what_another_command_has_built_is_remembered(
    built: World, command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    built.write("second", "lib/a")
    assert built.run(*command) == 0

    assert "nothing that it depends on has changed" in why(built, capsys)


def test_what_up_builds_in_the_foreground_is_remembered(
    built: World, capsys: pytest.CaptureFixture[str]
) -> None:
    built.write("second", "lib/a")
    built.engine.behave("demo-web-1", exits=0)
    built.run("up", "--build")

    assert "nothing that it depends on has changed" in why(built, capsys)


def test_so_is_what_watching_has_rebuilt(
    built: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    watched = Watched(built, monkeypatch)
    watched.start("watch")
    watched.until("Watch enabled")
    built.write("second", "lib/a")
    watched.until("successfully built")
    watched.stop()

    assert "nothing that it depends on has changed" in why(built, capsys)


def test_what_failed_is_not_remembered(built: World, capsys: pytest.CaptureFixture[str]) -> None:
    built.write("second", "lib/a")
    built.engine.failing_builds["web"] = "no"
    assert built.run("up", "-d", "--build") == 1
    built.engine.failing_builds.clear()

    assert "changed: lib/a" in why(built, capsys)
