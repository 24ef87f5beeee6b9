"""`exec`, as a user sees it: on a terminal and through pipes, on a real engine."""

from __future__ import annotations

import os
import subprocess
import sys
import termios
import time
from typing import Any

import pytest

from support.cli import Folder, docker, run
from support.lab import eventually

pytestmark = pytest.mark.docker

FILE = """
services:
  web:
    image: busybox
    command: sh -c "trap 'exit 0' TERM; while :; do sleep 0.2; done"
    scale: 2
"""


@pytest.fixture
def web(folder: Folder) -> Folder:
    folder.write("compose.yaml", FILE)
    folder.composer("up", "-d").ok()
    return folder


def start(folder: Folder, *arguments: str, **streams: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        (sys.executable, "-m", "composer", "exec", *arguments),
        cwd=folder.path,
        env={**os.environ, **folder.environment},
        **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, **streams},
    )


def test_through_pipes_every_byte_and_every_code_arrives(web: Folder) -> None:
    content = os.urandom(50 * 1024 * 1024)
    with start(web, "-T", "web", "cat", stdin=subprocess.PIPE) as ran:
        assert ran.communicate(content)[0] == content
        assert ran.returncode == 0

    with start(web, "web", "true", stdin=subprocess.PIPE) as ran:  # its input stays open
        assert ran.wait(60) == 0

    says = "echo $A $B $(pwd) $(id -u); echo err >&2; exit 3"
    web.write(".env", "B=dotenv")
    ran_well = web.composer(
        *("exec", "-e", "A=a", "-e", "B", "-w", "/tmp", "-u", "5", "web", "sh", "-c", says)
    )
    assert (ran_well.code, ran_well.out, ran_well.err) == (3, "a dotenv /tmp 5\n", "err\n")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("kill -9 $$", 137),
        ("kill -15 $$", 143),
        ("/no/such/program", 127),
        ("/etc/passwd", 126),
    ],
)
def test_exit_codes_are_those_of_a_shell(web: Folder, command: str, code: int) -> None:
    assert web.composer("exec", "web", "sh", "-c", command).code == code


def test_replicas_and_one_off_containers_can_be_entered(web: Folder) -> None:
    hostname = ("exec", "--index", "2", "web", "hostname")
    assert web.composer(*hostname).ok().out.strip() in docker("ps", "-q", "-f", "name=web-2")

    web.composer("exec", "-d", "web", "sh", "-c", "echo done > /tmp/done").ok()
    seen = ("docker", "exec", f"{web.name}-web-1", "cat", "/tmp/done")
    eventually(lambda: run(*seen).out, lambda text: text == "done\n")

    no_such = web.composer("exec", "-d", "web", "nope")
    gone = f"error: container {web.name}-web-1: the command 'nope' does not exist in the image\n"
    assert (no_such.code, no_such.err) == (1, gone)

    web.composer("stop", "-t", "0").ok()
    assert "service 'web' is not running" in web.composer("exec", "web", "true").err
    web.composer("run", "-d", "--name", f"{web.name}-once", "web", "sleep", "60").ok()
    assert web.composer("exec", "web", "cat", "/proc/1/cmdline").ok().out == "sleep\x0060\x00"


def test_a_terminal_has_its_size_its_keys_and_is_given_back(web: Folder) -> None:
    terminal = web.on_terminal("exec", "web", "sh", columns=91, rows=31)
    before = termios.tcgetattr(terminal.far)
    terminal.await_text("/ # ")
    assert termios.tcgetattr(terminal.far) != before
    terminal.type("stty size\r")
    terminal.await_text("31 91")

    terminal.type("sh -c 'while sleep 0.1; do stty size; done'\r")
    terminal.set_size(columns=70, rows=20)
    terminal.await_text("20 70")

    terminal.type("\x03")
    terminal.await_text("^C")
    terminal.type("echo still $((20 + 22))\r")
    terminal.await_text("still 42")

    terminal.type("exit 5\r")
    assert terminal.end(keep=True) == 5
    assert termios.tcgetattr(terminal.far) == before


def test_it_is_left_with_the_keys_of_the_docker_cli_and_runs_on(web: Folder) -> None:
    config = web.path / "docker"
    config.mkdir()
    (config / "config.json").write_text('{"detachKeys": "ctrl-x,y"}')
    web.environment["DOCKER_CONFIG"] = str(config)
    terminal = web.on_terminal("exec", "web", "sh", "-c", "echo ready; exec sleep 600")
    terminal.await_text("ready")

    terminal.type("\x10\x11\x18y")

    terminal.await_text("read escape sequence")
    assert terminal.end() == 1
    assert "sleep 600" in docker("top", f"{web.name}-web-1")


def test_what_is_left_while_it_prints_runs_on(web: Folder) -> None:
    terminal = web.on_terminal("exec", "web", "sh", "-c", "while :; do echo flood; done")
    terminal.await_text("flood")

    terminal.type("\x10\x11")

    terminal.await_text("read escape sequence")
    assert terminal.end() == 1
    time.sleep(0.5)  # the engine would end it a moment after the connection
    assert "echo flood" in docker("top", f"{web.name}-web-1")


def test_who_is_told_to_end_gives_the_terminal_back(web: Folder) -> None:
    terminal = web.on_terminal("exec", "web", "sh", "-c", "echo ready; exec sleep 600")
    before = termios.tcgetattr(terminal.far)
    terminal.await_text("ready")
    assert termios.tcgetattr(terminal.far) != before

    terminal.process.terminate()

    assert terminal.end(keep=True) == 130
    assert termios.tcgetattr(terminal.far) == before


@pytest.mark.parametrize("command", ["exec sleep 600", "while :; do echo on; sleep 0.01; done"])
def test_who_loses_the_terminal_leaves(web: Folder, command: str) -> None:
    terminal = web.on_terminal("exec", "web", "sh", "-c", f"echo ready; {command}")
    terminal.await_text("ready")

    os.close(terminal.far)

    assert terminal.process.wait(30) == 129


def test_ctrl_c_leaves_a_command_without_a_terminal(web: Folder) -> None:
    terminal = web.on_terminal("exec", "-T", "web", "sh", "-c", "echo ready; exec sleep 600")
    terminal.await_text("ready")

    terminal.type("\x03")

    assert terminal.end() == 130


def test_privileges_are_those_asked_for(web: Folder) -> None:
    """The lab's engine cannot give all of them: then it says so, and nothing is executed."""
    usual = web.composer("exec", "web", "grep", "CapEff", "/proc/self/status").ok().out
    more = web.composer("exec", "--privileged", "web", "grep", "CapEff", "/proc/self/status")

    assert more.out != usual
