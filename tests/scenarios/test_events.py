"""`events` and `wait` on a real engine, beside Docker Compose."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from support.cli import Folder, Ran, docker, eventually, run
from support.peer import docker_compose

COMPOSER = (sys.executable, "-m", "composer")

pytestmark = pytest.mark.docker

FILE = """
services:
  job:
    image: busybox
    command: [sh, -c, 'while [ ! -e /tmp/go ]; do sleep 0.1; done; exit 3']
    labels: {shown: "a <b> & c"}
  other:
    image: busybox
    command: sleep infinity
    stop_grace_period: 0s
"""


@pytest.fixture
def up(folder: Folder) -> Folder:
    folder.write("compose.yaml", FILE)
    folder.composer("up", "-d").ok()
    return folder


def theirs(folder: Folder, *arguments: str) -> Ran:
    return run(docker_compose(), *arguments, cwd=folder.path, env=folder.environment)


def let_go(folder: Folder) -> None:
    docker("exec", f"{folder.name}-job-1", "touch", "/tmp/go")


def attributes_sorted(text: str) -> list[str]:
    """Return the lines of events, attributes by name: Docker Compose has them in no order."""
    return [
        re.sub(r"\((.*)\)$", lambda found: str(sorted(found[1].split(", "))), line)
        for line in text.splitlines()
    ]


def test_events_are_those_that_docker_compose_prints(up: Folder) -> None:
    began = f"{time.time() - 60:.0f}"
    let_go(up)
    eventually(lambda: up.running() == [f"{up.name}-other-1"])
    window = ("--since", began, "--until", f"{time.time() + 1:.0f}")

    ours, peers = up.composer("events", *window).ok(), theirs(up, "events", *window)
    assert "container die" in ours.out
    assert attributes_sorted(ours.out) == attributes_sorted(peers.out)

    ours, peers = (
        up.composer("events", "--json", *window, "job").ok(),
        theirs(up, "events", "--json", *window, "job"),
    )
    assert ours.out == peers.out
    assert {json.loads(line)["service"] for line in ours.out.splitlines()} == {"job"}
    without_file = run(
        *(*COMPOSER, "-p", up.name, "events", "--json", *window, "job"), cwd=up.path.parent
    )
    assert without_file.ok().out == ours.out


def test_events_are_told_as_they_happen(up: Folder) -> None:
    """Pause until that is told: nobody knows when the listening begins."""
    told = up.path / "told"

    def heard() -> bool:
        docker("pause", f"{up.name}-other-1")
        docker("unpause", f"{up.name}-other-1")
        return '"action":"unpause"' in told.read_text()

    with open(told, "w") as out:
        command = (*COMPOSER, "events", "--json")
        process = subprocess.Popen(
            command, cwd=up.path, env=os.environ | up.environment, stdout=out
        )
    try:
        eventually(heard)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    finally:
        process.kill()
        process.wait()


LIVES_FOR_A_WHILE = """
services:
  job: {image: busybox, command: [sh, -c, 'sleep 6; exit 3']}
  other: {image: busybox, command: [sh, -c, 'sleep 7; exit 4']}
  stays: {image: busybox, command: sleep infinity, stop_grace_period: 0s}
"""


def test_wait_prints_and_returns_what_docker_compose_does(folder: Folder) -> None:
    folder.write("compose.yaml", LIVES_FOR_A_WHILE)
    folder.composer("up", "-d").ok()
    ours, peers, all_down = (
        subprocess.Popen(
            [*command, "job", "other"],
            cwd=folder.path,
            env=os.environ | folder.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for command in (
            (*COMPOSER, "wait"),
            (docker_compose(), "wait"),
            (*COMPOSER, "wait", "--down-project"),
        )
    )
    ids = {name.split("-")[1]: one["Id"] for name, one in folder.containers().items()}
    told = [process.communicate(timeout=60)[0] for process in (ours, peers, all_down)]

    first = f'container "{ids["job"]}" exited with status code 3\n'
    assert told == [first + f'container "{ids["other"]}" exited with status code 4\n'] * 3
    assert [process.returncode for process in (ours, peers, all_down)] == [4, 4, 4]
    assert folder.containers() == {}
    assert folder.networks() == []

    refused, peer = folder.composer("wait", "job"), theirs(folder, "wait", "job")
    assert refused.code == peer.code == 1
    assert f"no containers for project '{folder.name}'" in refused.err
