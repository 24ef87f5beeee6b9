"""Every flag of `config` beside Docker Compose: what is printed, where, and the exit code.

`flags/*.yaml` are files in which a lot meets; `Case` says how they are run.  Lists of
names have no order in Docker Compose, and are compared without one.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from support.cli import Ran
from support.parity import Case, cases, on_purpose

pytestmark = [pytest.mark.parity, pytest.mark.slow]

CASES = cases("flags")
OLDER = cases("cases")
SMALL = [*cases("files"), *OLDER]

ON_PURPOSE = {
    "environment/settings_in_dotenv": "COMPOSE_PROJECT_NAME gets its value",
    "together/args_and_include": "a variable of an included project gets its value",
    "together/env_file_and_include": "a variable of an included project gets its value",
    "together/secrets_from_environment_and_include": "2.40 prints a note to itself, `x-#value`",
    "profiles/resources_unused": "a one-letter volume of a service that is switched off",
    "volumes/long_bind_empty_source": "an empty source is no path unless it is resolved",
    "yaml/unknown_tags_of_scalars": "a tag that nobody knows makes a text of a number",
}
"""Small files that differ with these flags only; docs/compatibility.md words it."""

_NAMES = ("--services", "--volumes", "--networks", "--images", "--models", "--variables")

FLAGS = (
    "",
    "--format json",
    "--format yaml",
    "--services",
    "--volumes",
    "--networks",
    "--models",
    "--profiles",
    "--images",
    "--environment",
    "--hash *",
    "--no-interpolate",
    "--no-interpolate --format json",
    "--no-interpolate --no-normalize",
    "--no-interpolate --no-path-resolution",
    "--no-interpolate --no-normalize --no-path-resolution --format json",
    "--no-interpolate --services",
    "--no-interpolate --images",
    "--no-interpolate --hash *",
    "--no-normalize",
    "--no-normalize --format json",
    "--no-normalize --no-path-resolution",
    "--no-normalize --images",
    "--no-path-resolution",
    "--no-path-resolution --format json",
    "--no-path-resolution --hash *",
    "--no-consistency",
    "--no-consistency --no-normalize --no-path-resolution",
    "--services --volumes --hash *",
    "--images --profiles",
    "-q",
    "-q --services",
    "-q --hash *",
    "-q --environment",
    "-q --no-interpolate",
)

COMMANDS = (
    "forms config s",
    "forms config t --no-normalize",
    "forms config --images s t",
    "forms config --services t",
    "forms config --volumes t",
    "forms config --hash s,t",
    "forms config --hash t,s -q",
    "forms config --hash nosuch",
    "forms config --hash s,nosuch",
    "forms config nosuch",
    "forms config --images nosuch",
    "forms config --format toml",
    "forms config --format=",
    "forms config --services --format toml",
    "forms config -q --format toml",
    "forms config -o nosuch/file.yaml",
    "forms config --no-interpolate nosuch",
    "forms config --no-interpolate --format toml",
    "forms config --variables --format toml",
    "forms config --nosuch",
    "switched config db",
    "switched config cache",
    "switched config tool",
    "switched config web",
    "switched config web cache",
    "switched config --hash cache",
    "switched config --hash db",
    "switched config --profiles tool",
    "switched config --images tool web",
    "env_files config --hash short,raw,missing",
)


def _id(words: object) -> str:
    return str(words) or "alone"


@pytest.mark.parametrize("flags", FLAGS, ids=_id)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_flag_does_what_it_does_in_docker_compose(case: Case, flags: str) -> None:
    assert_alike(case, "config", *flags.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_services_and_bad_words_are_treated_alike(command: str) -> None:
    name, *arguments = command.split()

    assert_alike(next(case for case in CASES if case.id == name), *arguments)


@pytest.mark.parametrize("format", ["yaml", "json", "table"])
def test_variables_are_listed_alike(format: str, tmp_path: Path) -> None:
    path = tmp_path / "compose.yaml"
    path.write_text("""
        services:
          web:
            image: "x:${TAG:-1}"
            command: "$PLAIN ${NEEDED:?must be there} ${SET:+then} $$NOT ${OUTER:-a ${INNER}}"
            ports: ["${PORT}:80"]
            environment: ["A=${ENV-}"]
        x-more: {a: "${EXTRA}"}
    """)
    case = Case(path, "variables", (), (), tmp_path, None)

    assert_alike(case, "config", "--variables", "--format", format)


@pytest.mark.parametrize("flags", ["--no-interpolate", "--no-normalize --no-path-resolution"])
@pytest.mark.parametrize("case", SMALL, ids=str)
def test_small_files_are_printed_alike(case: Case, flags: str) -> None:
    if case.id in on_purpose() or case.id in ON_PURPOSE:
        pytest.skip("docs/compatibility.md says how they differ")
    words = ("-p", "named", "config", *flags.split())  # how it is named otherwise, differs
    if case.docker(*words).code != 0:
        pytest.skip("Docker Compose refuses it unless it is interpolated")

    assert_alike(case, *words)


@pytest.mark.parametrize("flags", ["--hash *", "--environment", "--images", "--services"])
@pytest.mark.parametrize("case", OLDER, ids=str)
def test_lists_of_many_services_are_printed_alike(case: Case, flags: str) -> None:
    assert_alike(case, "config", *flags.split())


def test_a_file_is_written_alike(tmp_path: Path) -> None:
    for case in CASES:
        for number, flags in enumerate(("", "--format json", "--no-interpolate", "--services")):
            paths = [str(tmp_path / f"{who}-{case.id}-{number}") for who in ("theirs", "ours")]
            theirs = case.docker("config", "-o", paths[0], *flags.split())
            ours = case.composer("config", "-o", paths[1], *flags.split())

            assert (ours.code, sorted(ours.out)) == (theirs.code, sorted(theirs.out))
            assert Path(paths[1]).exists() == Path(paths[0]).exists()
            if Path(paths[0]).exists():
                assert Path(paths[1]).read_text() == Path(paths[0]).read_text()


@pytest.mark.docker
@pytest.mark.parametrize(
    "flags",
    [
        "--resolve-image-digests",
        "--resolve-image-digests --format json",
        "--resolve-image-digests --no-interpolate",
        "--lock-image-digests",
        "--lock-image-digests web",
        "--lock-image-digests --no-interpolate",
        "--lock-image-digests nosuch",
    ],
)
def test_the_digests_are_those_of_the_registry(flags: str, tmp_path: Path) -> None:
    path = tmp_path / "compose.yaml"
    path.write_text(f"""
        services:
          web: {{image: busybox, command: [a], depends_on: [pinned]}}
          tagged: {{image: "docker.io/library/nginx:alpine"}}
          pinned: {{image: "host:5000/a/b:c@sha256:{"0" * 64}"}}
          built: {{build: .}}
    """)

    assert_alike(Case(path, "digests", (), (), tmp_path, None), "config", *flags.split())


def assert_alike(case: Case, *arguments: str) -> None:
    theirs, ours = case.docker(*arguments), case.composer(*arguments)

    assert ours.code == theirs.code, ours.err + theirs.err
    assert _comparable(ours, arguments) == _comparable(theirs, arguments)
    assert bool(ours.err) or theirs.code == 0


def _comparable(ran: Ran, arguments: tuple[str, ...]) -> Any:
    if ran.code != 0:
        return ""
    if "json" in arguments and ran.out:
        return json.loads(ran.out), ran.out[-2:]
    if any(flag in arguments for flag in _NAMES) and "yaml" not in arguments:
        return sorted(ran.out.splitlines())
    return _readable(ran.out.replace("COLUMNS=100\n", ""))  # which only ours is given


def _readable(text: str) -> str:
    """Return `text` with keys of build.ssh as we print them: theirs cannot be read back."""
    return re.sub(r"- 'key: (\S+)'", r"- key=\1", text)
