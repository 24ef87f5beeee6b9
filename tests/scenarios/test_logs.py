"""`logs` on a real engine, beside Docker Compose where that does the same."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.cli import Folder, Ran, docker, eventually, run
from support.peer import docker_compose

pytestmark = pytest.mark.docker

COMPOSER = (sys.executable, "-m", "composer")

FILE = r"""
services:
  plain: {image: busybox, command: [sh, -c, "echo one; sleep 0.3; echo two >&2"]}
  later: {image: busybox, command: [sh, -c, "sleep 0.15; echo between"], scale: 2}
  screen: {image: busybox, tty: true, command: [sh, -c, "echo on a terminal; echo -n no end"]}
  long:
    image: busybox
    command: [sh, -c, "head -c 100000 /dev/zero | tr '\\0' x; echo; echo -n short"]
  junk:
    image: busybox
    command: [sh, -c, "printf 'a\\377\\000\\033[31mb\\n\\n'"]
    logging: {driver: local}
  silent: {image: busybox, attach: false, command: [echo, not shown]}
  stays: {image: busybox, command: sleep infinity, stop_grace_period: 0s}
"""


def theirs(folder: Folder, *arguments: str) -> Ran:
    return run(docker_compose(), *arguments, cwd=folder.path, env=folder.environment)


def raw(folder: Folder, *command: str) -> bytes:
    return subprocess.run(
        command, cwd=folder.path, env=os.environ | folder.environment, capture_output=True,
        check=True, timeout=100,
    ).stdout  # fmt: skip


def narrow(line: bytes) -> bytes:
    """Return a line with a narrow prefix: that of Docker Compose grows as containers speak."""
    return re.sub(rb" +\|", b" |", line, count=1)


def settled(folder: Folder) -> bool:
    return folder.running() == [f"{folder.name}-stays-1"]


@pytest.fixture
def up(folder: Folder) -> Folder:
    folder.write("compose.yaml", FILE)
    folder.composer("up", "-d").ok()
    eventually(lambda: settled(folder))
    return folder


def test_logs_hold_the_lines_that_docker_compose_prints(up: Folder) -> None:
    """And those that have no end, which it forgets."""
    for words in (
        [],
        ["--no-log-prefix"],
        ["-n", "1"],
        ["--index", "2", "later"],
        ["plain", "long"],
        ["-t", "plain", "junk"],
        ["--since", "2020-01-01T00:00:00Z", "--until", "2021-01-01"],
        ["silent"],
        ["--tail", "0"],
    ):
        ours = raw(up, *COMPOSER, "logs", *words).splitlines()
        peers = raw(up, docker_compose(), "logs", *words).splitlines()
        forgotten = [line for line in ours if line.endswith((b"no end", b"short"))]
        expected = [line.rstrip(b"\r") for line in peers] + forgotten
        assert sorted(map(narrow, ours)) == sorted(map(narrow, expected)), words

    without_file = run(*COMPOSER, "-p", up.name, "logs", "plain", cwd=up.path.parent)
    assert sorted(without_file.ok().out.splitlines()) == ["plain-1  | one", "plain-1  | two"]
    assert up.composer("logs", "--index", "9", "later").code == 1


def test_lines_of_all_services_come_by_time_and_whole(up: Folder) -> None:
    stamped = raw(up, *COMPOSER, "logs", "-t", "--no-log-prefix").splitlines()
    assert [line[:30] for line in stamped] == sorted(line[:30] for line in stamped)

    told = [json.loads(line) for line in up.composer("logs", "--json").ok().out.splitlines()]
    by_service = {one["service"]: [] for one in told}
    for one in told:
        by_service[one["service"]].append(one)
    assert [one["line"] for one in by_service["long"]] == ["x" * 100_000, "short"]
    assert [one["line"] for one in by_service["screen"]] == ["on a terminal", "no end"]
    assert [one["line"] for one in by_service["junk"]] == ["a\\xff\x00\x1b[31mb", ""]
    assert [(one["line"], one["stream"]) for one in by_service["plain"]] == [
        ("one", "stdout"),
        ("two", "stderr"),
    ]
    assert raw(up, *COMPOSER, "logs", "--no-log-prefix", "junk") == b"a\xff\x00\x1b[31mb\n\n"


LEVELS = r"""
services:
  app:
    image: busybox
    command:
      - sh
      - -c
      - |
        echo '{"level":"info","msg":"up","port":80}'
        echo 'time=1 level=warning msg="getting hot"'
        echo 'ERROR:root:it broke'; echo '  File "x.py"'
        echo '2026/01/31 12:00:00 [emerg] 1#1: no host'
"""


def test_lines_are_found_by_pattern_and_level(folder: Folder) -> None:
    folder.write("compose.yaml", LEVELS)
    folder.composer("up").ok()

    def found(*words: str) -> list[str]:
        return folder.composer("logs", "--no-log-prefix", *words).ok().out.splitlines()

    assert found("--grep", "hot|up") == found()[:2]
    assert found("--level", "warn") == found()[1:]
    assert found("--level", "error", "--tail", "2", "--grep", "E|x") == found()[2:4]
    (one,) = found("--json", "--level", "warning", "--grep", "hot")
    assert json.loads(one)["fields"] == {"time": "1", "level": "warning", "msg": "getting hot"}
    assert folder.composer("logs", "--grep", "(").code == 1


GROWS = """
services:
  web:
    image: busybox
    command: [sh, -c, 'echo hello $$V from $$HOSTNAME; exec sleep infinity']
    environment: {V: 1}
    stop_grace_period: 0s
"""


def test_replaced_and_added_containers_are_picked_up_while_following(folder: Folder) -> None:
    folder.write("compose.yaml", GROWS)
    folder.composer("up", "-d").ok()
    said = folder.path / "said"
    with open(said, "w") as out:
        process = subprocess.Popen(
            [*COMPOSER, "logs", "-f"], cwd=folder.path, env=os.environ | folder.environment,
            stdout=out,
        )  # fmt: skip
    try:
        eventually(lambda: "hello 1" in said.read_text())
        folder.composer("up", "-d", "--scale", "web=2").ok()
        eventually(lambda: said.read_text().count("hello 1") == 2)
        folder.write("compose.yaml", GROWS.replace("V: 1", "V: 2"))
        folder.composer("up", "-d", "--scale", "web=2").ok()
        eventually(lambda: said.read_text().count("hello 2") == 2)
        docker("restart", "-t", "0", f"{folder.name}-web-1")
        eventually(lambda: said.read_text().count("hello 2") == 3)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    finally:
        process.kill()
        process.wait()
    lines = said.read_text().splitlines()
    names = [line.partition(" ")[0] for line in lines if "hello" in line]
    assert sorted(names) == [*["web-1"] * 3, *["web-2"] * 2]


ROTATES = """
x-say: &say
  image: busybox
  command:
    - sh
    - -c
    - 'for i in 0 1 2 3 4 5 6 7 8 9; do seq $$((i*1000)) $$((i*1000+999)); sleep 0.1; done'
services:
  files:
    <<: *say
    logging: {driver: json-file, options: {max-size: 20k, max-file: "100"}}
  local:
    <<: *say
    logging: {driver: local, options: {max-size: 20k, max-file: "100"}}
"""


def test_nothing_is_lost_where_the_engine_rotates(folder: Folder) -> None:
    """Docker Compose loses thousands of these lines, and prints others twice."""
    folder.write("compose.yaml", ROTATES)
    folder.composer("create").ok()
    waiting = []
    for service in ("files", "local"):
        docker("start", f"{folder.name}-{service}-1")
        out = open(folder.path / service, "w")  # noqa: SIM115
        command = [*COMPOSER, "logs", "-f", "--no-log-prefix", service]
        environment = os.environ | folder.environment
        waiting.append(
            (subprocess.Popen(command, cwd=folder.path, env=environment, stdout=out), out)
        )
    for process, out in waiting:
        assert process.wait(100) == 0
        out.close()

    expected = [str(number) for number in range(10_000)]
    for service in ("files", "local"):
        lines = (folder.path / service).read_text().splitlines()
        assert lines[-1] == f"{service}-1 exited with code 0"
        assert lines[:-1] == expected


def test_colours_stay_with_services(up: Folder, tmp_path: Path) -> None:
    everything = raw(up, *COMPOSER, "--ansi", "always", "logs")
    alone = raw(up, *COMPOSER, "--ansi", "always", "logs", "plain")

    def colour(output: bytes) -> set[bytes]:
        return {line[:5] for line in output.splitlines() if b"plain-1" in line}

    assert colour(everything) == colour(alone)
    assert len(colour(alone)) == 1
    assert b"\x1b" not in raw(up, *COMPOSER, "--ansi", "always", "logs", "--no-color", "plain")
