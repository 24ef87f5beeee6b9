"""What is in containers, as archives in and out, and images made of it."""

from __future__ import annotations

import io
import tarfile
from contextlib import closing

import pytest

from composer.engine.port import ByteStream
from composer.errors import EngineError, NotFound
from composer.model.archives import CommitSpec
from composer.model.service import Mount, VolumeOptions
from support.lab import Bench


def archive(*files: tuple[str, bytes | None]) -> io.BytesIO:
    """Return an archive of files; None makes a directory."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.mode = 0o755
            if content is None:
                entry.type = tarfile.DIRTYPE
            entry.size = len(content or b"")
            tar.addfile(entry, io.BytesIO(content or b""))
    buffer.seek(0)
    return buffer


def content_of(stream: ByteStream) -> dict[str, bytes | None]:
    """Return what an archive holds; None is a directory, or a link."""
    with closing(stream):
        packed = io.BytesIO(b"".join(stream))
    with tarfile.open(fileobj=packed) as tar:
        return {
            entry.name: tar.extractfile(entry).read() if entry.isreg() else None  # type: ignore[union-attr]
            for entry in tar
        }


TREE = (("d", None), ("d/a", b"one"), ("d/e", None), ("d/e/b", b"two"))


@pytest.fixture
def filled(bench: Bench) -> str:
    """A container that never ran, with a tree in /tmp."""
    name = bench.create()
    bench.engine.write_archive(name, "/tmp", archive(*TREE))
    return name


def test_what_is_written_comes_out_again_under_the_last_part_of_its_path(
    bench: Bench, filled: str
) -> None:
    assert content_of(bench.engine.read_archive(filled, "/tmp/d")) == dict(TREE)
    assert content_of(bench.engine.read_archive(filled, "/tmp/d/a")) == {"a": b"one"}


def test_the_contents_of_a_directory_are_asked_for_with_a_dot(bench: Bench, filled: str) -> None:
    found = content_of(bench.engine.read_archive(filled, "/tmp/d/."))

    assert found == {".": None, "./a": b"one", "./e": None, "./e/b": b"two"}


def test_a_place_is_looked_at_without_its_content(bench: Bench, filled: str) -> None:
    look = bench.engine.look_at
    file, directory = look(filled, "/tmp/d/a"), look(filled, "/tmp/d/")

    assert file is not None
    assert (file.name, file.kind, file.size) == ("a", "file", 3)
    assert directory is not None
    assert (directory.name, directory.kind) == ("d", "directory")
    assert look(filled, "/tmp/none") is None
    assert look(filled, "/tmp/d/a/") is None


def test_what_comes_out_is_told_before_it_comes(bench: Bench, filled: str) -> None:
    stream = bench.engine.read_archive(filled, "/tmp/d")
    stream.close()

    assert (stream.stat.name, stream.stat.kind) == ("d", "directory")


def test_files_are_put_beside_and_over_what_is_there(bench: Bench, filled: str) -> None:
    bench.engine.write_archive(filled, "/tmp/d", archive(("a", b"new"), ("c", b"")))

    found = content_of(bench.engine.read_archive(filled, "/tmp/d"))
    assert found == {**dict(TREE), "d/a": b"new", "d/c": b""}


@pytest.mark.parametrize("files", [("e", b"file"), ("a", None)], ids=["a file", "a directory"])
def test_files_and_directories_do_not_replace_each_other(
    bench: Bench, filled: str, files: tuple[str, bytes | None]
) -> None:
    with pytest.raises(EngineError, match="cannot overwrite"):
        bench.engine.write_archive(filled, "/tmp/d", archive(files))

    assert content_of(bench.engine.read_archive(filled, "/tmp/d")) == dict(TREE)


def test_nothing_is_written_where_there_is_no_directory(bench: Bench, filled: str) -> None:
    with pytest.raises(NotFound, match="could not find the file /nowhere"):
        bench.engine.write_archive(filled, "/nowhere", archive(("a", b"")))


def test_what_is_not_there_cannot_be_read(bench: Bench, filled: str) -> None:
    with pytest.raises(NotFound, match="could not find the file /tmp/none"):
        bench.engine.read_archive(filled, "/tmp/none")


def test_nothing_is_written_into_a_read_only_container(bench: Bench) -> None:
    name = bench.create(read_only=True)
    with pytest.raises(EngineError, match="read-only"):
        bench.engine.write_archive(name, "/tmp", archive(("a", b"")))


def test_all_of_a_container_is_exported(bench: Bench, filled: str) -> None:
    found = content_of(bench.engine.export(filled))
    exported = {name.removeprefix("./"): content for name, content in found.items()}

    assert exported["tmp/d/a"] == b"one"


def test_an_image_is_made_of_a_container(bench: Bench, filled: str) -> None:
    ref = bench.image_name()
    spec = CommitSpec(ref=ref, author="Ada", message="saved", changes=("ENV A=1",))

    id = bench.engine.commit(filled, spec)

    image = bench.engine.image(ref)
    assert image is not None
    assert image.id == id


def test_what_is_of_another_kind_gives_way_if_it_is_to_be_replaced(
    bench: Bench, filled: str
) -> None:
    other = archive(("d", b"a file"), ("f", None), ("f/b", b"3"))
    bench.engine.write_archive(filled, "/tmp", archive(("f", b"2")))

    bench.engine.write_archive(filled, "/tmp", other, replace=True)

    found = content_of(bench.engine.read_archive(filled, "/tmp"))
    assert found["tmp/d"] == b"a file"
    assert found["tmp/f/b"] == b"3"
    assert "tmp/d/a" not in found


def test_what_is_written_into_a_volume_is_there_for_the_next_container(bench: Bench) -> None:
    volume = bench.make_volume()
    mount = Mount(type="volume", source=volume, target="/v", volume=VolumeOptions(nocopy=True))
    writes, reads = (bench.create(name, mounts=(mount,)) for name in ("writes", "reads"))
    assert content_of(bench.engine.read_archive(reads, "/v/.")).keys() == {"."}

    bench.engine.write_archive(writes, "/v", archive(("d/a", b"one")))
    bench.engine.remove(reads)
    reads = bench.create("reads", mounts=(mount,))

    assert content_of(bench.engine.read_archive(reads, "/v/."))["./d/a"] == b"one"
