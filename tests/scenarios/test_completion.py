"""The tab key behind `docker compose`, which the docker program passes on to its plugin."""

from __future__ import annotations

import pytest

from support.cli import Folder, run

pytestmark = pytest.mark.docker


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
