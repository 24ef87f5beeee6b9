from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from composer.engine.buildx import Buildx, Platforms
from composer.engine.dockerfiles import absent
from composer.errors import Cancelled, EngineError
from composer.model.build import Build
from composer.model.events import Progress
from composer.model.resources import BuildSpec
from composer.record import replace
from composer.source import SourceFile, SourceMark


def docker(directory: Path, script: str) -> Buildx:
    """Return a buildx that does what `script` says; its input is in the file `asked`."""
    plugin = directory / "cli-plugins" / "docker-buildx"
    plugin.parent.mkdir()
    plugin.write_text(f"#!/bin/sh\ncat > {directory}/asked\n{script}\n")
    plugin.chmod(plugin.stat().st_mode | stat.S_IXUSR)
    return Buildx({"PATH": "/usr/bin:/bin"}, str(directory), {})


def spec(tmp_path: Path, service: str = "web", **fields: Any) -> BuildSpec:
    (tmp_path / "Dockerfile").write_text("FROM busybox AS base\nRUN make\nFROM base AS last\n")
    others = ("variables", "push", "platform", "every_platform", "marks", "secrets")
    spec_fields = {name: fields.pop(name) for name in others if name in fields}
    build = Build(**{"context": str(tmp_path), **fields})
    return BuildSpec(service=service, tags=(f"demo-{service}",), build=build, **spec_fields)


PLAIN = Platforms("linux/amd64")


def bake(
    buildx: Buildx, *specs: BuildSpec, engine: Platforms = PLAIN
) -> tuple[list[str], dict[str, str]]:
    """Bake and return what was said, and how each build ended."""
    said: list[str] = []
    ends: dict[str, str] = {}

    def ended(spec: BuildSpec, error: BaseException | None) -> None:
        assert spec.service not in ends
        ends[spec.service] = "let go" if isinstance(error, Cancelled) else str(error or "built")

    def report(spec: BuildSpec, progress: Progress) -> None:
        said.append(f"{spec.service} | {progress.text}")

    buildx.bake(specs, lambda: engine, report, ended)
    return said, ends


def test_buildx_is_used_where_the_plugin_is(tmp_path: Path) -> None:
    assert docker(tmp_path, "").available()
    (tmp_path / "cli-plugins" / "docker-buildx").chmod(0o600)
    installed = Path("/usr/libexec/docker/cli-plugins/docker-buildx").exists()
    assert Buildx({}, str(tmp_path), {}).available() is installed


@pytest.mark.parametrize("value", ["0", "false", "False"])
def test_buildx_is_switched_off_by_a_variable(tmp_path: Path, value: str) -> None:
    docker(tmp_path, "")
    environment = {"PATH": str(tmp_path), "DOCKER_BUILDKIT": value}

    assert not Buildx(environment, str(tmp_path), {}).available()


TOLD = r"""
cat >&2 <<'.'
{"vertexes":[{"digest":"s","name":"[internal] load local bake definitions","started":"t"}]}
{"vertexes":[{"digest":"i","name":"[web internal] load .dockerignore","started":"t"}]}
{"vertexes":[{"digest":"1","name":"[web base 1/2] FROM busybox","started":"t","cached":true}]}
{"vertexes":[{"digest":"2","name":"[web base 2/2] RUN make","started":"t"}]}
{"vertexes":[{"digest":"2","name":"[api base 2/2] RUN make","started":"t"}]}
{"logs":[{"vertex":"2","stream":1,"data":"b25lCnR3"},{"vertex":"2","stream":2,"data":"bwo="}]}
.
"""


def test_what_a_step_says_is_told_once_and_for_each_who_needs_it_that_it_runs(
    tmp_path: Path,
) -> None:
    buildx = docker(tmp_path, TOLD)

    said, ends = bake(buildx, spec(tmp_path), spec(tmp_path, "api"))

    assert said == [
        "web | CACHED [base 1/2] FROM busybox",
        "web | [base 2/2] RUN make",
        "api | [base 2/2] RUN make (as for web)",
        "web | one",
        "web | two",
    ]
    assert ends == {"web": "built", "api": "built"}


def test_an_image_is_built_when_it_is_exported_and_the_others_go_on(tmp_path: Path) -> None:
    done = '{"vertexes":[{"digest":"e","name":"[api] exporting to image","completed":"t"}]}'
    buildx = docker(tmp_path, f"echo '{done}' >&2; echo 'ERROR: target web: no more' >&2; exit 1")

    _, ends = bake(buildx, spec(tmp_path), spec(tmp_path, "api"))

    assert ends == {"api": "built", "web": "the build of 'web' failed: no more"}


@pytest.mark.parametrize("fields", [{"push": True}, {"cache_to": ("type=registry,ref=x",)}])
def test_what_goes_elsewhere_yet_is_not_over_when_its_image_is_there(
    tmp_path: Path, fields: dict[str, Any]
) -> None:
    done = '{"vertexes":[{"digest":"e","name":"exporting to image","completed":"t"}]}'
    buildx = docker(tmp_path, f"echo '{done}' >&2; echo 'ERROR: denied' >&2; exit 1")

    assert bake(buildx, spec(tmp_path, **fields))[1] == {"web": "the build of 'web' failed: denied"}


def test_a_failure_after_everything_is_there_is_one_too(tmp_path: Path) -> None:
    done = '{"vertexes":[{"digest":"e","name":"exporting to image","completed":"t"}]}'
    buildx = docker(tmp_path, f"echo '{done}' >&2; echo 'ERROR: no space' >&2; exit 1")

    assert bake(buildx, spec(tmp_path))[1] == {"web": "the build of 'web' failed: no space"}


FAILED = r"""
cat >&2 <<'.'
{"vertexes":[{"digest":"2","name":"[web base 2/2] RUN make","started":"t"}]}
{"logs":[{"vertex":"2","data":"bm8gcnVsZQo="}]}
{"vertexes":[{"digest":"2","name":"[web base 2/2] RUN make","error":"process failed: exit code: 2"}]}
{"vertexes":[{"digest":"3","name":"[api last 1/1] COPY","error":"context canceled"}]}
ERROR: target web: failed to solve: process failed: exit code: 2
.
exit 1
"""  # noqa: E501 - as it is printed


def test_a_failure_is_told_of_whom_it_is_and_at_its_line_in_the_dockerfile(tmp_path: Path) -> None:
    buildx = docker(tmp_path, FAILED)
    ends: dict[str, BaseException | None] = {}
    specs = [spec(tmp_path), spec(tmp_path, "api")]

    buildx.bake(
        specs,
        lambda: Platforms(""),
        lambda *_: None,
        lambda one, error: ends.update({one.service: error}),
    )

    assert isinstance(ends["api"], Cancelled)
    error = ends["web"]
    assert isinstance(error, EngineError)
    assert error.message == "the build of 'web' failed at 'RUN make': process failed: exit code: 2"
    assert error.help == "last lines of the build:\n  no rule"
    assert error.mark is not None
    assert str(error.mark).endswith("Dockerfile:2:1")


def test_builds_that_were_let_go_have_not_failed(tmp_path: Path) -> None:
    fault = "ERROR: target web: failed to solve: Canceled: context canceled"
    buildx = docker(tmp_path, f"echo '{fault}' >&2; exit 1")

    assert bake(buildx, spec(tmp_path), spec(tmp_path, "api"))[1] == {
        "web": "let go",
        "api": "let go",
    }


SEVERAL = ("linux/arm64", "linux/amd64")


@pytest.mark.parametrize(
    ("fields", "several", "expected"),
    [
        ({"every_platform": True}, True, (list(SEVERAL), ["type=docker"])),
        ({"every_platform": True}, False, (["linux/amd64"], ["type=docker"])),
        ({}, True, (["linux/amd64"], ["type=docker"])),
        ({"platform": "linux/arm64"}, True, (["linux/arm64"], ["type=docker"])),
        ({"platform": "linux/arm64"}, False, (["linux/arm64"], ["type=docker"])),
        ({"push": True}, False, (list(SEVERAL), ["type=image,push=true"])),
    ],
)  # fmt: skip
def test_an_image_is_for_as_many_platforms_as_the_engine_can_hold(
    tmp_path: Path, fields: dict[str, Any], several: bool, expected: tuple[list[str], list[str]]
) -> None:
    engine = Platforms("linux/amd64", several=several)

    bake(docker(tmp_path, ""), spec(tmp_path, platforms=SEVERAL, **fields), engine=engine)

    target = json.loads((tmp_path / "asked").read_text())["target"]["web"]
    assert (target["platforms"], target["output"]) == expected


@pytest.mark.parametrize(
    ("said", "fields", "help"),
    [
        ("Cache export is not supported", {"cache_to": ("type=local",)}, "--builder NAME"),
        ("Multi-platform build is not supported", {"platforms": ("a", "b")}, "--builder NAME"),
        ("Attestation is not supported", {"sbom": "true"}, "--builder NAME"),
        (
            "granting entitlement security.insecure is not allowed by build daemon",
            {"privileged": True},
            "in daemon.json",
        ),
        ("network mode x not supported by buildkit", {"network": "x"}, "set DOCKER_BUILDKIT=0"),
        (
            "target api: unsupported capability moby.buildkit.frontend.contexts",
            {"additional_contexts": {"a": "b"}},
            "use Docker Engine 23 or newer",
        ),
    ],
)
def test_what_the_builder_refuses_is_told_of_whom_it_is_and_at_its_line(
    tmp_path: Path, said: str, fields: dict[str, Any], help: str
) -> None:
    buildx = docker(tmp_path, f"echo 'ERROR: {said}' >&2; exit 1")
    mark = SourceMark(SourceFile("compose.yaml", "x\n"), 1, 1)
    specs = [spec(tmp_path), spec(tmp_path, "api", marks={next(iter(fields)): mark}, **fields)]
    ends: dict[str, BaseException | None] = {}

    buildx.bake(
        specs,
        lambda: Platforms("a"),
        lambda *_: None,
        lambda one, error: ends.update({one.service: error}),
    )

    error = ends["api"]
    assert isinstance(ends["web"], Cancelled)
    assert isinstance(error, EngineError)
    said = said.removeprefix("target api: ")
    assert (error.message, error.mark) == (f"the build of 'api' failed: {said}", mark)
    assert help in (error.help or "")


def test_what_every_layer_says_before_the_error_is_left_out(tmp_path: Path) -> None:
    wrapped = (
        "ERROR: failed to build: failed to solve: rpc error: code = Unknown desc = failed to solve"
        " with frontend dockerfile.v0: failed to create LLB definition: unknown instruction: FRO"
    )
    buildx = docker(tmp_path, f"echo '{wrapped}' >&2; exit 1")

    _, ends = bake(buildx, spec(tmp_path))

    assert ends == {"web": "the build of 'web' failed: unknown instruction: FRO"}


def test_secrets_from_variables_are_in_the_environment_of_the_builder(tmp_path: Path) -> None:
    buildx = docker(tmp_path, 'printf "ERROR: %s %s\\n" "$HIDDEN" "$1" >&2; exit 1')

    _, ends = bake(buildx, spec(tmp_path, variables={"HIDDEN": "s3cret"}))

    assert ends == {"web": "the build of 'web' failed: s3cret bake"}
    assert "s3cret" not in (tmp_path / "asked").read_text()


def test_a_check_that_finds_something_is_an_error_with_its_sum(tmp_path: Path) -> None:
    buildx = docker(tmp_path, "echo \"$*\"; echo 'Check complete, 1 warning found!'; exit 1")
    heard: list[str] = []

    with pytest.raises(EngineError, match="check of 'web' failed: Check complete, 1 warning"):
        buildx.check(replace(spec(tmp_path), check=True), lambda said: heard.append(said.text))
    assert heard[0] == "bake --file=- --progress=plain"
    assert '"call": "lint"' in (tmp_path / "asked").read_text()


def test_a_line_that_is_no_pattern_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / ".dockerignore").write_text("a\n[b\n")
    buildx = docker(tmp_path, "touch tried")

    _, ends = bake(buildx, spec(tmp_path))

    assert ends == {"web": "'[b' is not a pattern: a [ is not closed as it should be"}
    assert not (tmp_path / "asked").exists()


@pytest.mark.parametrize(
    ("fields", "help"),
    [
        ({"context": "/no/such"}, "create it, or correct the path"),
        ({"dockerfile": "Nope"}, "write one, or name another with 'dockerfile'"),
    ],
)
def test_what_is_missing_for_a_build_can_be_made(
    tmp_path: Path, fields: dict[str, Any], help: str
) -> None:
    missing = absent(spec(tmp_path, **fields))

    assert missing is not None
    assert missing.help == help


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"context": "/no/such"}, "build context '/no/such' is not a directory"),
        ({"dockerfile": "Nope"}, "Nope': no such file"),
        ({"isolation": "hyperv"}, "isolation, which BuildKit does not know"),
        ({"secrets": {"s": "/no/such"}}, "secret 's' of the build of 'web': there is no /no/such"),
        ({"ssh": {"k": "/no/such"}}, "ssh key 'k' of the build of 'web': there is no /no/such"),
    ],
)
def test_what_cannot_work_is_not_tried(
    tmp_path: Path, fields: dict[str, Any], message: str
) -> None:
    buildx = docker(tmp_path, "touch tried")

    _, ends = bake(buildx, spec(tmp_path, "api"), spec(tmp_path, **fields))

    assert [*ends] == ["web", "api"]  # who hears of it knows why the other was let go
    assert message in ends["web"]
    assert ends["api"] == "let go"
    assert not (tmp_path / "asked").exists()
