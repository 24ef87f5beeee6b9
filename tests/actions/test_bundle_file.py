from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from composer.actions.bundle_file import reading, writing
from composer.errors import ComposerError, EngineError
from composer.model.bundle import Bundle, BundledVolume
from composer.model.resources import VolumeSpec

VOLUME = BundledVolume(
    spec=VolumeSpec(key="data", name="demo_data", digest="d", labels={"a": "b"}), content="v.tar"
)
PLAIN = Bundle(
    project="demo",
    compose_files=("compose.yaml",),
    images=("a:1",),
    volumes=(VOLUME,),
    missing=("./s",),
)


def write(path: Path) -> Bundle:
    with writing(str(path)) as writer:
        writer.add("project/compose.yaml", [b"services: {}\n"], 0o600)
        writer.add("images.tar", iter([b"x" * 1000, b"", b"y" * 700_000]))
        writer.add("project/" + "long" * 40, [b"z"])
        return writer.finish(PLAIN)


def test_what_is_written_is_read_and_every_tar_program_can_list_it(tmp_path: Path) -> None:
    path = tmp_path / "b.tar"
    made = write(path)

    with reading(str(path)) as reader:
        assert reader.verify() == made
        assert b"".join(reader.content("images.tar")) == b"x" * 1000 + b"y" * 700_000
    with tarfile.open(path) as archive:
        assert archive.getnames() == [
            "project/compose.yaml", "images.tar", "project/" + "long" * 40,
            "bundle.json", "bundle.json.sha256",
        ]  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["b.tar"]


@pytest.mark.parametrize(
    "part", [b"services: {}", b"yyyyy", b'"project": "demo"', b"bundle.json\n"]
)
def test_a_bundle_of_which_one_bit_is_another_is_refused(tmp_path: Path, part: bytes) -> None:
    path = tmp_path / "b.tar"
    write(path)
    content = bytearray(path.read_bytes())
    at = content.rindex(part) - 2 if part == b"bundle.json\n" else content.index(part)
    at -= 10 if part == b"bundle.json\n" else 0
    content[at] ^= 1
    path.write_bytes(content)

    with reading(str(path)) as reader, pytest.raises(ComposerError, match="is damaged"):
        reader.verify()


@pytest.mark.parametrize("size", [0, 100, 5000, -1700])
def test_a_part_of_a_bundle_is_refused(tmp_path: Path, size: int) -> None:
    path = tmp_path / "b.tar"
    write(path)
    path.write_bytes(path.read_bytes()[:size])

    with (
        pytest.raises(ComposerError, match=r"is no bundle, or only a part|is damaged"),
        reading(str(path)) as reader,
    ):
        reader.verify()


def test_what_fails_half_way_leaves_no_file_and_no_older_one_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "b.tar"
    path.write_text("older")

    def broken() -> Iterator[bytes]:
        yield b"1"
        raise EngineError("gone")

    with pytest.raises(EngineError), writing(str(path)) as writer:
        writer.add("a", broken())

    assert [one.read_text() for one in tmp_path.iterdir()] == ["older"]


def test_a_bundle_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "b.tar"
    with writing(str(path)) as writer:
        modes = [one.stat().st_mode & 0o777 for one in tmp_path.iterdir()]
        writer.finish(PLAIN)

    assert modes == [0o600]
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("layers", "lacking"), [(["l1", "l2"], ()), (["l1", "gone"], ("shop:1",)), (["l1"], ())]
)
def test_it_is_seen_when_an_engine_leaves_out_layers(
    tmp_path: Path, layers: list[str], lacking: tuple[str, ...]
) -> None:
    manifest = [{"Config": "c", "RepoTags": ["shop:1"], "Layers": layers}]
    saved = io.BytesIO()
    with tarfile.open(fileobj=saved, mode="w") as archive:
        for name in ("c", "l1", "l2", "manifest.json"):
            content = json.dumps(manifest).encode() if name == "manifest.json" else b"x" * 700
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    with writing(str(tmp_path / "b.tar")) as writer:
        writer.add("env.template", [b"A="])
        member = writer.add("images.tar", [saved.getvalue()])

        assert writer.lacking(member) == lacking
        writer.finish(Bundle(project="demo", compose_files=("compose.yaml",)))

    with reading(str(tmp_path / "b.tar")) as reader:
        assert [one.name for one in reader.verify().members] == ["env.template", "images.tar"]
