"""What the classic builder is sent.  That Docker sends the same: tests/parity/test_dockerignore.py."""  # noqa: E501

from __future__ import annotations

import os
import socket
import tarfile
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from composer.engine.docker.context import Context
from composer.errors import EngineError
from composer.model.build import Build


def context(root: Path, **fields: Any) -> Context:
    return Context(Build(context=str(root), **fields))


def sent(root: Path, **fields: Any) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=context(root, **fields), mode="r|") as tar:  # type: ignore[call-overload]
        return {entry.name: entry for entry in tar}


def texts(root: Path, **fields: Any) -> dict[str, str]:
    found = {}
    with tarfile.open(fileobj=context(root, **fields), mode="r|") as tar:  # type: ignore[call-overload]
        for entry in tar:
            file = tar.extractfile(entry) if entry.isreg() else None
            if file is not None:
                found[entry.name] = file.read().decode()
    return found


def files(directory: Path, **texts: str) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (directory / name.replace("_", ".")).write_text(text)
    return directory


def test_a_context_holds_its_files_as_they_are_but_for_their_owner(tmp_path: Path) -> None:
    files(tmp_path, Dockerfile="FROM x", a="12")
    files(tmp_path / "sub", b="")
    (tmp_path / "sub").chmod(0o700)
    (tmp_path / "a").chmod(0o640)
    os.utime(tmp_path / "a", (5, 1234567.8))
    (tmp_path / "link").symlink_to("nowhere")
    os.link(tmp_path / "a", tmp_path / "z")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(tmp_path / "s"))

    found = sent(tmp_path)

    assert list(found) == ["Dockerfile", "a", "link", "pipe", "sub", "sub/b", "z"]
    assert (found["a"].mode, found["a"].mtime, found["a"].size) == (0o640, 1234567, 2)
    assert found["sub"].isdir()
    assert found["sub"].mode == 0o700
    assert found["link"].linkname == "nowhere"
    assert found["z"].islnk()
    assert found["z"].linkname == "a"
    assert found["pipe"].isfifo()
    assert {(one.uid, one.gid) for one in found.values()} == {(0, 0)}


@pytest.fixture
def large(tmp_path: Path) -> Iterator[Path]:
    files(tmp_path, Dockerfile="FROM x")
    with (tmp_path / "large").open("wb") as file:
        file.truncate(1 << 30)
    yield tmp_path
    (tmp_path / "large").unlink()


def test_a_context_of_a_gibibyte_takes_little_memory(large: Path) -> None:
    one = context(large)
    total = 0
    tracemalloc.start()

    while block := one.read(1 << 20):
        total += len(block)

    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total > 1 << 30
    assert most < 8 << 20


def test_a_file_that_becomes_shorter_while_it_is_read_is_filled_up(tmp_path: Path) -> None:
    files(tmp_path, Dockerfile="FROM x", a="a" * 5000, b="bee")
    one = context(tmp_path)
    names = []

    first = one.read(512)
    (tmp_path / "a").write_text("short")
    rest = b""
    while block := one.read(4096):
        rest += block
    (tmp_path / "tar").write_bytes(first + rest)
    with tarfile.open(tmp_path / "tar") as tar:
        names = tar.getnames()

    assert names == ["Dockerfile", "a", "b"]


def test_an_ignore_file_of_the_dockerfile_goes_before_the_other(tmp_path: Path) -> None:
    files(tmp_path, Dockerfile="FROM x", one="1", two="2", _dockerignore="one\n")
    (tmp_path / "Dockerfile.dockerignore").write_text("two\n")

    assert set(sent(tmp_path)) == {"Dockerfile", "Dockerfile.dockerignore", ".dockerignore", "one"}


def test_what_such_an_ignore_file_takes_out_is_not_there_whatever_it_is(tmp_path: Path) -> None:
    files(tmp_path, Dockerfile="FROM x", one="1", _dockerignore="one\n")
    (tmp_path / "Dockerfile.dockerignore").write_text("*\n!one\n")

    assert texts(tmp_path) == {
        "one": "1",
        ".dockerfile.composer": "FROM x",
        ".dockerignore": "one\n\n.dockerignore\n.dockerfile.composer\n",
    }


def test_a_dockerfile_from_outside_is_added_and_taken_out_by_the_builder(tmp_path: Path) -> None:
    root = files(tmp_path / "app", a="1")
    files(tmp_path, Dockerfile="FROM y")

    for name in ("../Dockerfile", str(tmp_path / "Dockerfile")):
        one = context(root, dockerfile=name)
        assert one.dockerfile == ".dockerfile.composer"
        assert texts(root, dockerfile=name) == {
            "a": "1",
            ".dockerfile.composer": "FROM y",
            ".dockerignore": "\n.dockerignore\n.dockerfile.composer\n",
        }


def test_an_absolute_dockerfile_within_the_context_keeps_its_name(tmp_path: Path) -> None:
    files(tmp_path / "sub", Dockerfile="FROM x")

    assert context(tmp_path, dockerfile=str(tmp_path / "sub/Dockerfile")).dockerfile == (
        "sub/Dockerfile"
    )


def test_an_inline_dockerfile_needs_no_file(tmp_path: Path) -> None:
    files(tmp_path, _dockerignore="x\n")

    assert texts(tmp_path, dockerfile_inline="FROM x") == {
        ".dockerfile.composer": "FROM x",
        ".dockerignore": "x\n\n.dockerfile.composer\n",
    }


@pytest.mark.parametrize(
    ("line", "message"),
    [("[a", r"is not closed"), ("!", r"takes nothing in again"), ("a\\", r"nothing stands behind")],
)
def test_a_pattern_that_is_none_is_told_at_its_line(
    tmp_path: Path, line: str, message: str
) -> None:
    files(tmp_path, Dockerfile="FROM x", _dockerignore=f"# one\n{line}\n")

    with pytest.raises(EngineError, match=message) as caught:
        context(tmp_path)
    assert caught.value.mark is not None
    assert caught.value.mark.line == 2


@pytest.mark.parametrize(
    ("root", "message"), [("none", "is not a directory"), ("", "Dockerfile': no such file")]
)
def test_what_is_missing_is_named(tmp_path: Path, root: str, message: str) -> None:
    with pytest.raises(EngineError, match=message):
        context(tmp_path / root)
