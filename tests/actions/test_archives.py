"""Trees of this machine as archives, and back; and archives that somebody hostile has made."""

from __future__ import annotations

import io
import os
import socket
import stat
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from composer.actions.landing import Landing
from composer.actions.pack import Packed
from composer.actions.unpack import unpack
from composer.errors import ComposerError, EngineError


class Stream:
    def __init__(self, content: bytes, fails_at: int | None = None) -> None:
        self._content, self._fails_at = content, fails_at

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self._content), 1000):
            if self._fails_at is not None and start >= self._fails_at:
                raise EngineError("cut off")
            yield self._content[start : start + 1000]

    def close(self) -> None:
        pass


def packed(path: Path, name: str) -> bytes:
    archive = Packed(str(path), name)
    content = b"".join(iter(lambda: archive.read(777), b""))
    assert archive.left_out == []
    return content


def names(content: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        return tar.getnames()


def put(
    content: bytes, directory: Path, name: str, *, rooted: bool = True, owners: bool = True
) -> tuple[str, ...]:
    return unpack(Stream(content), Landing(str(directory), name), rooted=rooted, owners=owners)


def tree(top: Path) -> dict[str, object]:
    """Return what is below a directory: mode and content, or where a link leads."""
    found: dict[str, object] = {}
    for path in sorted(top.rglob("*")):
        key = str(path.relative_to(top))
        if path.is_symlink():
            found[key] = f"-> {path.readlink()}"
        elif path.is_file():
            found[key] = (oct(stat.S_IMODE(path.stat().st_mode)), path.read_bytes())
        elif path.is_dir():
            found[key] = oct(stat.S_IMODE(path.stat().st_mode))
    return found


@pytest.fixture
def source(tmp_path: Path) -> Path:
    top = tmp_path / "source"
    (top / "deep" / "er").mkdir(parents=True)
    (top / "plain").write_bytes(b"x" * 5000)
    (top / "empty").touch()
    (top / "deep" / "run").write_bytes(b"#!")
    (top / "deep" / "run").chmod(0o4755)
    (top / "deep" / "er").chmod(0o500)
    (top / "away").symlink_to("/etc/passwd")
    (top / "up").symlink_to("../../x")
    (top / "deep" / "\udcff odd\nname").write_bytes(b"odd")
    (top / ("long" * 40)).write_bytes(b"long")
    return top


@pytest.fixture
def target(tmp_path: Path) -> Path:
    path = tmp_path / "target"
    path.mkdir()
    return path


def test_a_tree_comes_out_as_it_went_in(source: Path, target: Path) -> None:
    assert put(packed(source, "source"), target, "copy") == ()

    assert tree(target / "copy") == tree(source)


def test_a_program_that_gets_another_owner_may_not_become_it(source: Path, target: Path) -> None:
    put(packed(source, "source"), target, "copy", owners=False)

    assert tree(target / "copy") == {**tree(source), "deep/run": ("0o755", b"#!")}


def test_times_are_kept_to_the_second_those_of_directories_too(source: Path, target: Path) -> None:
    for path in (source / "plain", source / "deep"):
        os.utime(path, (1_000_000_000, 1_000_000_000))

    put(packed(source, "source"), target, "copy")

    assert (target / "copy" / "plain").stat().st_mtime == 1_000_000_000
    assert (target / "copy" / "deep").stat().st_mtime == 1_000_000_000


def test_the_contents_of_a_directory_go_into_another_one(source: Path, target: Path) -> None:
    (target / "kept").touch()
    put(packed(source, "."), target, ".", rooted=False)

    assert {**tree(source), "kept": ("0o644", b"")} == tree(target)


def test_two_names_of_one_file_stay_two_names_of_one_file(tmp_path: Path, target: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a").write_bytes(b"once" * 1000)
    os.link(tmp_path / "d" / "a", tmp_path / "d" / "b")
    content = packed(tmp_path / "d", "d")

    put(content, target, "copy")
    put(content, target, "copy")

    assert len(content) < 10000
    assert (target / "copy" / "a").stat().st_ino == (target / "copy" / "b").stat().st_ino
    assert sorted(os.listdir(target / "copy")) == ["a", "b"]


def test_holes_stay_holes(tmp_path: Path, target: Path) -> None:
    with open(tmp_path / "holes", "wb") as file:
        file.seek(8 * 1024 * 1024)
        file.write(b"end")
        file.truncate(16 * 1024 * 1024)

    put(packed(tmp_path / "holes", "holes"), target, "copy")

    copy = target / "copy"
    assert copy.read_bytes() == (tmp_path / "holes").read_bytes()
    assert copy.stat().st_blocks * 512 < 4 * 1024 * 1024


def test_pipes_are_made_and_sockets_are_told_of(tmp_path: Path, target: Path) -> None:
    (tmp_path / "d").mkdir()
    os.mkfifo(tmp_path / "d" / "pipe")
    with socket.socket(socket.AF_UNIX) as plug:
        plug.bind(str(tmp_path / "d" / "plug"))
        archive = Packed(str(tmp_path / "d"), "d")
        content = b"".join(iter(lambda: archive.read(512), b""))

    put(content, target, "copy")

    assert (target / "copy" / "pipe").is_fifo()
    assert archive.left_out == [f"{tmp_path}/d/plug: a socket cannot be copied"]


def test_a_file_that_becomes_shorter_meanwhile_breaks_the_archive_off(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"x" * 1_000_000)
    archive = Packed(str(tmp_path / "log"), "log")
    archive.read(100)
    os.truncate(tmp_path / "log", 10)

    with pytest.raises(ComposerError, match="became shorter"):
        list(iter(lambda: archive.read(1000), b""))


def test_a_file_has_its_name_only_when_it_is_whole(source: Path, target: Path) -> None:
    (target / "plain").write_bytes(b"old")
    content = packed(source / "plain", "plain")
    cut = Stream(content, fails_at=3000)

    with pytest.raises(EngineError, match="cut off"):
        unpack(cut, Landing(str(target), "plain"), rooted=True, owners=False)

    assert tree(target) == {"plain": ("0o644", b"old")}


def test_an_archive_that_ends_too_early_is_broken(source: Path, target: Path) -> None:
    content = packed(source / "plain", "plain")
    with pytest.raises(EngineError, match="the archive is broken"):
        put(content[:3000], target, "plain")
    assert tree(target) == {}


# Hostile archives


def hostile(*entries: tuple[str, bytes, str]) -> bytes:
    """Return an archive of (name, type, content or link)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, type, text in entries:
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = type, 0o755
            if type == tarfile.REGTYPE:
                entry.size = len(text)
            else:
                entry.linkname = text
            tar.addfile(entry, io.BytesIO(text.encode()))
    return buffer.getvalue()


DIR, FILE, LINK, HARD = tarfile.DIRTYPE, tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE


@pytest.mark.parametrize(
    "entries",
    [
        [("d", DIR, ""), ("d/../../victim", FILE, "evil")],
        [("../victim", FILE, "evil")],
        [("d", DIR, ""), ("d/l", LINK, "../.."), ("d/l/victim", FILE, "evil")],
        [("d", DIR, ""), ("d/l", LINK, "{outside}"), ("d/l/victim", FILE, "evil")],
        [("d", DIR, ""), ("d/l", LINK, "{outside}"), ("d/l", DIR, ""), ("d/l/victim", FILE, "e")],
        [("d", LINK, "{outside}"), ("d/victim", FILE, "evil")],
        [("d", DIR, ""), ("d/h", HARD, "../victim"), ("d/h", FILE, "evil")],
        [("d", DIR, ""), ("d/l", LINK, "{outside}"), ("d/h", HARD, "d/l/victim")],
        [("{outside}/victim", FILE, "evil")],
        [("d", DIR, ""), ("beside", FILE, "evil")],
    ],
    ids=[
        *("dots", "dots at the root", "a link up", "a link away", "a link made a directory"),
        *("a root that is a link", "a hard link out", "a hard link through a link"),
        *("a whole path", "a second root"),
    ],
)
def test_nothing_is_written_outside_of_where_it_is_wanted(
    tmp_path: Path, target: Path, entries: list[tuple[str, bytes, str]]
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "victim").write_bytes(b"good")
    (tmp_path / "victim").write_bytes(b"good")
    content = hostile(
        *((name.format(outside=outside), type, to.format(outside=outside))
          for name, type, to in entries)
    )  # fmt: skip

    with suppress(ComposerError):
        put(content, target, "copy")

    assert tree(outside) == {"victim": ("0o644", b"good")}
    assert (tmp_path / "victim").read_bytes() == b"good"
    assert sorted(os.listdir(tmp_path)) == ["outside", "target", "victim"]
    assert set(os.listdir(target)) <= {"copy"}


def test_links_of_the_user_below_the_target_are_not_followed(tmp_path: Path, target: Path) -> None:
    (tmp_path / "outside").mkdir()
    (target / "copy").mkdir()
    (target / "copy" / "l").symlink_to(tmp_path / "outside")

    with pytest.raises(ComposerError, match="no link is followed"):
        put(hostile(("d", DIR, ""), ("d/l/x", FILE, "x")), target, "copy")
    put(hostile(("d", DIR, ""), ("d/l", FILE, "x")), target, "copy")

    assert os.listdir(tmp_path / "outside") == []
    assert tree(target) == {"copy": "0o755", "copy/l": ("0o755", b"x")}


def test_a_directory_is_not_replaced_by_a_file_nor_a_file_by_a_directory(target: Path) -> None:
    (target / "copy" / "a").mkdir(parents=True)
    (target / "copy" / "b").touch()
    for entries in ([("d/a", FILE, "x")], [("d/b", DIR, "")]):
        with pytest.raises(ComposerError, match="cannot overwrite"):
            put(hostile(*entries), target, "copy")

    assert tree(target) == {"copy": "0o755", "copy/a": "0o755", "copy/b": ("0o644", b"")}
