from __future__ import annotations

import os
import tarfile
from pathlib import Path

from composer.watching.packing import Owner, pack


class Unpacked:
    """What `pack` makes of `sources`: the entries, their contents, and all that it says."""

    def __init__(
        self, sources: dict[str, str], directory: str = "/", owner: Owner | None = None
    ) -> None:
        self.entries: dict[str, tarfile.TarInfo] = {}
        self.contents: dict[str, bytes] = {}
        with pack(sources, directory, owner) as self.packed:
            if self.packed.archive is not None:
                with tarfile.open(fileobj=self.packed.archive) as archive:
                    for entry in archive:
                        self.entries[entry.name] = entry
                        if file := archive.extractfile(entry) if entry.isreg() else None:
                            self.contents[entry.name] = file.read()


def test_files_keep_mode_time_and_content(tmp_path: Path) -> None:
    file = tmp_path / "run.sh"
    file.write_bytes(b"#!/bin/sh\n")
    file.chmod(0o751)
    os.utime(file, (1000, 1000))

    found = Unpacked({"/app/run.sh": str(file)})

    entry = found.entries["app/run.sh"]
    assert (entry.mode, entry.mtime, entry.uid) == (0o751, 1000, os.getuid())
    assert found.contents == {"app/run.sh": b"#!/bin/sh\n"}


def test_a_link_stays_a_link_though_it_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    entry = Unpacked({"/app/link": str(tmp_path / "link")}).entries["app/link"]
    assert (entry.type, entry.linkname) == (tarfile.SYMTYPE, "nowhere")


def test_directories_come_first_and_files_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "d" / "e").mkdir(parents=True)
    for name in ("z", "a", "m"):
        (tmp_path / "d" / name).write_text(name)
    sources = {f"/t/{name}": str(tmp_path / name) for name in ("d/z", "d/a", "d/e", "d/m", "d")}
    assert list(Unpacked(sources).entries) == ["t/d", "t/d/e", "t/d/z", "t/d/a", "t/d/m"]


def test_what_is_not_there_is_gone(tmp_path: Path) -> None:
    packed = pack({"/app/x": str(tmp_path / "x"), "/app/y": str(tmp_path / "x" / "y")})
    assert (packed.archive, packed.gone) == (None, ("/app/x", "/app/y"))


def test_what_cannot_be_read_is_told_and_the_rest_is_packed(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "fine").write_text("1")

    packed = Unpacked({"/a": str(tmp_path / "loop" / "x"), "/b": str(tmp_path / "fine")}).packed

    assert packed.files == ("/b",)
    assert [one.path for one in packed.unread] == [str(tmp_path / "loop" / "x")]


def test_a_pipe_is_left_out_and_nobody_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert pack({"/pipe": str(tmp_path / "pipe")}).count == 0


def test_names_begin_at_the_directory_that_it_is_packed_for(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    assert list(Unpacked({"/data/in/a": str(tmp_path / "a")}, "/data").entries) == ["in/a"]


def test_a_file_with_a_strange_name_keeps_it(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9 \n.txt")
    (tmp_path / name).write_text("1")
    assert list(Unpacked({f"/app/{name}": str(tmp_path / name)}).entries) == [f"app/{name}"]


def test_an_owner_that_is_given_owns_all(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    entry = Unpacked({"/a": str(tmp_path / "a")}, owner=Owner(1000, 100)).entries["a"]
    assert (entry.uid, entry.gid) == (1000, 100)


def test_a_file_that_is_not_as_long_as_it_says_leaves_a_whole_archive(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("whole")
    sysfs = "/sys/kernel/mm/transparent_hugepage/enabled"  # says 4096 bytes, and has fewer

    contents = Unpacked({"/a": sysfs, "/b": str(tmp_path / "b")}).contents

    assert contents["a"].rstrip(b"\0") == Path(sysfs).read_bytes()
    assert contents["b"] == b"whole"
