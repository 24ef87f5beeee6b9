"""A compose file of containers that exist makes the same containers again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.cli import Folder, docker, free_port, run

pytestmark = pytest.mark.docker

PROJECT = """
services:
  web:
    image: busybox
    command: ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.1; done"]
    scale: 2
    environment: {A: "1", EMPTY: ""}
    depends_on: {db: {condition: service_healthy, restart: true}}
    volumes: ["data:/data", "./here:/there:ro", {type: tmpfs, target: /t, tmpfs: {size: 1m}}]
    networks: {front: {aliases: [site]}, default: }
    secrets: [token]
    mem_limit: 64m
    cpus: 0.5
    restart: on-failure:3
    labels: {mine: "yes"}
    user: "1000:1000"
    read_only: true
    init: true
    cap_drop: [ALL]
    ulimits: {nofile: {soft: 1000, hard: 2000}}
    extra_hosts: ["other:10.0.0.1"]
    sysctls: {net.core.somaxconn: "100"}
    stop_grace_period: 3s
    logging: {driver: json-file, options: {max-size: 1m}}
  db:
    image: busybox
    command: sleep infinity
    stop_grace_period: 0s
    healthcheck: {test: [CMD, "true"], interval: 100ms, retries: 2}
    network_mode: none
  side:
    image: busybox
    command: sleep infinity
    stop_grace_period: 0s
    network_mode: service:db
volumes: {data: {labels: {kept: "1"}}}
networks: {front: {internal: true}}
secrets: {token: {file: ./token}}
"""
_OURS = ("Hostname", "Labels", "Image")


def essence(folder: Folder) -> dict[str, Any]:
    """Return what is the same in two containers that were made of one service."""
    found = {}
    for name, one in folder.containers().items():
        config = {key: value for key, value in one["Config"].items() if key not in _OURS}
        config["Labels"] = {k: v for k, v in one["Config"]["Labels"].items() if k == "mine"}
        host = {**one["HostConfig"], "ContainerIDFile": ""}
        if host["NetworkMode"].startswith("container:"):
            host["NetworkMode"] = "container"
        for key in ("Binds", "Mounts"):
            host[key] = sorted(map(str, host.get(key) or ()))
        mounts = sorted((m["Destination"], m.get("Name"), m["RW"]) for m in one["Mounts"])
        found[name] = (config, host, mounts, sorted(one["NetworkSettings"]["Networks"]))
    return found


def test_a_project_is_made_again_from_its_containers_alone(folder: Folder) -> None:
    (folder.path / "here").mkdir()
    folder.write("token", "s3cret")
    folder.write("compose.yaml", PROJECT)
    folder.composer("up", "-d").ok()
    before = essence(folder)
    names = [name for name in before if name.startswith(folder.name)]

    text = folder.composer("alpha", "generate", *names).ok().out
    relative = folder.composer("alpha", "generate", "--project-dir", ".", *names).ok().out
    folder.composer("down", "-v").ok()
    folder.write("compose.yaml", text)
    folder.composer("up", "-d").ok()

    assert "source: ./here" in relative
    assert "file: ./token" in relative
    assert essence(folder) == before
    assert folder.composer("alpha", "generate", *folder.containers()).ok().out == text
    for part in ("condition: service_healthy", "scale: 2", "network_mode: service:db"):
        assert part in text
    folder.composer("down", "-v").ok()
    assert (folder.containers(), folder.volumes(), folder.networks()) == ({}, [], [])


@pytest.fixture
def stray(folder: Folder) -> Iterator[str]:
    """A container that no Compose has made, with a network and a volume."""
    name = f"{folder.name}-stray"
    docker("network", "create", name)
    docker(
        *("run", "-d", "--name", name, "--network", name, "--network-alias", "alias"),
        *("-p", f"127.0.0.1:{free_port()}:80", "-v", f"{name}:/data", "--hostname", "h"),
        *("--entrypoint", "sleep", "busybox", "infinity"),
    )
    yield name
    run("docker", "rm", "-f", name)
    run("docker", "network", "rm", name)
    run("docker", "volume", "rm", name)


def test_what_no_compose_has_made_is_taken_over_with_its_name_and_its_data(
    folder: Folder, stray: str, tmp_path: Path
) -> None:
    docker("exec", stray, "sh", "-c", "echo kept > /data/x")
    [before] = docker("inspect", "--format", "{{json .HostConfig.PortBindings}}", stray).split(
        "\n"
    )[:1]

    folder.write("compose.yaml", folder.composer("alpha", "generate", stray).ok().out)
    docker("rm", "-f", stray)
    folder.composer("up", "-d").ok()

    assert folder.running() == [stray]
    assert docker("exec", stray, "cat", "/data/x") == "kept\n"
    assert docker("exec", stray, "hostname") == "h\n"
    assert before in docker("inspect", "--format", "{{json .HostConfig.PortBindings}}", stray)
    folder.composer("down", "-v").ok()
    assert stray in docker("volume", "ls", "-q")  # it was there before: it is external
