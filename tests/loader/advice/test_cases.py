"""Each warning in a project that deserves it, and in one that nearly does.

`cases/NAME/hurts/said.txt` is all that `composer check` prints about the one;
about the other, `cases/NAME/fine`, it has nothing to say.  Where there is a file
`flags`, it holds what stands before `check`.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from composer.loader.warning_names import WARNINGS
from support.session import World

CASES = Path(__file__).parent / "cases"
NAMES = sorted(path.name for path in CASES.iterdir())


def checked(case: Path, directory: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run `composer check --strict` in a copy of `case`, in a project called demo."""
    shutil.copytree(case, directory / "demo", symlinks=True)
    given = case / "flags"
    flags = given.read_text().split() if given.exists() else []
    return World(directory / "demo", monkeypatch).run(*flags, "check", "--strict")


@pytest.mark.parametrize("name", NAMES)
def test_what_hurts_is_warned_of(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("HOME", "/root")
    assert checked(CASES / name / "hurts", tmp_path, monkeypatch) == 1

    said = capsys.readouterr().out.replace(str(tmp_path), "…")
    assert said == (CASES / name / "hurts" / "said.txt").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_what_nearly_hurts_is_let_pass(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = checked(CASES / name / "fine", tmp_path, monkeypatch)

    assert capsys.readouterr().out.endswith(": no problems\n")
    assert code == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_case_is_about_its_own_warning(name: str) -> None:
    said = (CASES / name / "hurts" / "said.txt").read_text()

    titles = [line for line in said.splitlines() if line.startswith(("warning", "error"))]
    assert titles
    assert {title.partition(":")[0] for title in titles} == {f"warning[{name}]"}


def test_every_warning_has_a_case() -> None:
    assert sorted(WARNINGS) == NAMES
