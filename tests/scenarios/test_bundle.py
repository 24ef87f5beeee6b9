"""A project goes to another machine in one file, with its images and its data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.cli import Folder, docker, run
from support.peer import docker_compose
from support.registries import real_registry

pytestmark = pytest.mark.docker

PROJECT = """
services:
  db:
    build: .
    image: {image}
    user: "999:999"
    command: ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.1; done"]
    volumes: ["data:/data", "./motd:/motd:ro"]
    environment: {{WHO: "${{WHO:-nobody}}"}}
volumes: {{data: }}
"""


def test_a_project_goes_to_an_engine_that_has_neither_its_images_nor_its_data(
    folder: Folder, tmp_path: Path
) -> None:
    image = f"{folder.name}/db:1"
    folder.write(
        "Dockerfile",
        f"FROM busybox\nRUN echo {folder.name} > /made && mkdir /data && chown 999:999 /data\n",
    )
    folder.write("motd", "hello\n")
    folder.write("compose.yaml", PROJECT.format(image=image))
    folder.composer("up", "-d").ok()
    name = f"{folder.name}-db-1"
    docker("exec", name, "sh", "-c", "echo kept > /data/x; mkdir /data/d; chmod 700 /data/d")
    before = docker("exec", name, "ls", "-lnR", "/data")

    made = folder.composer("bundle", "--volumes", "-o", str(tmp_path / "b.tar")).ok()

    assert folder.running() == [name]  # it has stood still for a moment, and goes on
    assert "2 files, 1 image, 1 volume" in made.err
    folder.composer("down", "-v").ok()
    docker("rmi", "-f", image)
    run(
        "docker",
        "image",
        "prune",
        "-f",
        "--filter",
        f"label=com.docker.compose.project={folder.name}",
    )
    there = Folder(tmp_path / "there")
    there.name = folder.name
    unpacked = there.composer("unbundle", str(tmp_path / "b.tar"), "-o", "p").ok()

    assert "cd p && composer up -d" in unpacked.err
    inside = Folder(tmp_path / "there" / "p")
    inside.name, inside.environment = folder.name, {}  # .env has the name
    inside.composer("up", "-d").ok()
    assert inside.running() == [name]
    assert (
        docker("exec", name, "cat", "/made", "/motd", "/data/x") == f"{folder.name}\nhello\nkept\n"
    )
    assert docker("exec", name, "ls", "-lnR", "/data") == before
    assert inside.composer("plan", "--exit-code").code == 0
    again = there.composer("unbundle", str(tmp_path / "b.tar"), "-o", "q")
    assert again.code == 1
    assert f"there are volumes of that name already: {folder.name}_data" in again.err
    assert not (tmp_path / "there" / "q").exists()


def test_what_lies_where_a_volume_keeps_its_data_is_not_written_over(
    folder: Folder, tmp_path: Path
) -> None:
    live = tmp_path / "live"
    live.mkdir()
    (live / "x").write_text("bundled")
    opts = f"{{type: none, o: bind, device: {live}}}"
    folder.write(
        "compose.yaml",
        "services: {db: {image: busybox, command: 'true', volumes: ['data:/data']}}\n"
        f"volumes: {{data: {{driver_opts: {opts}}}}}\n",
    )
    folder.composer("up", "--no-start").ok()
    folder.composer("bundle", "--volumes", "-o", str(tmp_path / "b.tar")).ok()
    folder.composer("down", "-v").ok()
    (live / "x").write_text("live")
    there = Folder(tmp_path / "there")
    there.name = folder.name

    refused = there.composer("unbundle", str(tmp_path / "b.tar"), "-o", "p")

    assert refused.code == 1
    assert f"that is what lies in {live}" in refused.err
    assert [(one.name, one.read_text()) for one in live.iterdir()] == [("x", "live")]
    assert docker("volume", "ls", "-q", "--filter", f"name={folder.name}_data") == ""
    (live / "x").unlink()
    there.composer("unbundle", str(tmp_path / "b.tar"), "-o", "p").ok()
    assert (live / "x").read_text() == "bundled"
    docker("volume", "rm", f"{folder.name}_data")


def test_an_image_that_is_named_by_its_digest_goes_along_and_so_does_a_locked_one(
    folder: Folder, tmp_path: Path
) -> None:
    (tmp_path / "storage").mkdir()
    with real_registry(tmp_path / "storage") as registry:
        name = f"{registry}/{folder.name}"
        docker("build", "-q", "-t", f"{name}:1", str(made_of(folder, tmp_path / "image")))
        docker("push", "-q", f"{name}:1")
        folder.write("compose.yaml", f"services: {{web: {{image: '{name}:1'{STAYS}}}}}")
        folder.composer("lock").ok()
        digest = json.loads((folder.path / "compose.lock").read_text())["images"][f"{name}:1"]
        locked = tmp_path / "locked.tar"
        folder.composer("bundle", "--locked", "-o", str(locked)).ok()
        folder.write("compose.yaml", f"services: {{web: {{image: '{name}@{digest}'{STAYS}}}}}")
        folder.composer("bundle", "-o", str(tmp_path / "b.tar")).ok()
        assert docker("images", "-q", "composer-bundle") == ""
    forget(name)

    for bundle in (tmp_path / "b.tar", locked):
        there = Folder(tmp_path / bundle.stem)
        there.name = folder.name
        there.composer("unbundle", str(bundle), "-o", "p").ok()
        inside = Folder(tmp_path / bundle.stem / "p")
        inside.name, inside.environment = folder.name, {}
        inside.composer("up", "-d").ok()

        arrived = f"{name}:sha256-{digest.removeprefix('sha256:')[:12]}"
        [web] = inside.containers().values()
        assert (web["Config"]["Image"], web["State"]["Running"]) == (arrived, True)
        assert docker("exec", web["Name"], "cat", "/made") == f"{folder.name}\n"
        assert docker("images", "-q", "composer-bundle") == ""
        assert inside.composer("plan", "--exit-code").code == 0
        theirs = run(docker_compose(), "up", "-d", cwd=inside.path, env={}).ok()
        assert "Recreate" not in theirs.err
        inside.composer("down", "-t", "0").ok()
        forget(name)


STAYS = ", command: [sh, -c, \"trap 'exit 0' TERM; while :; do sleep 0.1; done\"]"


def made_of(folder: Folder, directory: Path) -> Path:
    """Return a context for an image that nobody else has."""
    directory.mkdir()
    dockerfile = f"FROM busybox\nRUN echo {folder.name} > /made\n"
    (directory / "Dockerfile").write_text(dockerfile)
    return directory


def forget(repository: str) -> None:
    """Let the engine have nothing of a repository any more."""
    found = docker("images", "-q", "--no-trunc", repository)
    if found:
        docker("rmi", "-f", *dict.fromkeys(found.split()))
    assert docker("images", "-q", repository) == ""
