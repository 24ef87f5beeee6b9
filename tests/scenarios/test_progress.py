"""What a user sees while a project comes up, on terminals of several sizes and without one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import termios

import pytest

from support.cli import Folder
from support.terminal import Terminal

pytestmark = pytest.mark.docker

CHAIN = """\
services:
  db:
    image: busybox
    command: sleep infinity
    stop_grace_period: 0s
    healthcheck:
      test: "test -f /go || { echo no route to the database; exit 1; }"
      interval: 200ms
      retries: 1000
  api:
    image: busybox
    command: sleep infinity
    stop_grace_period: 0s
    depends_on: {db: {condition: service_healthy}}
  web:
    image: busybox
    command: sleep infinity
    stop_grace_period: 0s
    depends_on: [api]
"""


@pytest.fixture
def chain(folder: Folder) -> Folder:
    """A project whose db is healthy as soon as `let_go` says so."""
    folder.environment["COMPOSE_PROJECT_NAME"] = folder.name
    folder.write("compose.yaml", CHAIN)
    return folder


def let_go(folder: Folder) -> None:
    command = ["docker", "exec", f"{folder.name}-db-1", "touch", "/go"]
    subprocess.run(command, check=True)


@pytest.mark.parametrize("columns", [40, 100, 200])
def test_who_waits_names_for_whom_and_that_ones_last_probe(chain: Folder, columns: int) -> None:
    terminal = chain.on_terminal("up", "-d", columns=columns, rows=24)
    terminal.await_screen("waits for db: starting, probe ")
    terminal.await_screen(f"{chain.name}-web-1")  # a frame may come in pieces
    before = terminal.screen
    let_go(chain)

    assert terminal.end() == 0
    name = f"{chain.name}-db-1"
    (db,) = [line for line in before if name in line and "waits" not in line]
    assert "Waiting" in db
    assert any(name.replace("db", "web") in line for line in before)
    assert all(len(line) < columns for line in (*before, *terminal.screen))
    assert terminal.screen[0] == "[+] up 4/4"
    assert [line[0] for line in terminal.screen[1:]] == ["✔"] * 4
    assert terminal.cursor_below


def test_more_rows_than_the_screen_has_lines(folder: Folder) -> None:
    one = "{image: busybox, command: sleep 60, stop_grace_period: 0s, network_mode: none}"
    services = "".join(f"  s{n:02}: {one}\n" for n in range(30))
    folder.write("compose.yaml", f"services:\n{services}")
    terminal = folder.on_terminal("up", "-d", columns=60, rows=12)
    terminal.await_screen(" more")
    assert terminal.screen[0].startswith("[+] up ")
    assert len(terminal.screen) <= 11

    assert terminal.end() == 0
    assert len(folder.running()) == 30
    assert len([line for line in terminal.screen if line.startswith("✔")]) == 11


def test_no_colour_when_the_user_wants_none(chain: Folder) -> None:
    chain.environment["NO_COLOR"] = "1"
    terminal = chain.on_terminal("up", "-d")
    terminal.await_screen("waits for db: starting")
    let_go(chain)
    assert terminal.end() == 0
    assert "\033[3" not in terminal.text
    assert any(line.startswith("✔") for line in terminal.screen)


def test_a_dumb_terminal_gets_lines(chain: Folder) -> None:
    chain.environment["TERM"] = "dumb"
    terminal = chain.on_terminal("up", "-d")
    terminal.await_text(f"Container {chain.name}-db-1  Waiting")
    let_go(chain)
    assert terminal.end() == 0
    assert "\033" not in terminal.text
    assert f" Container {chain.name}-web-1  Started\n" in terminal.text


def modes(terminal: Terminal) -> list[object]:
    return termios.tcgetattr(terminal.far)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGTERM, 130),  # taken for Ctrl-C
        (signal.SIGHUP, -signal.SIGHUP),
        (signal.SIGKILL, -signal.SIGKILL),
    ],
)
def test_the_terminal_is_as_it_was_whatever_ends_the_program(
    chain: Folder, number: int, code: int
) -> None:
    terminal = chain.on_terminal("up", "-d")
    before = modes(terminal)
    terminal.await_screen("waits for db: starting")
    os.kill(terminal.process.pid, number)
    terminal.process.wait(30)
    after = modes(terminal)

    assert terminal.end() == code
    assert after == before
    assert "\033[?25l" not in terminal.text
    assert terminal.cursor_below


def test_ctrl_c_leaves_the_picture_and_a_clean_terminal(chain: Folder) -> None:
    terminal = chain.on_terminal("up", "-d")
    before = modes(terminal)
    terminal.await_screen("waits for db: starting")
    terminal.type("\x03")

    while terminal.read():
        pass
    assert modes(terminal) == before
    assert terminal.end() == 130
    assert "Traceback" not in terminal.text
    assert terminal.screen[0].startswith("[+] up ")
    assert terminal.cursor_below


def test_a_closed_pipe_does_not_keep_the_project_from_coming_up(chain: Folder) -> None:
    command = (sys.executable, "-m", "composer", "--progress", "tty", "up", "-d")
    environment = {**os.environ, **chain.environment}
    reading, writing = os.pipe()
    process = subprocess.Popen(
        command, cwd=chain.path, env=environment, stdin=subprocess.DEVNULL, stderr=writing
    )
    os.close(writing)
    os.read(reading, 10)
    os.close(reading)
    while not chain.running():
        assert process.poll() is None
    let_go(chain)
    process.wait(60)

    assert chain.running() == [f"{chain.name}-{name}-1" for name in ("api", "db", "web")]


def test_json_has_ids_statuses_steps_and_times(folder: Folder) -> None:
    folder.write("compose.yaml", "services: {web: {image: busybox, command: sleep 60}}")
    told = folder.composer("--progress", "json", "up", "-d").ok().err
    events = [json.loads(line) for line in told.splitlines()]

    web = [event for event in events if event["id"] == f"Container {folder.name}-web-1"]
    assert [event["status"] for event in web] == ["Creating", "Created", "Starting", "Started"]
    assert web[3]["step"] == f"start {folder.name}-web-1"
    assert web[3]["seconds"] > 0
    assert [e["time"] for e in events] == sorted(e["time"] for e in events)


def test_quiet_says_nothing(folder: Folder) -> None:
    folder.write("compose.yaml", "services: {web: {image: busybox, command: sleep 60}}")
    up = folder.composer("--progress", "quiet", "up", "-d").ok()
    assert (up.out, up.err) == ("", "")
