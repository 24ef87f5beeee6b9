"""A project of 2014 moves to the format of today, and its data moves with it."""

from __future__ import annotations

import pytest

from support.cli import Folder, docker, eventually

pytestmark = pytest.mark.docker

LABEL = "com.docker.compose"


def start_as_in_2015(folder: Folder, *volume: str) -> None:
    """Start what Compose 1.5 made of a service db: a name with _, labels, no network."""
    labels = {
        "project": folder.name,
        "service": "db",
        "container-number": "1",
        "oneoff": "False",
        "config-hash": "0123",
        "version": "1.5.2",
    }
    flags = [word for key in labels for word in ("--label", f"{LABEL}.{key}={labels[key]}")]
    script = "echo precious > /data/file; sleep infinity"
    docker(
        "run", "-d", "--name", f"{folder.name}_db_1", *flags, *volume, "busybox", "sh", "-c", script
    )
    eventually(lambda: docker("exec", f"{folder.name}_db_1", "cat", "/data/file"))


def data(folder: Folder) -> str:
    return docker("exec", f"{folder.name}-db-1", "cat", "/data/file").strip()


def test_a_named_volume_keeps_its_data(folder: Folder) -> None:
    volume = f"{folder.name}data"
    text = f"db:\n  image: busybox\n  command: sleep infinity\n  volumes: ['{volume}:/data']\n"
    folder.write("docker-compose.yml", text)
    start_as_in_2015(folder, "-v", f"{volume}:/data")
    try:
        folder.composer("migrate", "--write").ok()
        folder.composer("up", "-d", "-t", "0").ok()

        assert list(folder.containers()) == [f"{folder.name}-db-1"]
        assert data(folder) == "precious"
    finally:
        docker("rm", "-f", f"{folder.name}-db-1")
        docker("volume", "rm", volume)


def test_a_volume_without_a_name_keeps_its_data(folder: Folder) -> None:
    text = "db:\n  image: busybox\n  command: sleep infinity\n  volumes: [/data]\n"
    folder.write("docker-compose.yml", text)
    start_as_in_2015(folder, "-v", "/data")

    folder.composer("migrate", "--write").ok()
    folder.composer("up", "-d", "-t", "0").ok()

    assert list(folder.containers()) == [f"{folder.name}-db-1"]
    assert data(folder) == "precious"


def test_links_set_their_variables_on_the_bridge_network(folder: Folder) -> None:
    folder.write(
        "docker-compose.yml",
        "db: {image: busybox, command: sleep infinity, expose: ['5432'], net: bridge}\n"
        "app: {image: busybox, command: env, links: [db], net: bridge}\n",
    )
    folder.composer("migrate", "--write").ok()
    folder.composer("up", "-d").ok()

    said = eventually(lambda: docker("logs", f"{folder.name}-app-1"))
    assert "DB_PORT_5432_TCP_PORT=5432\n" in said
