"""`attach`, as a user sees it: on a terminal and through pipes, on a real engine."""

from __future__ import annotations

import os
import subprocess
import sys
import termios

import pytest

from support.cli import Folder, docker
from support.terminal import Terminal

pytestmark = pytest.mark.docker

FILE = """
services:
  shell:
    image: busybox
    command: sh
    stdin_open: true
    tty: true
  reader:
    image: busybox
    command: cat
    stdin_open: true
    scale: 2
  counter:
    image: busybox
    command: sh -c "trap 'echo bye; exit 5' INT; while :; do echo tick; sleep 0.1; done"
"""


@pytest.fixture
def up(folder: Folder) -> Folder:
    folder.write("compose.yaml", FILE)
    folder.composer("up", "-d").ok()
    return folder


def on_terminal(folder: Folder, *arguments: str) -> Terminal:
    return folder.on_terminal("attach", *arguments, columns=91, rows=31)


def test_a_shell_is_joined_left_joined_again_and_ended(up: Folder) -> None:
    terminal = on_terminal(up, "shell")
    terminal.await_text("/ # ")  # nobody pressed a key: it was asked to draw its screen anew
    terminal.type("stty size\r")
    terminal.await_text("31 91")
    terminal.type("\x10\x11")
    terminal.await_text("read escape sequence")
    assert terminal.end() == 1

    terminal = on_terminal(up, "--detach-keys", "ctrl-x", "shell")
    terminal.await_text("/ # ")
    terminal.type("\x18")
    assert terminal.end() == 1
    assert f"{up.name}-shell-1" in up.running()

    terminal = on_terminal(up, "shell")
    terminal.await_text("/ # ")
    terminal.type("exit 7\r")
    assert terminal.end() == 7
    assert f"{up.name}-shell-1" not in up.running()


def test_what_has_no_terminal_or_no_input_is_left_by_its_keys_too(up: Folder) -> None:
    cases = {
        ("counter",): "tick",
        ("--no-stdin", "shell"): "/ # ",
        ("reader",): "hello\nhello\n",
    }
    for words, shown in cases.items():
        terminal = on_terminal(up, *words)
        before = termios.tcgetattr(terminal.far)
        if words == ("reader",):
            terminal.type("hello\r")
        terminal.await_text(shown)

        terminal.type("\x10\x11")

        terminal.await_text("read escape sequence")
        assert terminal.end(keep=True) == 1
        assert termios.tcgetattr(terminal.far) == before
        assert f"{up.name}-{words[-1]}-1" in up.running()


def test_ctrl_c_is_passed_on_unless_it_is_not_to_be(up: Folder) -> None:
    counter = f"{up.name}-counter-1"
    terminal = on_terminal(up, "--sig-proxy=false", "counter")
    terminal.await_text("tick")
    terminal.type("\x03")
    assert terminal.end() == 130
    assert counter in up.running()

    terminal = on_terminal(up, "counter")
    terminal.await_text("tick")
    terminal.type("\x03")
    terminal.await_text("bye")
    assert terminal.end() == 130
    assert docker("inspect", "-f", "{{.State.ExitCode}}", counter).strip() == "5"


def test_through_pipes_a_replica_hears_and_is_heard(up: Folder) -> None:
    command = (sys.executable, "-m", "composer", "attach", "--index", "2", "reader")
    with subprocess.Popen(
        command,
        cwd=up.path,
        env={**os.environ, **up.environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as ran:
        assert ran.stdin is not None
        assert ran.stdout is not None
        ran.stdin.write(b"\0 \xff\n")
        ran.stdin.flush()
        assert ran.stdout.readline() == b"\0 \xff\n"
        docker("kill", "-s", "KILL", f"{up.name}-reader-2")
        assert ran.wait(60) == 137

    assert f"{up.name}-reader-1" in up.running()


def test_who_is_only_listened_to_is_told_nothing(up: Folder) -> None:
    terminal = on_terminal(up, "--no-stdin", "shell")
    terminal.await_text("/ # ")
    terminal.type("exit\r")
    docker("kill", "-s", "KILL", f"{up.name}-shell-1")

    assert terminal.end() == 137
