"""`watch` on the fake engine, in a thread, with real files."""

from __future__ import annotations

import io
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest

from composer.actions.watch import Watching
from composer.cli.main import dispatch
from composer.model.names import Label
from composer.render.console import Console
from support.engine import FakeContainer, FakeEngine
from support.lab import eventually
from support.session import World


class Watched:
    """A `watch` that runs in a thread; to stop it is as if Ctrl-C were pressed."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world = world
        self._said = io.BytesIO()
        self.code: int | None = None
        self._watching: list[Watching] = []
        made = Watching.__init__

        def make(one: Watching, *given: Any) -> None:
            made(one, *given)
            self._watching.append(one)

        monkeypatch.setattr(Watching, "__init__", make)

    def start(self, *argv: str) -> None:
        self._thread = Thread(target=self.run, args=argv, daemon=True)
        self._thread.start()

    def run(self, *argv: str) -> None:
        """Run a command to its end."""
        stream = io.TextIOWrapper(self._said, write_through=True)

        class Talking(self.world.session_type()):  # type: ignore[misc]
            console = Console(out=stream, err=stream)

        self.code = dispatch(argv, Talking)

    def until(self, said: str) -> None:
        """Wait until it has said so."""
        eventually(lambda: self.said, lambda text: said in text)

    @property
    def said(self) -> str:
        return self._said.getvalue().decode()

    def stop(self) -> None:
        if self._watching:
            self._watching[-1].stop()
        self.ended()

    def ended(self) -> None:
        self._thread.join(20)
        assert not self._thread.is_alive()


def containers(engine: FakeEngine) -> list[FakeContainer]:
    return [one for one in engine.containers.values() if one.labels[Label.SERVICE] == "web"]


def all_have(engine: FakeEngine, met: Callable[[dict[str, bytes]], bool], count: int = 2) -> None:
    """Wait until the files of all containers are as they should be."""

    def look() -> list[bool]:
        with engine.changed:
            return [met(one.files) for one in containers(engine)]

    eventually(look, lambda seen: seen == [True] * count)
