"""The bytecode of all modules in one file; the programs here are Python processes of their own."""

from __future__ import annotations

import os
import py_compile
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

_PROGRAM = """
import sys

directory, *modules = sys.argv[1:]
sys.path[:0] = [directory, {root!r}]
from composer.bytecode import use

keep = use(directory + "/pack")
for name in modules:
    __import__(name)
for name in modules:
    module = sys.modules[name]
    print(module.VALUE, type(module.__loader__).__name__ == "_Loader", module.__file__)
keep()
"""


class Package:
    """A package called `pack`, and what a process sees of it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        for path in ("pack/__init__.py", "pack/one.py", "pack/sub/__init__.py", "pack/sub/two.py"):
            self.write(path, f"VALUE = {path!r}\n")

    def write(self, path: str, text: str) -> None:
        file = self.directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def imported(self, *modules: str, **variables: str) -> list[tuple[str, bool]]:
        """Return the values of modules, and whether they came out of the one file."""
        done = self.run(*modules, **variables)
        assert (done.returncode, done.stderr) == (0, "")
        lines = [line.split() for line in done.stdout.splitlines()]
        for name, (_, _, file) in zip(modules, lines, strict=True):
            assert file.startswith(f"{self.directory}/{name.replace('.', '/')}")
        return [(value, kept == "True") for value, kept, _ in lines]

    def run(self, *modules: str, **variables: str) -> subprocess.CompletedProcess[str]:
        program = _PROGRAM.format(root=str(ROOT))
        clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        return subprocess.run(
            [sys.executable, "-c", program, str(self.directory), *modules],
            env={**clean, **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def files(self) -> list[Path]:
        return [*(self.directory / "pack/__pycache__").glob("all.*")]


@pytest.fixture
def package(tmp_path: Path) -> Package:
    return Package(tmp_path / "lib")


def test_what_was_imported_once_comes_out_of_one_file(package: Package) -> None:
    first = package.imported("pack.one")
    more = package.imported("pack.one", "pack.sub.two")
    everything = package.imported("pack.one", "pack.sub", "pack.sub.two")

    assert first == [("pack/one.py", False)]
    assert more == [("pack/one.py", True), ("pack/sub/two.py", False)]
    assert everything == [
        ("pack/one.py", True),
        ("pack/sub/__init__.py", True),
        ("pack/sub/two.py", True),
    ]


def test_the_file_suffices_without_those_of_the_modules(package: Package) -> None:
    package.imported("pack.one")
    (kept,) = package.files
    for file in package.directory.rglob("*.pyc"):
        file.unlink()
    before = kept.stat()

    assert package.imported("pack.one") == [("pack/one.py", True)]
    assert kept.stat().st_ino == before.st_ino  # it is not written again


def test_a_changed_source_counts_at_once(package: Package) -> None:
    package.imported("pack.one", "pack.sub.two")
    package.write("pack/one.py", "VALUE = 'other'\n")

    seen = [package.imported("pack.one", "pack.sub.two") for _ in range(2)]

    assert seen == [
        [("other", False), ("pack/sub/two.py", True)],
        [("other", True), ("pack/sub/two.py", True)],
    ]


def test_a_source_as_long_as_before_counts_by_its_time(package: Package) -> None:
    package.imported("pack.one")
    package.write("pack/one.py", "VALUE = 'pack/two.py'\n")
    os.utime(package.directory / "pack/one.py", (1, 1))

    assert package.imported("pack.one") == [("pack/two.py", False)]


def test_a_source_that_went_is_gone(package: Package) -> None:
    package.imported("pack.one", "pack.sub.two")
    (package.directory / "pack/one.py").unlink()

    assert "No module named 'pack.one'" in package.run("pack.one").stderr
    assert package.imported("pack.sub.two") == [("pack/sub/two.py", True)]


def test_a_package_that_has_moved_is_read_anew(package: Package, tmp_path: Path) -> None:
    package.imported("pack.one")
    package.directory.rename(tmp_path / "moved")
    package.directory = tmp_path / "moved"

    assert package.imported("pack.one") == [("pack/one.py", False)]
    assert package.imported("pack.one") == [("pack/one.py", True)]


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\xff" * 100])
def test_nonsense_is_written_over(package: Package, content: bytes) -> None:
    package.imported("pack.one")
    (kept,) = package.files
    kept.write_bytes(content)

    assert package.imported("pack.one") == [("pack/one.py", False)]
    assert package.imported("pack.one") == [("pack/one.py", True)]


def test_one_that_was_cut_short_does_no_harm(package: Package) -> None:
    package.imported("pack.one", "pack.sub.two")
    (kept,) = package.files
    kept.write_bytes(kept.read_bytes()[:-20])

    assert [value for value, _ in package.imported("pack.one", "pack.sub.two")] == [
        "pack/one.py",
        "pack/sub/two.py",
    ]
    assert package.imported("pack.sub.two") == [("pack/sub/two.py", True)]


def test_who_wants_no_bytecode_gets_no_file(package: Package) -> None:
    package.imported("pack.one", PYTHONDONTWRITEBYTECODE="1")

    assert package.files == []


def test_what_python_keeps_by_its_content_is_left_to_python(package: Package) -> None:
    unchecked = py_compile.PycInvalidationMode.CHECKED_HASH
    py_compile.compile(str(package.directory / "pack/one.py"), invalidation_mode=unchecked)
    first = package.imported("pack.one", "pack.sub.two")
    (kept,) = package.files
    before = kept.stat()

    second = package.imported("pack.one", "pack.sub.two")

    assert first == [("pack/one.py", False), ("pack/sub/two.py", False)]
    assert second == [("pack/one.py", False), ("pack/sub/two.py", True)]
    assert kept.stat().st_ino == before.st_ino  # and not looked for each time
    package.write("pack/one.py", "VALUE = 'other'\n")
    assert package.imported("pack.one")[0][0] == "other"


def test_a_directory_that_cannot_be_written_is_done_without(package: Package) -> None:
    package.write("pack/__pycache__", "a file")

    assert package.imported("pack.one") == [("pack/one.py", False)]


def test_composer_itself_runs_out_of_it(tmp_path: Path) -> None:
    skipped = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "composer", tmp_path / "composer", ignore=skipped)
    shutil.copytree(ROOT / "schemas", tmp_path / "schemas")
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    command = (sys.executable, "-v", "-m", "composer", "help", "exit-codes")

    ran = [
        subprocess.run(command, cwd=tmp_path, env=clean, capture_output=True, text=True, check=True)
        for _ in range(2)
    ]

    assert ran[0].stdout == ran[1].stdout != ""
    assert [one.stderr.count("<composer.bytecode._Loader object") > 10 for one in ran] == [
        False,
        True,
    ]
