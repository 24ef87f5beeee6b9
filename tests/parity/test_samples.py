"""Every sample means the same to Docker Compose and to composer, whichever way it is started."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from composer.cli.main import dispatch
from support.parity import ROOT, Case, differences

SAMPLES = ROOT / "samples"
WAYS = {
    "dev-prod": ("", "-f compose.yaml", "-f compose.yaml -f compose.prod.yaml"),
    "mongo-app": ("", "--profile tools"),
    "monorepo": (
        "",
        *(f"--profile {name}" for name in ("full", "debug", "'*'")),
        "-f api/compose.yaml --profile api",
        "-f api/compose.yaml --profile test",
        "-f infra/compose.yaml",
        "-f web/compose.yaml --profile web",
    ),
}
"""How a sample can be started, other than just so."""


def _cases() -> list[Case]:
    return [
        _case(folder, tuple(flags.replace("'", "").split()))
        for folder in sorted(SAMPLES.iterdir())
        for flags in WAYS.get(folder.name, ("",))
    ]


def _case(folder: Path, flags: tuple[str, ...]) -> Case:
    return Case(folder, " ".join((folder.name, *flags)), flags, (), folder, None)


def _files() -> list[Path]:
    return sorted(
        path for path in SAMPLES.rglob("*") if re.search(r"compose[.\w]*\.ya?ml$", path.name)
    )


@pytest.mark.parity
@pytest.mark.slow
@pytest.mark.parametrize("case", _cases(), ids=str)
def test_both_read_a_sample_alike(case: Case, verdict: Counter[str]) -> None:
    found = differences(case)
    verdict["differ" if found else "agree"] += 1

    assert not found, "\n".join(found)


@pytest.mark.parametrize("case", _cases(), ids=str)
def test_a_sample_loads_without_a_warning(case: Case) -> None:
    ran = case.composer("config", "-q")

    assert (ran.code, ran.err) == (0, "")


def test_each_file_of_a_sample_is_used_in_some_way() -> None:
    """Each compose file is started, included, or the text that migrate is shown with."""
    started = {
        case.directory / name
        for case in _cases()
        for name in [flag for flag in case.flags if flag.endswith(".yaml")] or _found(case)
    }
    shown = {SAMPLES / "rails" / "docker-compose.2014.yml"}

    assert set(_files()) == started | shown


def _found(case: Case) -> list[str]:
    names = ("compose.yaml", "docker-compose.yml", "compose.override.yaml")
    return [name for name in names if (case.directory / name).exists()]


@pytest.mark.parametrize("folder", sorted(SAMPLES.iterdir()), ids=lambda folder: folder.name)
def test_what_a_sample_builds_or_mounts_is_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    assert dispatch(["--profile", "*", "config"]) == 0
    printed = capsys.readouterr().out

    named = re.findall(r"(?:context|source|file): (\S+)", printed)
    inside = {Path(path) for path in named if path.startswith(str(folder))}
    assert {path for path in inside if not path.exists()} == set()


@pytest.mark.parametrize("folder", sorted(SAMPLES.iterdir()), ids=lambda folder: folder.name)
def test_a_sample_says_what_it_is_and_how_to_start_it(folder: Path) -> None:
    text = (folder / "README.md").read_text()

    assert text.startswith(f"# {folder.name}\n")
    assert "composer " in text
