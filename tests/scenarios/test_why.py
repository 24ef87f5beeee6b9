"""What made a service be replaced last, or would now."""

from __future__ import annotations

import json
from typing import Any

import pytest

from support.cli import Folder, run

pytestmark = pytest.mark.docker

TEXT = """\
services:
  web:
    image: busybox
    command: sleep infinity
    stop_grace_period: 0s
    environment:
      PASSWORD: swordfish
    pids_limit: 50
"""


def why(folder: Folder) -> dict[str, Any]:
    """Return what is told of the only container."""
    (one,) = json.loads(folder.composer("why", "web", "--json").ok().out)["containers"]
    return dict(one)


def test_what_would_replace_a_service_and_then_what_did(folder: Folder) -> None:
    web = f"{folder.name}-web-1"
    folder.write("compose.yaml", TEXT)
    new = folder.composer("why", "web").ok().out
    folder.composer("up", "-d").ok()
    first = folder.ids()[web]
    assert new == f"web:\n\n  {web}  new container: no container yet\n"
    assert (why(folder)["effect"], why(folder)["last"]["reason"]) == ("stays", None)

    folder.write("compose.yaml", TEXT.replace("swordfish", "tuna"))
    would = folder.composer("why", "web").ok().out
    assert f"  {web}  replacement: configuration changed\n" in would
    assert "    environment.PASSWORD: 'swordfish' → 'tuna'   compose.yaml:7:17" in would
    folder.composer("up", "-d").ok()

    did = why(folder)
    assert did["effect"] == "stays"
    assert did["last"] == {
        "replaced": web,
        "id": first[:12],
        "reason": "configuration changed",
        "fields": ["environment.PASSWORD"],
    }
    assert (
        f"in place of {web} ({first[:12]}), because: configuration changed: environment.PASSWORD"
    ) in folder.composer("why", "web").ok().out
    labels = folder.containers()[web]["Config"]["Labels"]
    written = [text for key, text in labels.items() if key.startswith("io.composer.")]
    assert not any("tuna" in text or "swordfish" in text for text in written)
    assert folder.composer("plan", "--exit-code").ok().code == 0


def test_a_limit_would_be_changed_in_place_and_a_stopped_one_started(folder: Folder) -> None:
    folder.write("compose.yaml", TEXT)
    folder.composer("up", "-d").ok()
    folder.write("compose.yaml", TEXT.replace("50", "60"))
    update = why(folder)
    assert (update["effect"], update["changes"][0]["field"]) == ("live update", "pids_limit")

    folder.composer("up", "-d").ok()
    run("docker", "stop", "-t", "0", f"{folder.name}-web-1")
    assert (why(folder)["effect"], why(folder)["reason"]) == ("start", "it exited with code 137")


def test_of_a_container_of_docker_compose_it_says_what_can_be_said(folder: Folder) -> None:
    folder.write("compose.yaml", TEXT)
    made = run("docker", "compose", "up", "-d", cwd=folder.path, env=folder.environment)
    made.ok()

    told = folder.composer("why", "web").ok().out

    assert f"  {folder.name}-web-1  stays: its configuration, its image" in told
    assert "by Docker Compose 2.40.3, which keeps no record of reasons" in told


def test_a_service_that_does_not_exist_is_refused(folder: Folder) -> None:
    folder.write("compose.yaml", TEXT)
    ran = folder.composer("why", "wed")
    assert (ran.code, "did you mean 'web'?" in ran.err) == (1, True)
