"""Who reads the output has gone: what is asked for ends quietly, what is done goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import IO

import pytest

from support.cli import Folder

pytestmark = pytest.mark.docker

FILE = """
services:
  talker:
    image: busybox
    command: sh -c 'while true; do echo hello; sleep 0.1; done'
    stop_grace_period: 0s
  other:
    image: busybox
    command: sleep infinity
    stop_grace_period: 0s
    depends_on: [talker]
"""


def deserted(folder: Folder, *arguments: str, both: bool = False) -> tuple[int, str]:
    """Run composer with a stdout that nobody reads; return its exit code and what else it said.

    With `both`, nobody reads stderr either.
    """
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        (sys.executable, "-m", "composer", *arguments),
        cwd=folder.path,
        env={**os.environ, **folder.environment},
        stdin=subprocess.DEVNULL,
        stdout=writer,
        stderr=writer if both else subprocess.PIPE,
        timeout=100,
        check=False,
    )
    os.close(writer)
    return done.returncode, (done.stderr or b"").decode()


def first_line(process: subprocess.Popen[bytes]) -> bytes:
    out: IO[bytes] | None = process.stdout
    assert out is not None
    line = out.readline()
    out.close()
    return line


def test_a_reader_that_goes_ends_what_is_shown_and_nothing_that_is_done(folder: Folder) -> None:
    folder.write("compose.yaml", FILE)

    assert deserted(folder, "up", "-d", both=True) == (0, "")
    assert len(folder.running()) == 2
    for words in ("ps", "config", "plan", "logs", "logs -f", "ps -q", "version", "up --help"):
        assert deserted(folder, *words.split()) == (141, ""), words
    code, err = deserted(folder, "ps", "nosuch")
    assert (code, err) == (1, "error: no such service: nosuch\n")

    with subprocess.Popen(
        (sys.executable, "-m", "composer", "up"),
        cwd=folder.path,
        env={**os.environ, **folder.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as attached:
        assert b"hello" in first_line(attached)
    assert attached.returncode == 141
    assert len(folder.running()) == 2

    with open("/dev/full", "w") as full:
        command = (sys.executable, "-m", "composer", "up", "-d", "--force-recreate", "other")
        environment = {**os.environ, **folder.environment}
        subprocess.run(command, cwd=folder.path, env=environment, stderr=full, check=True)

    folder.environment["COMPOSE_STATUS_STDOUT"] = "1"
    deserted(folder, "stop")
    assert folder.running() == []

    assert deserted(folder, "--progress", "tty", "--ansi", "always", "down", both=True) == (0, "")
    assert folder.containers() == {}
