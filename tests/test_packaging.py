"""What a user installs: a wheel that brings its schema and works without the source tree."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_the_wheel_brings_the_schema_and_a_command(tmp_path: Path) -> None:
    build = (sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path), str(ROOT))
    subprocess.run(build, check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path / "installed")

    assert "composer/schemas/compose.schema.json" in names
    assert "composer/py.typed" in names
    assert {"composer/cli/topics/files.txt", "composer/cli/shells/composer.zsh"} <= names
    shared = {name.partition(".data/data/share/")[2] for name in names} - {""}
    assert {"man/man1/composer-up.1", "man/man7/composer-files.7"} <= shared
    assert {
        *("bash-completion/completions/composer", "zsh/site-functions/_composer"),
        "fish/vendor_completions.d/composer.fish",
    } <= shared
    assert not [name for name in names if name.startswith(("tests/", "samples/"))]

    file = tmp_path / "compose.yaml"
    file.write_text("services:\n  web:\n    image: busybox\n    enviroment: {}\n")
    ran = subprocess.run(
        (sys.executable, "-m", "composer", "-f", str(file), "config", "-q"),
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "installed"), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert "did you mean 'environment'?" in ran.stderr
