"""The sample of a registry of one's own: an app is built, goes there, and comes from there."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.cli import Folder, docker, eventually, fetch, free_port, run
from support.registries import basic

pytestmark = pytest.mark.docker


@pytest.fixture
def sample(folder: Folder, tmp_path: Path) -> Iterator[Folder]:
    folder.copy("private-registry")
    folder.environment |= {
        "REGISTRY_PORT": str(free_port()),
        "APP_PORT": str(free_port()),
        "DOCKER_CONFIG": str(tmp_path / "docker"),
    }
    yield folder
    folder.remove()
    run("docker", "rmi", "-f", image(folder))


def image(folder: Folder, tag: str = "1") -> str:
    return f"localhost:{folder.environment['REGISTRY_PORT']}/app:{tag}"


def tags(folder: Folder, login: str) -> list[str] | int:
    """Return the tags that the registry has of the app; the status when it does not say."""
    url = f"http://localhost:{folder.environment['REGISTRY_PORT']}/v2/app/tags/list"
    request = urllib.request.Request(url, headers={"Authorization": basic(login)})
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
            return list(json.load(answer)["tags"])
    except urllib.error.HTTPError as error:
        return error.code


def test_an_app_goes_to_a_registry_of_the_project_and_comes_back_from_there(
    sample: Folder,
) -> None:
    app, registry = image(sample), image(sample).partition("/")[0]
    sample.composer("up", "-d", "--wait", "registry").ok()
    assert sample.running() == [f"{sample.name}-registry-1"]
    sample.composer("build", "app").ok()

    refused = sample.composer("push", "app")
    assert (tags(sample, "demo:demo"), refused.code) == (404, 1)
    assert f"docker login {registry}" in refused.err

    login = ("docker", "login", "-u", "demo", "-p", "demo", registry)
    assert run(*login, env=sample.environment).code == 0
    sample.composer("push", "app").ok()
    assert tags(sample, "demo:demo") == ["1"]
    assert tags(sample, "demo:wrong") == 401

    docker("rmi", "-f", app)
    sample.composer("up", "-d", "--no-build", "app").ok()
    [digest] = json.loads(docker("image", "inspect", "-f", "{{json .RepoDigests}}", app))
    assert digest.startswith(f"{registry}/app@sha256:")  # what is built here has none
    page = f"http://localhost:{sample.environment['APP_PORT']}"
    assert "has been in a registry" in eventually(lambda: fetch(page))
    shown = sample.composer("config", "--resolve-image-digests", "app").ok().out
    assert f"image: {app}@{digest.partition('@')[2]}" in shown

    sample.composer("down").ok()
    sample.composer("up", "-d", "--wait", "registry").ok()
    assert tags(sample, "demo:demo") == ["1"]
    sample.composer("down", "-v").ok()
    assert sample.volumes() == []
