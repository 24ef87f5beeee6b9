from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from composer.engine.buildx import Buildx, arguments, failure
from composer.errors import EngineError
from composer.model.build import Build, BuildUlimit
from composer.model.events import Progress
from composer.model.resources import BuildSpec
from composer.model.units import Bytes
from composer.record import replace


def words(**fields: Any) -> str:
    """Return the arguments for a build, without those that every build has."""
    spec_fields = {
        name: fields.pop(name)
        for name in ("platform", "labels", "secrets", "no_cache", "pull")
        if name in fields
    }
    build = Build(**{"context": "/app", **fields})
    spec = BuildSpec(service="web", tags=("demo-web",), build=build, **spec_fields)
    text = " ".join(arguments(spec, lambda: "linux/amd64"))
    start = "buildx build --progress=plain --load "
    assert text.startswith(start)
    return text.removeprefix(start).removesuffix(build.context).strip()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "--tag demo-web"),
        ({"dockerfile": "sub/Dockerfile"}, "--tag demo-web --file /app/sub/Dockerfile"),
        ({"dockerfile": "/other/Dockerfile"}, "--tag demo-web --file /other/Dockerfile"),
        ({"dockerfile_inline": "FROM x"}, "--tag demo-web --file -"),
        (
            {"context": "https://github.com/a/b.git", "dockerfile": "sub/Dockerfile"},
            "--tag demo-web --file sub/Dockerfile",
        ),
        (
            {"args": {"B": "2", "A": "1", "C": None}},
            "--build-arg A=1 --build-arg B=2 --tag demo-web",
        ),
        (
            {"labels": {"b": "2"}},
            "--label b=2 --tag demo-web",
        ),
        (
            {"cache_from": ("a", "b"), "cache_to": ("type=inline",)},
            "--cache-from a --cache-from b --cache-to type=inline --tag demo-web",
        ),
        (
            {"additional_contexts": {"base": "docker-image://x"}},
            "--build-context base=docker-image://x --tag demo-web",
        ),
        ({"extra_hosts": ("a=1.2.3.4",)}, "--add-host a:1.2.3.4 --tag demo-web"),
        (
            {"entitlements": ("network.host",), "privileged": True},
            "--allow network.host --allow security.insecure --tag demo-web",
        ),
        ({"ssh": {"default": None, "key": "/k"}}, "--ssh default --ssh key=/k --tag demo-web"),
        (
            {"secrets": {"a": "/file", "b": "env:NAME"}},
            "--secret id=a,src=/file --secret id=b,env=NAME --tag demo-web",
        ),
        (
            {"ulimits": {"nofile": BuildUlimit(soft=1, hard=2), "core": BuildUlimit(single=0)}},
            "--tag demo-web --ulimit core=0:0 --ulimit nofile=1:2",
        ),
        ({"no_cache_filter": ("one",)}, "--no-cache-filter one --tag demo-web"),
        (
            {"network": "host", "target": "final", "shm_size": Bytes(64)},
            "--tag demo-web --network host --shm-size 64 --target final",
        ),
        ({"provenance": "false", "sbom": "true"}, "--tag demo-web --provenance false --sbom true"),
        ({"no_cache": True, "pull": True}, "--tag demo-web --no-cache --pull"),
        ({"platform": "linux/arm64"}, "--tag demo-web --platform linux/arm64"),
        ({"platforms": ("linux/arm64",)}, "--tag demo-web --platform linux/arm64"),
        (
            {"platforms": ("linux/arm64", "linux/amd64")},
            "--tag demo-web --platform linux/amd64",
        ),
        (
            {"platforms": ("linux/arm64", "linux/riscv64")},
            "--tag demo-web --platform linux/arm64",
        ),
    ],
)
def test_a_build_becomes_arguments(fields: dict[str, Any], expected: str) -> None:
    assert words(**fields) == expected


OUTPUT = """\
#5 [2/3] RUN make
#5 0.123 compiling
#5 0.456 fatal: no rule
#5 ERROR: process "/bin/sh -c make" did not complete successfully: exit code: 2
#4 [1/3] FROM busybox
#4 CANCELED
------
 > [2/3] RUN make:
0.456 fatal: no rule
------
ERROR: failed to build: failed to solve: process "/bin/sh -c make" did not complete \
successfully: exit code: 2
"""


def test_a_failure_names_the_step_and_shows_its_last_lines() -> None:
    error = failure("web", OUTPUT.splitlines())

    assert error.message == (
        "the build of 'web' failed at 'RUN make': process \"/bin/sh -c make\" did not complete"
        " successfully: exit code: 2"
    )
    assert error.help == "last lines of the build:\n  compiling\n  fatal: no rule"


def test_what_every_layer_says_before_the_error_is_left_out() -> None:
    wrapped = (
        "ERROR: failed to build: failed to solve: rpc error: code = Unknown desc = failed to solve"
        " with frontend dockerfile.v0: failed to create LLB definition: unknown instruction: FRO"
    )

    error = failure("web", [wrapped])

    assert error.message == "the build of 'web' failed: unknown instruction: FRO"
    assert error.help is None


def docker(directory: Path, script: str) -> dict[str, str]:
    """Return an environment in which the program docker does what `script` says."""
    program = directory / "docker"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return {"PATH": f"{directory}:/usr/bin:/bin"}


def test_buildx_is_used_where_the_plugin_answers(tmp_path: Path) -> None:
    assert Buildx(docker(tmp_path, 'test "$1 $2" = "buildx version"')).available()
    assert not Buildx(docker(tmp_path, "exit 1")).available()
    assert not Buildx({"PATH": "/nowhere"}).available()


@pytest.mark.parametrize("value", ["0", "false", "False"])
def test_buildx_is_switched_off_by_a_variable(tmp_path: Path, value: str) -> None:
    environment = {**docker(tmp_path, "exit 0"), "DOCKER_BUILDKIT": value}

    assert not Buildx(environment).available()


def spec(tmp_path: Path, **fields: Any) -> BuildSpec:
    (tmp_path / "Dockerfile").touch()
    build = Build(**{"context": str(tmp_path), **fields})
    return BuildSpec(service="web", tags=("demo-web",), build=build)


def test_each_line_of_output_is_reported(tmp_path: Path) -> None:
    heard: list[Progress] = []
    environment = docker(tmp_path, "cat; echo; echo to the side >&2")

    Buildx(environment).build(spec(tmp_path, dockerfile_inline="FROM x"), lambda: "", heard.append)

    assert [progress.text for progress in heard] == ["FROM x", "to the side"]


def test_a_build_that_fails_is_an_error(tmp_path: Path) -> None:
    environment = docker(tmp_path, "echo 'ERROR: it broke'; exit 1")

    with pytest.raises(EngineError, match="the build of 'web' failed: it broke"):
        Buildx(environment).build(spec(tmp_path), lambda: "", lambda progress: None)


def test_a_check_that_finds_something_is_an_error_with_its_sum(tmp_path: Path) -> None:
    environment = docker(tmp_path, "echo \"$*\"; echo 'Check complete, 1 warning found!'; exit 1")
    heard: list[str] = []

    with pytest.raises(EngineError, match="check of 'web' failed: Check complete, 1 warning"):
        Buildx(environment).build(
            replace(spec(tmp_path), check=True), lambda: "", lambda said: heard.append(said.text)
        )
    assert heard[0].startswith("buildx build --progress=plain --check --tag")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"context": "/no/such"}, "build context '/no/such' is not a directory"),
        ({"dockerfile": "Nope"}, "Nope': no such file"),
        ({"isolation": "hyperv"}, "isolation, which buildx does not know"),
    ],
)
def test_what_cannot_work_is_not_tried(
    tmp_path: Path, fields: dict[str, Any], message: str
) -> None:
    environment = docker(tmp_path, "exit 0")

    with pytest.raises(EngineError, match=message):
        Buildx(environment).build(spec(tmp_path, **fields), lambda: "", lambda progress: None)
