"""Transformation images turn a project into something else, as with Docker Compose."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from support.cli import Folder, docker, run
from support.peer import docker_compose

pytestmark = [pytest.mark.docker, pytest.mark.parity]

DOCKERFILE = """\
FROM busybox
LABEL com.docker.compose.bridge=transformation
RUN mkdir /templates && echo original > /templates/a.tmpl
ENTRYPOINT ["sh", "-c"]
CMD ["cp /in/compose.yaml /out/model.yaml; id -u > /out/user; cat /templates/* > /out/templates; \
echo $LICENSE_AGREEMENT; echo aside >&2; test ! -e /out/model.yaml.seen || exit 3; \
cp /out/model.yaml /out/model.yaml.seen"]
"""
PROJECT = """
name: bridged
services:
  web:
    image: nginx:alpine
    ports: ["8080:80"]
    expose: ["9000"]
    environment: {PRICE: "5$$"}
    depends_on: [db]
    secrets: [token]
    configs: [{source: motd, target: /etc/motd}]
  db: {image: "postgres:16-alpine"}
  app: {build: .}
secrets: {token: {file: ./token}}
configs: {motd: {content: hello}}
"""


@pytest.fixture
def image(folder: Folder) -> Iterator[str]:
    """A transformation, made for this test."""
    folder.environment.pop("COMPOSE_PROJECT_NAME")
    folder.write("Dockerfile", DOCKERFILE)
    folder.write("token", "s3cret\n")
    folder.write("compose.yaml", PROJECT)
    name = f"{folder.name}/transformation:1"
    docker("build", "-q", "-t", name, str(folder.path))
    docker("tag", "busybox", "bridged-app")
    for needed in ("nginx:alpine", "postgres:16-alpine"):
        docker("pull", "-q", needed)
    yield name
    run("docker", "rmi", "-f", name, "bridged-app")


def read(folder: Folder, name: str) -> Any:
    """Return the model that a transformation got; ports are exposed in any order."""
    model = yaml.safe_load((folder.path / name / "model.yaml").read_text())
    for service in model["services"].values():
        service["expose"] = sorted(service.get("expose", ()))
    return model


def test_a_transformation_gets_the_model_of_docker_compose(folder: Folder, image: str) -> None:
    words = ("bridge", "convert", "-t", image)
    aside = folder.path / "aside"  # 2.40 leaves the model where temporary files are
    aside.mkdir()
    env = {"TMPDIR": str(aside)}
    theirs = run(docker_compose(), *words, "-o", "theirs", cwd=folder.path, env=env).ok()
    ours = folder.composer(*words, "-o", "ours").ok()

    assert (ours.out, ours.err) == (theirs.out, theirs.err) == ("true\n", "aside\n")
    expected, found = (read(folder, name) for name in ("theirs", "ours"))
    assert found == expected
    text = (folder.path / "ours/model.yaml").read_text()
    for part in ("image: bridged-app", '- "9000"', '- "80"', "s3cret", "PRICE: 5$\n"):
        assert part in text
    assert (folder.path / "ours/user").read_text() == f"{os.getuid()}\n"
    assert (folder.path / "ours/user").stat().st_uid == os.getuid()
    left = docker("ps", "-aq", "--filter", f"ancestor={image}")
    assert left == ""


def test_transformations_follow_each_other_and_templates_are_replaced(
    folder: Folder, image: str
) -> None:
    (folder.path / "own").mkdir()
    folder.write("own/b.tmpl", "mine\n")

    once = folder.composer("bridge", "convert", "-t", image, "--templates", "own")
    again = folder.composer("bridge", "convert", "-y", "-t", image, "-t", image)

    once.ok()
    assert (folder.path / "out/templates").read_text() == "original\n"  # of the second run
    assert again.code == 1
    assert f"transformation {image} ended with code 3" in again.err
    folder.composer("bridge", "convert", "-y", "-t", image, "--templates", "own").ok()
    assert "mine\n" in (folder.path / "out/templates").read_text()


def test_what_is_in_the_output_directory_is_not_deleted_unasked(folder: Folder, image: str) -> None:
    (folder.path / "out").mkdir()
    folder.write("out/precious", "mine")

    refused = folder.composer("bridge", "convert", "-t", image)

    assert refused.code == 130
    assert (folder.path / "out/precious").read_text() == "mine"


def test_nothing_is_deleted_for_a_conversion_that_cannot_be_or_holds_the_project(
    folder: Folder,
) -> None:
    (folder.path / "out").mkdir()
    folder.write("out/precious", "mine")
    folder.write("compose.yaml", "services: {web: {image: busybox}}")

    missing = folder.composer("bridge", "convert", "-y", "-t", "localhost:1/no/such:image")
    project = folder.composer("bridge", "convert", "-y", "-o", ".")

    assert (folder.path / "out/precious").read_text() == "mine"
    assert (missing.code, project.code) == (1, 1)
    assert f"--output {folder.path}/.: " in project.err


def test_a_transformation_is_listed_and_another_one_begun_with_it(
    folder: Folder, image: str
) -> None:
    words = ("bridge", "transformations")
    for line in ("bridge transformations list", "bridge transformations ls -q"):
        theirs = run(docker_compose(), *line.split(), cwd=folder.path).ok().out.splitlines()
        ours = folder.composer(*line.split()).ok().out.splitlines()
        assert [line for line in ours if folder.name in line] == [
            line for line in theirs if folder.name in line
        ]

    made = folder.composer(*words, "create", "--from", image, "mine").ok()

    assert made.out == f'Transformer created in "{folder.path}/mine"\n'
    assert (folder.path / "mine/templates/a.tmpl").read_text() == "original\n"
    assert (
        "LABEL com.docker.compose.bridge=transformation\n"
        in (folder.path / "mine/Dockerfile").read_text()
    )
    assert folder.composer(*words, "create", "--from", image, "mine").code == 1
    none = folder.composer(*words, "create", "--from", "busybox", "other")
    assert (none.code, (folder.path / "other").exists()) == (1, False)
