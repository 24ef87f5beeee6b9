"""A demo project on a fake engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.session import Run, World

DEMO = """
    services:
      web:
        image: nginx:alpine
        command: ["sh", "-c", "echo ready; sleep 600"]
        ports: ["8080:80"]
        depends_on: [db]
      db:
        image: postgres:16-alpine
        environment:
          PASSWORD: a
        volumes: [data:/data]
    volumes:
      data:
"""


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """An empty directory called demo, and an engine with the images of DEMO within reach."""
    directory = tmp_path / "demo"
    directory.mkdir()
    world = World(directory, monkeypatch)
    world.write(DEMO)
    for ref in ("nginx:alpine", "postgres:16-alpine"):
        world.engine.publish(ref)
    return world


@pytest.fixture
def up(demo: World, capsys: pytest.CaptureFixture[str]) -> World:
    demo.run("up", "-d")
    capsys.readouterr()
    return demo


@pytest.fixture
def out(up: World, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run composer, which must succeed, and return what it prints."""

    def run(*argv: str) -> str:
        assert up.run(*argv) == 0
        return capsys.readouterr().out

    return run
