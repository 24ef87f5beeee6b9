from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from support.session import World

Run = Callable[..., str]


@pytest.fixture
def out(demo: World, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run composer, which must succeed, and return what it prints."""

    def run(*argv: str) -> str:
        assert demo.run(*argv) == 0
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        ("--services", "db\nweb\n"),
        ("--services web", "db\nweb\n"),
        ("--services db", "db\n"),
        ("--volumes", "data\n"),
        ("--networks", "default\n"),
        ("--images", "postgres:16-alpine\nnginx:alpine\n"),
        ("--profiles", ""),
        ("--models", ""),
        ("-q", ""),
    ],
)
def test_one_side_of_the_files_is_printed(out: Run, argv: str, text: str) -> None:
    assert out("config", *argv.split()) == text


def test_the_whole_is_yaml_or_json(out: Run) -> None:
    assert out("config").startswith("name: demo\nservices:\n  db:\n")
    assert json.loads(out("config", "--format", "json"))["services"]["web"]["command"][0] == "sh"


def test_the_whole_can_go_to_a_file(demo: World, out: Run) -> None:
    text = out("config")

    assert out("config", "-o", "out.yaml") == ""
    assert (demo.directory / "out.yaml").read_text() == text


def test_hashes_are_those_of_the_labels(demo: World, out: Run) -> None:
    demo.run("up", "-d")
    label = demo.engine.containers["demo-db-1"].labels["com.docker.compose.config-hash"]
    out("config")

    assert out("config", "--hash", "db") == f"db {label}\n"
    assert [line.split()[0] for line in out("config", "--hash", "*").splitlines()] == ["db", "web"]


def test_variables_are_those_of_the_files(demo: World, out: Run) -> None:
    demo.write("services: {web: {image: 'nginx:${TAG:-1}', user: '${WHO:?who}'}}")

    assert [line.split() for line in out("config", "--variables").splitlines()[1:]] == [
        ["TAG", "false", "1"],
        ["WHO", "true"],
    ]


def test_without_interpolation_variables_stay_as_they_are_written(demo: World, out: Run) -> None:
    demo.write("services: {web: {image: 'nginx:${TAG}'}}")

    assert "image: nginx:${TAG}\n" in out("config", "--no-interpolate")


def test_the_environment_holds_the_env_file(demo: World, out: Run) -> None:
    demo.write("FROM_FILE=yes\n", ".env")

    assert "FROM_FILE=yes\n" in out("config", "--environment")


def test_profiles_are_listed_switched_on_or_not(demo: World, out: Run) -> None:
    demo.write("services: {a: {image: x, profiles: [dev, test]}, b: {image: x}}")

    assert out("config", "--profiles") == "dev\ntest\n"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ("--format toml", "unsupported --format value 'toml'"),
        ("--hash nope", "no such service: nope"),
        ("-o missing/out.yaml", "--output 'missing/out.yaml': no such file or directory"),
        ("--lock-image-digests", "image 'postgres:16-alpine' is not on this engine"),
    ],
)
def test_what_cannot_be_answered_is_refused(
    demo: World, capsys: pytest.CaptureFixture[str], argv: str, message: str
) -> None:
    assert demo.run("config", *argv.split()) == 1
    assert f"error: {message}\n" in capsys.readouterr().err
