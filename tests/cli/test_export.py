"""`export` and `commit`: what is made of one container."""

from __future__ import annotations

import io
import os
import tarfile

import pytest

from support.session import World


@pytest.fixture
def up(demo: World, capfdbinary: pytest.CaptureFixture[bytes]) -> World:
    demo.run("up", "-d", "--scale", "db=2")
    for number in (1, 2):
        demo.engine.containers[f"demo-db-{number}"].files["/number"] = str(number).encode()
    capfdbinary.readouterr()
    return demo


def number_in(archive: bytes) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        content = tar.extractfile("./number")
        assert content is not None
        return content.read()


def test_the_archive_comes_on_standard_output(
    up: World, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert up.run("export", "db") == 0
    assert number_in(capfdbinary.readouterr().out) == b"1"
    assert up.run("export", "--index", "2", "db") == 0
    assert number_in(capfdbinary.readouterr().out) == b"2"


def test_a_file_has_its_name_only_when_it_is_whole(
    up: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert up.run("export", "-o", "out.tar", "db") == 0
    assert number_in((up.directory / "out.tar").read_bytes()) == b"1"
    assert oct((up.directory / "out.tar").stat().st_mode) == "0o100600"

    def broken(path: str, name: str) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("os.replace", broken)
    assert up.run("export", "-o", "second.tar", "db") == 1
    assert sorted(os.listdir(up.directory)) == ["compose.yaml", "out.tar"]


def test_who_runs_is_taken_before_who_does_not(
    up: World, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    up.engine.become("demo-db-1", exits=0)
    up.run("export", "db")
    assert number_in(capfdbinary.readouterr().out) == b"2"

    up.engine.become("demo-db-2", exits=0)
    up.run("export", "db")
    assert number_in(capfdbinary.readouterr().out) == b"1"


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        ("-o nowhere/out.tar db", "invalid output path: directory 'nowhere' does not exist"),
        ("-o . db", "invalid output path: '.' is a directory"),
        ("-o /dev/null db", "invalid output path: '/dev/null' must be a regular file"),
        ("nobody", "no such service: nobody"),
    ],
)
def test_what_cannot_be_exported_is_named(
    up: World, capfdbinary: pytest.CaptureFixture[bytes], argv: str, says: str
) -> None:
    assert up.run("export", *argv.split()) == 1
    assert says in capfdbinary.readouterr().err.decode()


def test_an_archive_is_not_written_to_a_terminal(
    up: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert up.run("export", "db") == 1


def test_an_image_is_made_and_its_id_printed(
    up: World, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert up.run("commit", "-a", "Ada", "-m", "saved", "-c", "ENV A=1", "db", "saved:1") == 0

    out, err = capfdbinary.readouterr()
    assert out.decode().strip() == up.engine.images["saved:1"].id
    assert f"Committed as {up.engine.images['saved:1'].id}" in err.decode()


def test_a_dry_run_makes_neither_image_nor_file(up: World) -> None:
    assert up.run("--dry-run", "commit", "db", "saved:1") == 0
    assert up.run("--dry-run", "export", "-o", "out.tar", "db") == 0

    assert "saved:1" not in up.engine.images
    assert os.listdir(up.directory) == ["compose.yaml"]
