"""A session on a fake engine: from argv to the state of the world, without Docker."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from composer.cli.main import dispatch
from composer.cli.session import Session
from composer.engine.port import Engine
from composer.remote.images import ImageRegistries, Layer, PublishedImage
from support.engine import FakeEngine

Run = Callable[..., str]
"""Runs a command line, and returns what it prints."""


class FakeRegistries(ImageRegistries):
    """Registries that hold what the fake engine can pull."""

    def __init__(self, engine: FakeEngine) -> None:
        super().__init__(lambda registry: None)
        self._engine = engine

    def digest(self, ref: str) -> str:
        return self._engine.registry_digest(ref)

    def look(self, ref: str, platform: str) -> PublishedImage:
        digest = self._engine.registry_digest(ref)
        return PublishedImage(digest=digest, layers=(Layer(3_000_000, f"layer of {digest}"),))


class World:
    """A directory with files, an engine, and a composer that is run in there."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.directory = directory
        self.engine = FakeEngine()
        self._monkeypatch = monkeypatch
        for name in ("COMPOSE_FILE", "COMPOSE_PROJECT_NAME", "NO_COLOR"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("DOCKER_CONFIG", str(directory / "no-docker-config"))
        monkeypatch.setenv("COLUMNS", "100")
        monkeypatch.chdir(directory)

    def write(self, text: str, name: str = "compose.yaml") -> None:
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"))

    def setenv(self, name: str, value: str) -> None:
        self._monkeypatch.setenv(name, value)

    def run(self, *argv: str) -> int:
        """Run composer and return its exit code."""
        return dispatch(argv, self.session_type())

    def session_type(self) -> type[Session]:
        engine, caches = self.engine, f"{self.directory}.cache"

        class FakeSession(Session):
            def __init__(self, *given: Any) -> None:
                super().__init__(*given)
                self.environment.setdefault("XDG_CACHE_HOME", caches)  # not the developer's

            def connect(self) -> Engine:
                return engine

            def close(self) -> None:
                pass

            @cached_property
            def registries(self) -> ImageRegistries:
                return FakeRegistries(engine)

        return FakeSession

    @property
    def states(self) -> dict[str, str]:
        """Every container's status, by name."""
        return {name: live.state.status for name, live in sorted(self.engine.containers.items())}
