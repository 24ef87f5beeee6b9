"""Push to, and pull from, registries that know everybody and one that does not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.cli import Folder, docker, run
from support.cut_registry import cut_registry
from support.registries import ask_a_helper, log_in, manifests_of, real_registry

pytestmark = pytest.mark.docker


@pytest.fixture
def built(folder: Folder, tmp_path: Path) -> Iterator[tuple[Folder, str]]:
    """A project of two images that are built, named for a registry that wants a login."""
    (tmp_path / "storage").mkdir()
    with real_registry(tmp_path / "storage", closed=True) as registry:
        folder.write("Dockerfile", f"FROM busybox\nRUN echo {folder.name} > /made\n")
        folder.write(
            "compose.yaml",
            f"""
            services:
              app:
                build: {{context: ., tags: ["{registry}/app:also"]}}
                image: {registry}/app:1
                command: cat /made
              tool: {{build: ., image: "{registry}/tool:1", depends_on: [app]}}
            """,
        )
        folder.composer("build").ok()
        yield folder, registry
        for name in ("app:1", "app:also", "tool:1"):
            run("docker", "rmi", "-f", f"{registry}/{name}")


def test_push_logs_in_and_what_was_pushed_can_be_pulled_elsewhere(
    built: tuple[Folder, str], tmp_path: Path
) -> None:
    folder, registry = built
    folder.environment["DOCKER_CONFIG"] = str(tmp_path / "nobody")

    refused = folder.composer("push")
    ignored = folder.composer("push", "--ignore-push-failures", "app")
    assert (refused.code, ignored.code) == (1, 0)
    assert f"docker login {registry}" in refused.err
    assert "warning: push image" in ignored.err

    log_in(tmp_path / "me", registry)
    folder.environment["DOCKER_CONFIG"] = str(tmp_path / "me")
    assert folder.composer("push", "-q", "app").ok().err == ""
    for tag in ("app:1", "app:also"):
        docker("rmi", "-f", f"{registry}/{tag}")
    folder.composer("pull", "-q", "app").ok()
    assert docker("run", "--rm", f"{registry}/app:1", "cat", "/made") == f"{folder.name}\n"
    me, tool = {"DOCKER_CONFIG": str(tmp_path / "me")}, f"{registry}/tool:1"
    assert run("docker", "pull", tool, env=me).code != 0  # it was not asked for

    folder.composer("build").ok()
    ask_a_helper(tmp_path / "helped", tmp_path / "programs", registry)
    folder.environment |= {
        "DOCKER_CONFIG": str(tmp_path / "helped"),
        "PATH": f"{tmp_path / 'programs'}:{os.environ['PATH']}",
    }
    pushed = folder.composer("push", "--include-deps", "tool").ok()
    assert f"Image {tool}  Pushed" in pushed.err
    assert run("docker", "pull", tool, env=me).code == 0


def test_a_push_that_is_broken_off_is_tried_again(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "storage").mkdir()
    with real_registry(tmp_path / "storage") as registry, cut_registry(registry) as way:
        name = f"{way.host}/app:1"
        folder.write("Dockerfile", f"FROM busybox\nRUN echo {folder.name} > /made\n")
        folder.write("compose.yaml", f"services: {{app: {{build: ., image: '{name}'}}}}")
        folder.composer("build").ok()
        way.resets = 4

        said = folder.composer("--progress", "json", "push").ok().err

        assert len(manifests_of(tmp_path / "storage", "app")) == 1
        assert way.was_cut == 4
        assert "broken off, to be tried again" in said
        docker("rmi", "-f", name)
