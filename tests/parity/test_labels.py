"""The hashes in the labels that Docker Compose itself writes."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from composer.loader.pipeline import load
from composer.model.names import Label
from composer.model.options import LoadOptions
from composer.planner.digest import network_digest, service_digests, volume_digest
from support.peer import docker_compose

PROJECT = "composer-parity"
FILE = """
services:
  plain: {image: busybox, command: [sleep, "1"]}
  files: {image: busybox, env_file: shell.env, label_file: shell.env, environment: {A: b}}
  mounts: {image: busybox, volumes: ["data:/data", "./host:/host:ro"], networks: [front, default]}
  unhashed: {image: busybox, depends_on: [plain], scale: 2, pull_policy: never}
networks:
  front: {driver: bridge, labels: {a: b}, internal: true, enable_ipv6: false}
volumes:
  data: {labels: {a: b}}
"""

pytestmark = [pytest.mark.parity, pytest.mark.docker]


def docker(directory: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["docker", *arguments], cwd=directory, capture_output=True, text=True, check=True
    )
    return done.stdout


def compose(directory: Path, *arguments: str) -> None:
    subprocess.run(
        [docker_compose(), "-p", PROJECT, *arguments],
        cwd=directory,
        capture_output=True,
        check=True,
    )


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "compose.yaml").write_text(FILE)
    (tmp_path / "shell.env").write_text("FROM_FILE=1\n")
    compose(tmp_path, "up", "--no-start", "--quiet-pull")
    yield tmp_path
    compose(tmp_path, "down", "-v")


def labels(directory: Path, kind: str, key: Label) -> dict[str, str]:
    """Return the hash by the name in the file, for all of one kind of the project."""
    listed = docker(
        directory, kind, "ls", "-q", "--filter", f"label={Label.PROJECT}={PROJECT}",
        *(("-a",) if kind == "container" else ()),
    ).split()  # fmt: skip
    inspected = json.loads(docker(directory, kind, "inspect", *listed))
    found = [one["Config"]["Labels"] if kind == "container" else one["Labels"] for one in inspected]
    return {one[key]: one[Label.CONFIG_HASH] for one in found}


def test_docker_compose_writes_the_hashes_that_we_compute(project: Path) -> None:
    loaded = load(LoadOptions(working_directory=str(project), project_name=PROJECT)).project

    assert labels(project, "container", Label.SERVICE) == {
        name: service_digests(service)[0] for name, service in loaded.services.items()
    }
    assert labels(project, "network", Label.NETWORK) == {
        key: network_digest(network) for key, network in loaded.networks.items()
    }
    assert labels(project, "volume", Label.VOLUME) == {
        key: volume_digest(volume) for key, volume in loaded.volumes.items()
    }
