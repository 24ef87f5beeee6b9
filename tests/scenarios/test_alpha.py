"""Old forms of commands, which do what the new ones do."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from support.cli import Folder, docker, eventually, run
from support.registries import real_registry

pytestmark = pytest.mark.docker

FILE = """
services:
  web:
    image: busybox
    command: sleep infinity
    stop_grace_period: 0s
    depends_on: [db]
    develop: {watch: [{action: sync, path: source, target: /source}]}
  db: {image: busybox, command: sleep infinity, stop_grace_period: 0s}
"""


def test_the_alpha_commands_do_what_their_successors_do(folder: Folder) -> None:
    folder.write("compose.yaml", FILE)
    folder.write("source", "first\n")

    dry = folder.composer("alpha", "dry-run", "--", "up", "-d").ok()
    assert folder.containers() == {}
    assert f"{folder.name}-web-1" in dry.out
    assert '"web" -> "db"' in folder.composer("alpha", "viz").ok().out

    folder.composer("alpha", "scale", "web=2").ok()
    before = folder.ids()
    assert set(before) == {f"{folder.name}-{name}" for name in ("db-1", "web-1", "web-2")}

    with folder.start("alpha", "watch", "--no-up") as watching:
        assert watching.stdout is not None
        assert any("Watch enabled" in line for line in watching.stdout)
        folder.write("source", "second\n")
        for name in ("web-1", "web-2"):
            eventually(
                lambda name=name: (
                    docker("exec", f"{folder.name}-{name}", "cat", "/source") == "second\n"
                )
            )
        watching.send_signal(signal.SIGINT)
    assert folder.ids() == before


def test_alpha_publish_writes_what_comes_up(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "storage").mkdir()
    folder.environment["XDG_CACHE_HOME"] = str(tmp_path / "cache")
    with real_registry(tmp_path / "storage") as registry:
        folder.write("compose.yaml", "services: {web: {image: busybox, command: sleep 603}}")
        reference = f"{registry}/apps/{folder.name}:1"
        folder.composer("alpha", "publish", reference).ok()

        folder.composer("-f", f"oci://{reference}", "up", "-d").ok()
    [web] = folder.containers().values()
    assert web["Config"]["Cmd"] == ["sleep", "603"]
    run("docker", "kill", web["Id"])
