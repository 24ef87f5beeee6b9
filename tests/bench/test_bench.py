"""The benchmark works; what it measures is printed, never asserted: times vary."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bench import builds, scenes
from bench.projects import compose_file
from composer.dockerfile import instructions
from support.peer import docker_compose

TESTS = Path(__file__).parent.parent


@pytest.mark.parametrize("services", [1, 2, 3, 10, 50])
def test_a_generated_project_has_as_many_services_as_asked_for(services: int) -> None:
    assert len(yaml.safe_load(compose_file(services))["services"]) == services


def test_the_services_that_are_built_share_stages_and_have_one_of_their_own(
    tmp_path: Path,
) -> None:
    builds.write(tmp_path, "x")

    services = yaml.safe_load((tmp_path / "compose.yaml").read_text())["services"]
    stages = [one.rest for one in instructions((tmp_path / "Dockerfile").read_text())
              if one.keyword == "FROM"]  # fmt: skip
    assert len(services) == builds.SERVICES
    assert stages[2:] == [f"deps AS {one['build']['target']}" for one in services.values()]


@pytest.mark.slow
@pytest.mark.parity
@pytest.mark.parametrize("services", [1, 10])
def test_docker_compose_and_composer_accept_what_is_measured(services: int, tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(compose_file(services))

    for program in (docker_compose(), Path(sys.executable).parent / "composer"):
        assert checked([str(program), "config", "-q"], tmp_path) == ""


@pytest.mark.slow
@pytest.mark.parity
def test_the_benchmark_prints_a_row_for_each_project(capsys: pytest.CaptureFixture[str]) -> None:
    printed = checked(
        [sys.executable, "-m", "bench.config_quiet", "1", "50", "--rounds", "3"], TESTS
    )

    with capsys.disabled():
        print(f"\n{printed}")
    rows = [line.split("|")[1].strip() for line in printed.splitlines() if line.startswith("|")]
    assert rows[2:] == ["samples/todo", "1 service", "50 services"]


@pytest.mark.docker
def test_the_benchmark_of_the_engine_prints_a_row_for_each_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    printed = checked([sys.executable, "-m", "bench.engine", "--quick"], TESTS)

    with capsys.disabled():
        print(f"\n{printed}")
    rows = [line.split("|")[1:3] for line in printed.splitlines() if line.startswith("|")]
    assert [f"{project.strip()}: {command.strip(' `')}" for project, command in rows[2:]] == [
        "chain of 2, on health: up -d",
        "chain of 2, on health: up -d, all healthy",
        "chain of 2, on health: down",
        "chain of 2, on completion: up -d",
        "chain of 2, on completion: down",
        "2 services: up -d",
        "2 services: up -d, nothing to do",
        "2 services: ps",
        "2 services: up -d, one changed",
        "2 services: down -t 0",
    ]


@pytest.mark.docker
def test_the_benchmark_of_logs_prints_a_row_for_each_place(
    capsys: pytest.CaptureFixture[str],
) -> None:
    printed = checked([sys.executable, "-m", "bench.logs", "--quick"], TESTS)

    with capsys.disabled():
        print(f"\n{printed}")
    rows = [line.split("|")[1:3] for line in printed.splitlines() if line.startswith("|")]
    assert [f"{lines.strip()} to {place.strip()}" for lines, place in rows[2:]] == [
        "20 000 of one container to nowhere",
        "20 000 of one container to a file",
        "4 × 5 000 to nowhere",
        "4 × 5 000 to a file",
    ]


@pytest.mark.parametrize(
    "text",
    [
        scenes.independent(3),
        scenes.independent(3, changed="x"),
        scenes.gated_on_health(3),
        scenes.gated_on_completion(3),
    ],
)
def test_the_scenes_of_the_engine_are_valid_files(text: str) -> None:
    services = yaml.safe_load(text)["services"]
    assert list(services) == ["s1", "s2", "s3"]
    assert all(isinstance(one["command"][0], str) for one in services.values())


def checked(command: list[str], directory: Path) -> str:
    """Return all that a command prints; it must succeed."""
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr
