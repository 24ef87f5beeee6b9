"""What is known of Docker Compose's commands, beside what its own --help says."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from typing import Any

import pytest

from support.command_table import EVERYWHERE, facts, flags_of
from support.peer import docker_compose

pytestmark = [pytest.mark.parity, pytest.mark.slow]

_FLAG = re.compile(r"^ {2}(?:-(\w), | {4})--([\w-]+)(?: (\w+))?(?: {2,}(.*))?$", re.MULTILINE)
_FORGOTTEN = {"alpha scale", "alpha watch", "convert"}
"""Commands that 2.40.3 has no more, and 5 documents again."""

_RENAMED = {"no-TTY": "no-tty"}
_DEFAULT_CHANGED = {("ps", "format")}
"""What 5 calls otherwise, and what has another default there."""


def said(command: str) -> Mapping[str, dict[str, Any]]:
    """Return the flags that the help of a command shows, as the facts have them.

    The default of --no-tty is whether there is a terminal.
    """
    done = subprocess.run(
        [docker_compose(), *command.split(), "--help"], capture_output=True, text=True, check=True
    )
    _, _, options = done.stdout.partition("Options:\n")
    text = re.sub(r"\n {20,}", " ", options.partition("\n\n")[0])
    found: dict[str, dict[str, Any]] = {}
    for letter, name, kind, help in _FLAG.findall(text):
        default = re.search(r'\(default "?([^") ]*)"?\)', help)
        name = _RENAMED.get(name, name)
        found[name] = {"short": letter, "type": {"scale": "stringArray"}.get(kind, kind or "bool")}
        if default and name != "no-tty" and (command, name) not in _DEFAULT_CHANGED:
            found[name]["default"] = default[1]
    return {name: flag for name, flag in found.items() if name not in EVERYWHERE or not command}


def known(command: str) -> Mapping[str, dict[str, Any]]:
    """Return what the facts have of that, for 2.40."""
    found = {}
    for name, fact in flags_of(command).items():
        if fact.get("new") or fact.get("hidden"):
            continue
        found[name] = {"short": fact.get("short", ""), "type": fact["type"]}
        if fact.get("default") not in (None, "0"):
            found[name]["default"] = fact["default"]
    return found


@pytest.mark.parametrize("command", [name for name in facts() if name not in _FORGOTTEN])
def test_the_facts_are_what_docker_compose_says_of_itself(command: str) -> None:
    assert dict(said(command)) == dict(known(command))
