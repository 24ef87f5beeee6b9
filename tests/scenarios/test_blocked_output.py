"""A terminal takes nothing, for now: after Ctrl-S, or because a window has hung."""

from __future__ import annotations

import select
import signal

import pytest

from support.cli import Folder
from support.lab import eventually

pytestmark = pytest.mark.docker

LOUD = """
services:
  loud: {image: busybox, command: sh -c "seq 20000; sleep infinity", stop_grace_period: 0s}
  other:
    image: busybox
    command: sleep infinity
    stop_grace_period: 0s
    develop: {watch: [{path: ./src, action: sync, target: /src}]}
"""
CTRL_S, CTRL_Q = "\x13", "\x11"


@pytest.mark.parametrize("flags", [("--menu", "--watch"), ("--menu=false",)])
def test_ctrl_c_stops_everything_though_the_terminal_stands_still(
    folder: Folder, flags: tuple[str, ...]
) -> None:
    folder.write("compose.yaml", LOUD)
    terminal = folder.on_terminal("up", "--no-color", *flags)
    terminal.await_text("loud-1   | 1\n")
    eventually(folder.running, lambda running: len(running) == 2)
    terminal.type(CTRL_S)
    while select.select([terminal.far], [], [], 0.5)[0]:
        terminal.read()
    assert len(folder.running()) == 2

    terminal.process.send_signal(signal.SIGINT)

    eventually(folder.running, lambda running: not running)
    terminal.type(CTRL_Q)
    assert terminal.end() == 130
