"""The scripts of `composer completion` in the shells that this machine has: keys in, a line out."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from composer.cli.completion import SHELLS, script
from support.terminal import Terminal

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent.parent
FILE = """
services:
  web: {image: nginx, profiles: [debug]}
  worker: {image: busybox}
  db: {image: postgres}
"""
START = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}
SOURCE = {
    "bash": "PS1='ready> '; source ./script",
    "zsh": "PS1='ready> '; autoload -U compinit; compinit -D -u; source ./script",
    "fish": "function fish_prompt; echo -n 'ready> '; end; source ./script",
}
LINES = {
    "composer resta": "composer restart ",
    "composer up --force-r": "composer up --force-recreate ",
    "composer -f compose.yaml up --no-deps wo": "composer -f compose.yaml up --no-deps worker ",
    "composer --profile d": "composer --profile debug ",
    "composer config --format=j": "composer config --format=json ",
    "composer up --scale w": "composer up --scale w",
    "composer up --scale wo": "composer up --scale worker=",
    "composer cp wo": "composer cp worker:",
    "composer cp worker:/etc ./oth": "composer cp worker:/etc ./other.",
    "composer --file=oth": "composer --file=other.yml ",
    "composer -f oth": "composer -f other.yml ",
    "composer --env-file other.t": "composer --env-file other.txt ",
    "composer down nosuch": "composer down nosuch",
}
Complete = Callable[[str], str]


@pytest.fixture(params=[shell for shell in SHELLS if shutil.which(shell)])
def complete(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Complete]:
    """Type a text and the tab key in a shell; return the line as it is then."""
    shell = request.param
    (tmp_path / "compose.yaml").write_text(FILE)
    (tmp_path / "folder with blanks").mkdir()
    (tmp_path / "other.yml").touch()
    (tmp_path / "other.txt").touch()
    (tmp_path / "script").write_text(script(shell))
    program = tmp_path / "bin" / "composer"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m composer "$@"\n')
    program.chmod(0o755)
    terminal = Terminal(
        START[shell],
        tmp_path,
        {
            "PATH": f"{program.parent}:/usr/bin:/bin",
            "PYTHONPATH": str(ROOT),
            "HOME": str(tmp_path),
            "DOCKER_HOST": "unix:///nobody",
            "INPUTRC": "/dev/null",
        },
    )
    terminal.type(f"{SOURCE[shell]}\n")
    terminal.await_screen("ready> ")

    count = 0

    def line_after_tab(typed: str) -> str:
        nonlocal count
        count += 1
        # The line is not run: what is typed around it makes a text of it.
        terminal.type(f"{typed}\t\x01echo '<\x05>''{count}'\n")
        terminal.await_screen(f">{count}")
        [line] = [one for one in terminal.screen if one.endswith(f">{count}") and one[0] == "<"]
        return line.removeprefix("<").removesuffix(f">{count}")

    yield line_after_tab
    terminal.type("\x03\nexit\n")
    terminal.end()


def test_the_tab_key_completes_what_is_meant(
    complete: Complete, request: pytest.FixtureRequest
) -> None:
    expected = dict(LINES)
    if "zsh" in request.node.name:  # it takes back the blank when no letter follows
        expected = {typed: line.rstrip() for typed, line in LINES.items()}

    assert {typed: complete(typed) for typed in LINES} == expected
