"""What a process is started in: its streams, its locale, its directory, names that are no text."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
COMPOSER = (sys.executable, "-m", "composer")
GOOD = "name: demo\nservices:\n  web:\n    image: busybox\n    user: é\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "compose.yaml").write_text(GOOD, encoding="utf-8")
    return tmp_path


def run(
    folder: Path, *argv: str, variables: dict[bytes, bytes] | None = None, first: str = ""
) -> subprocess.CompletedProcess[bytes]:
    """Run composer in `folder`, after a shell has done what `first` says."""
    return subprocess.run(
        ("sh", "-c", f'{first}\nexec "$@"', "sh", *COMPOSER, *argv),
        cwd=folder,
        env={**os.environb, b"PYTHONPATH": os.fsencode(ROOT), **(variables or {})},
        capture_output=True,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"])
@pytest.mark.parametrize(("text", "code"), [(GOOD, 0), ("services: 1\n", 1)])
def test_closed_streams_are_no_bug(folder: Path, closed: str, text: str, code: int) -> None:
    (folder / "compose.yaml").write_text(text, encoding="utf-8")

    done = run(folder, "config", first=f"exec {closed}")

    assert done.returncode == code
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("locale", [b"C", b"POSIX", b"en_US.ISO-8859-1"])
@pytest.mark.parametrize("utf_8", [b"0", b"1"])
def test_text_is_utf_8_in_every_locale(folder: Path, locale: bytes, utf_8: bytes) -> None:
    (folder / "compose.yaml").write_text(GOOD.replace("é", "$ME"), encoding="utf-8")
    encoding = {b"LC_ALL": locale, b"PYTHONUTF8": utf_8, b"PYTHONCOERCECLOCALE": b"0"}

    done = run(folder, "config", variables={**encoding, b"ME": "é".encode()})

    assert done.stderr == b""
    assert "    user: é\n" in done.stdout.decode()


@pytest.mark.parametrize("command", ["config", "check", "migrate"])
def test_a_directory_that_is_gone_is_told(folder: Path, command: str) -> None:
    done = run(folder, command, first="mkdir gone; cd gone; rmdir ../gone")

    assert done.returncode == 1
    assert done.stderr.decode().startswith("error: the directory you are in cannot be told")


@pytest.fixture
def bytes_of_latin_1(folder: Path) -> Callable[..., str]:
    """Run composer on a file into which a variable brings bytes that are not UTF-8."""
    text = 'services:\n  web:\n    image: a$A\n    labels: {x: "$A"}\n'
    (folder / "compose.yaml").write_text(text)

    def say(*argv: str, A: bytes = b"\xff") -> str:
        done = run(folder, *argv, variables={b"A": A, b"LC_ALL": b"C.UTF-8"})
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    return say


def test_bytes_that_are_no_text_are_printed_as_docker_compose_prints_them(
    bytes_of_latin_1: Callable[..., str],
) -> None:
    assert "    image: !!binary Yf8=\n    labels:\n      x: !!binary /w==\n" in bytes_of_latin_1(
        "config"
    )
    assert '"image": "a\\ufffd"' in bytes_of_latin_1("config", "--format", "json")
    assert bytes_of_latin_1("config", "--hash", "*") == (
        "web 07129c5bec2c08cc22c918f8296565f0a6185e7a14fb4be2cb5d539cd85f0dd6\n"
    )


def test_bytes_that_are_no_text_have_an_origin(bytes_of_latin_1: Callable[..., str]) -> None:
    lines = bytes_of_latin_1("config", "--origin").splitlines()

    line = next(line for line in lines if "image" in line)
    assert line.split("#")[0].rstrip() == "    image: !!binary Yf8="
    assert "compose.yaml:3" in line


def test_what_is_printed_in_base_64_is_read_back(
    folder: Path, bytes_of_latin_1: Callable[..., str]
) -> None:
    long = b"x" * 60 + b"\xff"
    printed = bytes_of_latin_1("config", A=long)
    assert "      x: !!binary |\n        eHh4" in printed

    (folder / "compose.yaml").write_text(printed)

    assert bytes_of_latin_1("config", A=long) == printed
