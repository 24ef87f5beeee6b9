"""The tab key behind `docker compose`, which the docker program passes on to its plugin."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from support.cli import Folder, docker, run
from support.shells import HERE, expected, typing

pytestmark = pytest.mark.docker

BASH_COMPLETION = Path("/usr/share/bash-completion/bash_completion")
"""What docker's script for bash needs, and not every machine has."""

SHELLS = [shell for shell in HERE if shell != "bash" or BASH_COMPLETION.exists()]
LINES = {
    "docker compose resta": "docker compose restart ",
    "docker compose up --force-r": "docker compose up --force-recreate ",
    "docker compose logs w": "docker compose logs web ",
    "docker compose --profile de": "docker compose --profile debug ",
}


def test_docker_completes_what_its_plugin_offers(folder: Folder) -> None:
    folder.write("compose.yaml", "services: {web: {image: busybox}, db: {image: busybox}}")
    folder.environment["DOCKER_CONFIG"] = str(folder.path / "docker")
    folder.composer("plugin", "install").ok()

    def offered(*words: str) -> list[str]:
        command = ("docker", "__complete", "compose", *words)
        return run(*command, cwd=folder.path, env=folder.environment).ok().out.splitlines()

    assert offered("up", "w") == ["web\tbusybox", ":4"]
    assert offered("logs", "--no-log") == ["--no-log-prefix\tNo names in front of the lines", ":4"]
    assert offered("--file", "") == ["yaml", "yml", ":8"]
    assert "unpause\tLet frozen containers go on" in offered("")


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_of_docker_completes_composer_in_a_shell(folder: Folder, shell: str) -> None:
    folder.write(
        "compose.yaml",
        "services: {web: {image: busybox}, db: {image: busybox, profiles: [debug]}}",
    )
    folder.environment["DOCKER_CONFIG"] = str(folder.path / "docker")
    folder.composer("plugin", "install").ok()
    folder.write("script", docker("completion", shell))
    needed = [str(BASH_COMPLETION)] if shell == "bash" else []

    with typing(
        shell, folder.path, {**os.environ, **folder.environment}, *needed, "./script"
    ) as complete:
        shown = {typed: complete(typed) for typed in LINES}

    assert shown == expected(shell, LINES)
