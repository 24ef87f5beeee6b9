from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import pytest

from support.session import World

FILE = """
    services:
      web:
        image: nginx:alpine
        command: cat
        stdin_open: true
        scale: 2
"""


@pytest.fixture
def up(demo: World, capfdbinary: pytest.CaptureFixture[bytes]) -> World:
    demo.write(FILE)
    demo.run("up", "-d")
    capfdbinary.readouterr()
    return demo


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Make stdin a pipe; return where one types."""
    source, sink = os.pipe()
    with os.fdopen(source) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        yield sink
    os.close(sink)


def ends_when_it_says(world: World, container: str, text: bytes, code: int) -> threading.Thread:
    """End a container once it has said `text`."""

    def wait() -> None:
        live = world.engine.containers[container]
        with world.engine.changed:
            while text not in b"".join(data for _, data in live.said):
                world.engine.changed.wait(10)
            world.engine.end(live, code)

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


@pytest.mark.parametrize(("flags", "number"), [((), 1), (("--index", "2"), 2)])
def test_what_is_typed_reaches_the_process_and_its_exit_code_is_ours(
    up: World,
    typed: int,
    capfdbinary: pytest.CaptureFixture[bytes],
    flags: tuple[str, ...],
    number: int,
) -> None:
    os.write(typed, b"hello")
    thread = ends_when_it_says(up, f"demo-web-{number}", b"hello", 7)

    assert up.run("attach", *flags, "web") == 7

    thread.join()
    assert capfdbinary.readouterr().out == b"hello"


def test_who_does_not_run_cannot_be_joined(
    up: World, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    up.engine.become("demo-web-1", exits=0)
    up.engine.become("demo-web-2", exits=0)

    assert up.run("attach", "web") == 1
    assert "service 'web' is not running" in capfdbinary.readouterr().err.decode()


def test_keys_that_are_none_are_refused(
    up: World, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert up.run("attach", "--detach-keys", "ctrl-1", "web") == 1
    assert (
        capfdbinary.readouterr()
        .err.decode()
        .startswith("error: 'ctrl-1' is no key to detach with\n")
    )
