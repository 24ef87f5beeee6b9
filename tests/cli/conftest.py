"""A demo project on a fake engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.session import World

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
