"""Watching goes on whatever becomes of the engine: what changes meanwhile is sent later."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from chaos.private_engine import PrivateEngine
from chaos.proxy import PASS, Fate, Kind, Proxy
from chaos.stack import Stack
from support.lab import eventually

pytestmark = pytest.mark.docker

TEXT = """
services:
  web:
    image: busybox:latest
    init: true
    restart: always
    command: [sleep, infinity]
    develop: {watch: [{path: ./src, action: sync, target: /app}]}
"""


def has(engine: PrivateEngine, container: str) -> dict[str, str]:
    """Return what the files of a container say, by name."""
    said = engine.docker("exec", container, "sh", "-c", "cd /app && grep -H . * || true")
    return dict(line.split(":", 1) for line in said.splitlines())


@contextmanager
def watching(stack: Stack, host: str | None = None) -> Iterator[list[str]]:
    """Watch, and yield a list to which all is added that is said."""
    process = stack.begin("watch", host=host)
    said: list[str] = []

    def listen() -> None:
        assert process.stdout is not None
        with process.stdout as stream:
            said.extend(stream)

    reader = Thread(target=listen, daemon=True)
    reader.start()
    try:
        eventually(lambda: list(said), lambda lines: "Watch enabled\n" in lines)
        yield said
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130, said
    finally:
        process.kill()
        process.wait()
        reader.join(10)
        if not stack.engine.answers():
            stack.engine.start()
        stack.composer("down", "-v", "-t", "0")


def test_what_changes_while_the_engine_is_away_is_sent_when_it_is_back(
    engine: PrivateEngine, tmp_path: Path
) -> None:
    source = tmp_path / "src"
    source.mkdir()
    with watching(Stack(engine, tmp_path, TEXT, "away")) as said:
        (source / "a").write_text("1")
        eventually(lambda: has(engine, "away-web-1"), lambda files: files == {"a": "1"})

        engine.kill()
        (source / "a").write_text("2")
        (source / "b").write_text("2")
        eventually(lambda: list(said), lambda lines: any("away" in line for line in lines))
        engine.start(keeping=True)

        eventually(lambda: has(engine, "away-web-1"), lambda now: now == {"a": "2", "b": "2"})


def test_what_is_cut_off_on_its_way_is_sent_again(
    engine: PrivateEngine, proxy: Proxy, tmp_path: Path
) -> None:
    (tmp_path / "src").mkdir()
    cuts = [Kind.CUT_BEFORE, Kind.CUT_BEFORE]

    def fate(request: str) -> Fate:
        return Fate(cuts.pop()) if "PUT" in request and "/archive" in request and cuts else PASS

    proxy.fates = fate
    with watching(Stack(engine, tmp_path, TEXT, "cut"), proxy.host):
        (tmp_path / "src" / "a").write_text("1")
        eventually(lambda: has(engine, "cut-web-1"), lambda files: files == {"a": "1"})
    assert cuts == []
