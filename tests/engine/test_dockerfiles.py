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
