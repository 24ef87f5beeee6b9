from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from support.session import World


@pytest.fixture
def up(demo: World, capfdbinary: pytest.CaptureFixture[bytes]) -> World:
    demo.run("up", "-d", "--scale", "db=2")
    demo.engine.containers["demo-db-1"].files["/etc/conf/a"] = b"of the first"
    (demo.directory / "file").write_bytes(b"hello")
    capfdbinary.readouterr()
    return demo


def files(world: World, container: str) -> dict[str, bytes]:
    return world.engine.containers[container].files


def test_a_file_goes_into_every_container_of_a_service(up: World) -> None:
    assert up.run("cp", "file", "db:/tmp/copy") == 0

    assert files(up, "demo-db-1")["/tmp/copy"] == b"hello"
    assert files(up, "demo-db-2")["/tmp/copy"] == b"hello"
    assert "/tmp/copy" not in files(up, "demo-web-1")


def test_one_replica_is_named_by_its_number(up: World) -> None:
    assert up.run("cp", "file", "--index", "2", "db:/tmp") == 0
    assert up.run("cp", "file", "--index", "9", "db:/tmp") == 1

    assert "/tmp/file" not in files(up, "demo-db-1")
    assert files(up, "demo-db-2")["/tmp/file"] == b"hello"


def test_what_comes_out_is_that_of_the_first(up: World) -> None:
    assert up.run("cp", "db:/etc/conf", "out") == 0
    assert up.run("cp", "db:/etc/conf/a", ".") == 0

    assert (up.directory / "out" / "a").read_bytes() == b"of the first"
    assert (up.directory / "a").read_bytes() == b"of the first"


def test_an_archive_comes_out_and_goes_into_all(
    up: World, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert up.run("cp", "db:/etc/conf", "-") == 0
    archive = capfdbinary.readouterr().out
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        assert tar.getnames() == ["conf", "conf/a"]

    stdin = SimpleNamespace(buffer=io.BytesIO(archive), isatty=lambda: False)
    monkeypatch.setattr("sys.stdin", stdin)
    assert up.run("cp", "-", "db:/tmp") == 0

    assert files(up, "demo-db-1")["/tmp/conf/a"] == b"of the first"
    assert files(up, "demo-db-2")["/tmp/conf/a"] == b"of the first"


def test_a_failure_in_one_container_does_not_keep_the_others_from_it(
    up: World, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    up.engine.containers["demo-db-1"].directories.add("/tmp/copy/inner")
    up.engine.containers["demo-db-1"].directories.add("/tmp/copy")
    up.engine.containers["demo-db-1"].directories.add("/tmp/copy/file")
    (up.directory / "copy").mkdir()
    (up.directory / "copy" / "file").touch()

    assert up.run("cp", "copy", "db:/tmp") == 1

    assert files(up, "demo-db-2")["/tmp/copy/file"] == b""
    assert b"error: cannot overwrite" in capfdbinary.readouterr().err


def test_what_cannot_be_read_is_told_and_the_rest_is_copied(
    up: World, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    (up.directory / "d").mkdir()
    (up.directory / "d" / "a").touch()
    os.mkdir(up.directory / "d" / "b")
    import socket

    with socket.socket(socket.AF_UNIX) as plug:
        plug.bind("d/plug")
        assert up.run("cp", "d", "web:/tmp") == 1

    assert files(up, "demo-web-1")["/tmp/d/a"] == b""
    err = capfdbinary.readouterr().err.decode()
    assert f"left out: {up.directory}/d/plug: a socket cannot be copied\n" in err


def test_progress_is_told_in_the_words_of_docker_compose(
    up: World, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    up.run("cp", "file", "web:/tmp")

    assert capfdbinary.readouterr().err.decode().splitlines() == [
        " demo-web-1 copy file to demo-web-1:/tmp Copying",
        " demo-web-1 copy file to demo-web-1:/tmp Copied",
    ]


def test_a_dry_run_copies_nothing(up: World) -> None:
    assert up.run("cp", "--dry-run", "file", "web:/tmp") == 0
    assert up.run("--dry-run", "cp", "db:/etc/conf", "out") == 0

    assert "/tmp/file" not in files(up, "demo-web-1")
    assert not (up.directory / "out").exists()


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        ("file other", "unknown copy direction"),
        ("db:/a web:/a", "copying between services is not supported"),
        ("nobody:/a .", "no container found for service 'nobody'"),
        ("wbe:/a .", "did you mean 'web'?"),
        ("./a:b db:/tmp", "./a:b: no such file or directory"),
        ("db:/etc/conf/a none/x", "invalid output path: directory"),
        ("db:/etc/conf/a none/", "no such directory"),
        ("db:/etc/conf file", "cannot copy directory /etc/conf onto the file"),
        ("db:/etc/conf/a /dev/null", "'/dev/null' must be a directory or a regular file"),
    ],
)
def test_what_cannot_be_copied_is_named(
    up: World, capfdbinary: pytest.CaptureFixture[bytes], argv: str, says: str
) -> None:
    assert up.run("cp", *argv.split()) == 1
    assert says in capfdbinary.readouterr().err.decode()


def test_links_are_followed_at_the_source_when_asked_for_and_at_the_target_always(
    up: World,
) -> None:
    (up.directory / "link").symlink_to("file")
    (up.directory / "there").symlink_to("elsewhere")
    assert up.run("cp", "-L", "link", "web:/tmp") == 0
    assert up.run("cp", "db:/etc/conf/a", "there") == 0

    assert files(up, "demo-web-1")["/tmp/link"] == b"hello"
    assert Path("elsewhere").read_bytes() == b"of the first"
    assert Path("there").is_symlink()
