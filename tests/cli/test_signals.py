"""What ends composer, asked of a process that waits for an engine."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def ignoring() -> None:
    """Runs in the child: a shell does this to what it runs in the background."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def waiting(directory: Path, before: Callable[[], None]) -> Iterator[subprocess.Popen[bytes]]:
    """Yield a composer that has asked an engine, and waits for an answer that does not come."""
    with socket.socket(socket.AF_UNIX) as engine:
        engine.bind(str(directory / "engine.sock"))
        engine.listen()
        with subprocess.Popen(
            (sys.executable, "-m", "composer", "-p", "x", "ps"),
            env={**os.environ, "DOCKER_HOST": f"unix://{directory}/engine.sock"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=before,
        ) as process:
            connection, _ = engine.accept()
            assert connection.recv(1) == b"G"
            yield process
            connection.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("before", [lambda: None, ignoring], ids=["alone", "in the background"])
def test_it_ends_when_it_is_told_to(
    tmp_path: Path, number: signal.Signals, before: Callable[[], None]
) -> None:
    with waiting(tmp_path, before) as process:
        process.send_signal(number)

        assert process.wait(30) == 130
        assert process.stdout is not None
        assert process.stderr is not None
        assert (process.stdout.read(), process.stderr.read()) == (b"", b"")
