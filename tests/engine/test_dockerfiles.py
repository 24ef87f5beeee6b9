"""Where a build failed, in the words of either builder."""

from __future__ import annotations

from pathlib import Path

import pytest

from composer.engine.dockerfiles import failing
from composer.model.build import Build
from composer.model.resources import BuildSpec
from composer.source import SourceFile, SourceMark

HERE = SourceMark(SourceFile("compose.yaml", "target: tset"), 1, 9, 4)


@pytest.mark.parametrize(
    "reason",
    [
        "target stage tset could not be found",
        "failed to reach build target tset in Dockerfile",
    ],
)
@pytest.mark.parametrize(
    ("target", "help"), [("tset", "did you mean 'test'?"), ("x", "its stages are build, test")]
)
def test_a_stage_that_is_not_there_is_told_where_it_is_asked_for(
    tmp_path: Path, reason: str, target: str, help: str
) -> None:
    (tmp_path / "Dockerfile").write_text("FROM x AS build\nFROM x\nFROM build AS test\n")
    build = Build(context=str(tmp_path), target=target)
    spec = BuildSpec(service="web", tags=("web",), build=build, marks={"target": HERE})

    error = failing(spec, "", reason)

    assert (error.mark, error.help) == (HERE, help)


@pytest.mark.parametrize(
    ("step", "line"),
    [
        ("[internal] load metadata for docker.io/library/busybox:latest", 3),
        ("[internal] load metadata for docker.io/library/base:2", 4),
        ("[internal] load metadata for docker.io/team/tool:1@sha256:00", 5),
        ("[internal] load metadata for registry.example/x:latest", 6),
        ("[internal] load metadata for docker.io/library/other:latest", None),
        ("resolve image config for docker-image://docker.io/docker/dockerfile:99", 1),
        ("[work 2/2] COPY --from=team/tool:1 /a /b", 5),
        ("FROM team/tool:1", 5),
        ("FROM base:${V} AS work", 4),
        ("[internal] load build context", None),
    ],
)
def test_an_image_that_is_not_there_is_told_where_it_is_wanted(
    tmp_path: Path, step: str, line: int | None
) -> None:
    (tmp_path / "Dockerfile").write_text(
        "# syntax=docker/dockerfile:99\n"
        "ARG V=1\n"
        "FROM busybox AS first\n"
        "FROM base:${V} AS work\n"
        "COPY --from=team/tool:1 /a /b\n"
        "RUN --mount=from=registry.example/x,target=/x true\n"
    )
    build = Build(context=str(tmp_path), args={"V": "2"})

    error = failing(BuildSpec(service="web", tags=("web",), build=build), step, "not found")

    assert (error.mark and error.mark.line) == line


def test_without_a_line_of_syntax_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM busybox\n# syntax=docker/dockerfile:99\n")
    build = Build(context=str(tmp_path), args={"BUILDKIT_SYNTAX": "docker/dockerfile:99"})
    spec = BuildSpec(service="web", tags=("web",), build=build)

    assert failing(spec, "resolve image config for docker/dockerfile:99", "no").mark is None
