"""composer's model next to `docker compose config`: YAML, JSON and hashes, on many files.

Every case is loaded by both from one directory with one environment.  Where the
two differ on purpose, `DIFFERENCES` says what Docker Compose prints, what we
print, and why.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from composer.loader.pipeline import load
from composer.model.options import LoadOptions
from composer.model.project import Project
from composer.model.tree import project_tree
from composer.planner.digest import printed_digest
from composer.render.yaml_text import to_json, to_yaml
from support.peer import docker_compose

ROOT = Path(__file__).parent.parent.parent
CASES = Path(__file__).parent / "cases"
OVERRIDES = ("over.yaml", "tags.yaml")
ENVIRONMENT = {"FROM_SHELL": "shell value", "HOME": str(Path.home()), "PATH": "/usr/bin:/bin"}


@dataclass(frozen=True)
class Case:
    """Files that are loaded together.

    `hashes` is False where 2.40 prints other hashes than it writes into labels.
    """

    directory: Path
    files: tuple[str, ...]
    profiles: tuple[str, ...] = ()
    hashes: bool = True

    def __str__(self) -> str:
        return "+".join((self.directory.name, *self.files, *self.profiles))


def _cases() -> list[Case]:
    alone = sorted(path.name for path in CASES.glob("*.yaml") if path.name not in OVERRIDES)
    data = ROOT / "tests" / "loader" / "data"
    return [
        *(Case(CASES, (name,), hashes=name != "environment.yaml") for name in alone),
        Case(CASES, ("base.yaml", "over.yaml")),
        Case(CASES, ("base.yaml", "over.yaml", "tags.yaml")),
        Case(CASES, ("profiles.yaml",), ("debug",)),
        Case(CASES, ("profiles.yaml",), ("*",)),
        Case(data, ("kitchen_sink_long.yaml",), hashes=False),
        Case(data, ("kitchen_sink_short.yaml",), hashes=False),
    ]


@dataclass(frozen=True)
class Difference:
    """`theirs` is a pattern in the YAML of Docker Compose, `ours` what replaces it."""

    why: str
    theirs: str
    ours: str


DIFFERENCES = (
    Difference(
        "a key of build.ssh is printed so that it can be read back",
        r"- 'key: (/\S+)'",
        r"- key=\1",
    ),
    Difference(
        "2.40 forgets the options of ipam, later versions hand them to the engine",
        r"( +)aux_addresses:\n +router: 10.10.0.2\n",
        "\\g<0>      options:\n        a: b\n",
    ),
)


def _docker(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [docker_compose(), *arguments],
        cwd=directory,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
    )


pytestmark = [pytest.mark.parity, pytest.mark.slow]
parametrize = pytest.mark.parametrize("case", _cases(), ids=str)


@cache
def theirs(case: Case, *flags: str) -> str:
    files = [text for name in case.files for text in ("-f", name)]
    profiles = [text for name in case.profiles for text in ("--profile", name)]
    done = _docker(case.directory, *files, *profiles, "config", *flags)
    assert done.returncode == 0, done.stderr
    return done.stdout


@cache
def ours(case: Case) -> Project:
    return load(
        LoadOptions(
            working_directory=str(case.directory),
            environment=ENVIRONMENT,
            files=case.files,
            profiles=case.profiles,
        )
    ).project


@parametrize
def test_the_yaml_is_that_of_docker_compose(case: Case) -> None:
    expected = theirs(case)
    for difference in DIFFERENCES:
        expected = re.sub(difference.theirs, difference.ours, expected)

    assert _ssh_in_order(to_yaml(project_tree(ours(case)))) == _ssh_in_order(expected)


def _ssh_in_order(text: str) -> str:
    """Return `text` with the keys of build.ssh sorted: Docker Compose prints them at random."""
    return re.sub(
        r"( +ssh:\n)((?: +- .*\n)+)",
        lambda match: match[1] + "".join(sorted(match[2].splitlines(keepends=True))),
        text,
    )


@parametrize
def test_the_json_is_that_of_docker_compose(case: Case) -> None:
    if "build:" in theirs(case) and "ssh:" in theirs(case):
        pytest.skip("Docker Compose 2.40 cannot print build.ssh as JSON")

    printed = json.loads(to_json(project_tree(ours(case), json=True)))
    printed.pop("models", None)  # 2.40 forgets them

    assert printed == json.loads(theirs(case, "--format", "json"))


@parametrize
def test_the_hashes_are_those_of_docker_compose(case: Case) -> None:
    if not case.hashes:
        pytest.skip("2.40 prints hashes with env_file in them, but writes labels without")

    hashes = dict(line.split() for line in theirs(case, "--hash", "*").splitlines())

    project = ours(case)
    printed = {
        name: printed_digest(service, project.default_platform)
        for name, service in project.services.items()
    }
    assert printed == hashes
