"""Both builders, for real."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from composer.engine.docker.client import connect
from composer.errors import EngineError
from composer.model.build import Build
from composer.model.events import Progress
from composer.model.resources import BuildSpec
from support.lab import IMAGE, Bench
from support.peer import with_buildx

pytestmark = pytest.mark.docker

BUILDERS = ("classic", "buildx")


@pytest.fixture(params=BUILDERS)
def builder(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def bench(builder: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    environment = {**os.environ, "DOCKER_BUILDKIT": "0"}
    if builder == "buildx":
        environment |= with_buildx(tmp_path_factory.mktemp("docker"))
    engine = connect(environment)
    assert engine.bakes() is (builder == "buildx")
    if engine.image(IMAGE) is None:
        engine.pull(IMAGE, None, lambda progress: None)
    bench = Bench(engine)
    yield bench
    bench.clear()
    engine.close()


def build(bench: Bench, context: Path, **fields: Any) -> tuple[str, list[str]]:
    """Build and return the image's name, and what the builder said."""
    tag = bench.image_name()
    heard: list[Progress] = []
    spec_fields = {"secrets": fields.pop("secrets_from")} if "secrets_from" in fields else {}
    spec = BuildSpec(
        service="web", tags=(tag,), build=Build(context=str(context), **fields), **spec_fields
    )
    bench.engine.build(spec, heard.append)
    return tag, [progress.text for progress in heard]


def said(bench: Bench, image: str, *command: str) -> list[str]:
    name = bench.finish(image=image, command=command)
    return [line.text.decode() for line in bench.engine.logs(name)]


def write(directory: Path, **texts: str) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (directory / name.replace("_", ".")).write_text(text)
    return directory


def test_arguments_target_and_labels_reach_the_image(bench: Bench, tmp_path: Path) -> None:
    dockerfile = f"""
        FROM {IMAGE} AS base
        ARG COLOUR=red
        ARG SIZE=small
        RUN echo $COLOUR $SIZE > /said
        FROM base AS never
        RUN false
    """
    write(tmp_path, Dockerfile=dockerfile)

    tag, _ = build(
        bench,
        tmp_path,
        args={"COLOUR": "blue", "SIZE": None},
        target="base",
        labels={"l": "m"},
    )

    assert said(bench, tag, "cat", "/said") == ["blue small"]
    image = bench.engine.image(tag)
    assert image is not None
    assert image.labels["l"] == "m"


def test_what_dockerignore_names_is_not_copied(bench: Bench, tmp_path: Path) -> None:
    write(
        tmp_path,
        Dockerfile=f"FROM {IMAGE}\nCOPY . /app\n",
        secret="",
        kept="",
        _dockerignore="secret\nDockerfile\n.dockerignore\n",
    )

    tag, _ = build(bench, tmp_path)

    assert said(bench, tag, "ls", "/app") == ["kept"]


def test_the_dockerfile_may_stand_outside_or_in_the_file(bench: Bench, tmp_path: Path) -> None:
    context = write(tmp_path / "app", data="42\n")
    text = f"FROM {IMAGE}\nCOPY data /data\n"
    write(tmp_path / "other", Dockerfile=text)

    outside, _ = build(bench, context, dockerfile="../other/Dockerfile")
    inline, _ = build(bench, context, dockerfile_inline=text)

    assert said(bench, outside, "cat", "/data") == ["42"]
    bench.engine.remove(bench.name("web"))
    assert said(bench, inline, "cat", "/data") == ["42"]


def test_hosts_and_network_are_those_asked_for(bench: Bench, tmp_path: Path) -> None:
    write(tmp_path, Dockerfile=f"FROM {IMAGE}\nRUN grep -h 'other\\|here' /etc/hosts > /said\n")

    tag, _ = build(
        bench, tmp_path, extra_hosts=("other=192.0.2.7", "here=192.0.2.8"), network="host"
    )

    assert sorted(said(bench, tag, "cat", "/said")) == ["192.0.2.7\tother", "192.0.2.8\there"]


def test_each_step_is_reported(bench: Bench, tmp_path: Path) -> None:
    write(tmp_path, Dockerfile=f"FROM {IMAGE}\nRUN echo hello from the build\n")

    _, heard = build(bench, tmp_path, no_cache=True)

    assert any("RUN echo hello" in line for line in heard)
    assert any(line.endswith("hello from the build") for line in heard)


def test_a_failure_names_the_step_and_shows_its_last_lines(bench: Bench, tmp_path: Path) -> None:
    write(tmp_path, Dockerfile=f"FROM {IMAGE}\nRUN echo look here; exit 3\n")

    with pytest.raises(EngineError, match="the build of 'web' failed at 'RUN echo look") as caught:
        build(bench, tmp_path)

    assert caught.value.help is not None
    assert "\n  look here" in caught.value.help


def test_a_typo_in_the_dockerfile_is_an_error(bench: Bench, tmp_path: Path) -> None:
    write(tmp_path, Dockerfile=f"FROM {IMAGE}\nRUNN true\n")

    with pytest.raises(EngineError, match=r"unknown instruction: RUNN"):
        build(bench, tmp_path)


def test_a_mount_in_a_step_needs_buildx(bench: Bench, builder: str, tmp_path: Path) -> None:
    write(
        tmp_path,
        Dockerfile=f"FROM {IMAGE}\nRUN --mount=type=secret,id=key cp /run/secrets/key /said\n",
        key="s3cret\n",
        _dockerignore="key\n",
    )
    secrets = {"key": str(tmp_path / "key")}

    if builder == "classic":
        with pytest.raises(EngineError, match="requires BuildKit"):
            build(bench, tmp_path, secrets_from=secrets)
    else:
        tag, _ = build(bench, tmp_path, secrets_from=secrets)
        assert said(bench, tag, "cat", "/said") == ["s3cret"]
