"""What `config` prints, beside what comes of the same file on a real engine."""

from __future__ import annotations

import json

import pytest

from support.cli import Folder, docker

pytestmark = pytest.mark.docker

FILE = """
services:
  web:
    image: busybox
    command: [sleep, "${SECONDS_LEFT}"]
    depends_on: [db]
    volumes: [data:/data]
    stop_grace_period: 0s
  db: {image: busybox, command: sleep infinity, stop_grace_period: 0s}
  extra: {image: alpine, profiles: [debug]}
volumes: {data: {}}
"""


def test_config_says_what_up_makes(folder: Folder) -> None:
    folder.write("compose.yaml", FILE)
    folder.write(".env", "SECONDS_LEFT=602\n")
    folder.composer("up", "-d").ok()
    made = folder.containers()
    volumes = folder.volumes()

    def said(line: str) -> str:
        return folder.composer(*line.split()).ok().out

    names = {one["Config"]["Labels"]["com.docker.compose.service"]: one for one in made.values()}
    hashes = {n: one["Config"]["Labels"]["com.docker.compose.config-hash"]
              for n, one in names.items()}  # fmt: skip
    assert dict(line.split() for line in said("config --hash *").splitlines()) == hashes
    assert said("config --hash web") == f"web {hashes['web']}\n"

    model = json.loads(said("config --format json"))
    assert model["services"]["web"]["command"] == names["web"]["Config"]["Cmd"] == ["sleep", "602"]
    assert [one["name"] for one in model["volumes"].values()] == volumes
    assert said("config --services").split() == ["db", "web"]
    assert said("config --images").split() == [one["Config"]["Image"] for one in names.values()]
    assert said("config --volumes") == "data\n"
    assert said("config --profiles") == "debug\n"
    assert "SECONDS_LEFT=602\n" in said("config --environment")
    assert "${SECONDS_LEFT}" in said("config --no-interpolate")

    digest = docker("image", "inspect", "-f", "{{index .RepoDigests 0}}", "busybox").strip()
    assert digest.partition("@")[2] in said("config --resolve-image-digests")

    assert said("config -q") == ""
    assert said("config -o whole.yaml") == ""
    before = folder.ids()
    folder.composer("-f", "whole.yaml", "up", "-d").ok()
    assert folder.ids() == before


def test_what_version_tells_is_one_number(folder: Folder) -> None:
    number = folder.composer("version", "--short").ok().out.strip()

    assert json.loads(folder.composer("version", "-f", "json").ok().out) == {"version": number}
    assert folder.composer("version", "--format", "pretty").ok().out.split()[-1] == number
