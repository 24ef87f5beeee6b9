"""The archive of a bundle, written in one go and verified before anything of it is used.

Its last two members are the manifest, with the hash of every other member, and the hash
of that.  What flows in with an unknown size gets its header when it is there.
"""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO, Any, Final
from uuid import uuid4

from composer.errors import ComposerError
from composer.model.bundle import (
    MANIFEST,
    SEAL,
    VERSION,
    Bundle,
    BundledVolume,
    Member,
    RenamedImage,
    is_sound,
)
from composer.model.resources import VolumeSpec
from composer.record import replace

_BLOCK: Final = 512
_CHUNK: Final = 1024 * 1024
_SPEC: Final = ("key", "name", "digest", "driver", "driver_opts", "labels")
_RENAMED: Final = ("ref", "name", "carried")


class BundleWriter:
    """Takes members one after the other."""

    def __init__(self, file: IO[bytes]) -> None:
        self.members: list[Member] = []
        self._file = file

    def add(self, name: str, content: Iterable[bytes], mode: int = 0o644) -> Member:
        """Write a member, and return what is known of it by then."""
        info = tarfile.TarInfo(name)
        info.mode = mode
        start = self._file.tell()
        room = len(info.tobuf(tarfile.GNU_FORMAT))
        self._file.write(bytes(room))
        hashed = hashlib.sha256()
        for chunk in content:
            hashed.update(chunk)
            self._file.write(chunk)
        info.size = self._file.tell() - start - room
        self._file.write(bytes(-info.size % _BLOCK))
        end = self._file.tell()
        self._file.seek(start)
        self._file.write(info.tobuf(tarfile.GNU_FORMAT))
        self._file.seek(end)
        member = Member(name=name, size=info.size, sha256=hashed.hexdigest(), mode=mode)
        self.members.append(member)
        return member

    def lacking(self, images: Member) -> tuple[str, ...]:
        """Return the names of the images in the archive just added of which a part is not there.

        Engines may leave out layers that they have only unpacked.
        """
        end = self._file.tell()
        self._file.seek(end - images.size - -images.size % _BLOCK)
        found: tuple[str, ...] = ()
        with suppress(tarfile.TarError), tarfile.open(fileobj=self._file, mode="r:") as archive:
            there = set(archive.getnames())
            manifest = archive.extractfile("manifest.json") if "manifest.json" in there else None
            found = tuple(
                ", ".join(one.get("RepoTags") or ["an image"])
                for one in (json.load(manifest) if manifest else ())
                if not there.issuperset([one["Config"], *one["Layers"]])
            )
        self._file.seek(end)
        return found

    def finish(self, bundle: Bundle) -> Bundle:
        """Write the manifest and the end, and return the bundle with its members."""
        whole = replace(bundle, members=tuple(self.members))
        text = json.dumps(_as_json(whole), indent=2, ensure_ascii=False).encode()
        seal = self.add(MANIFEST, [text]).sha256
        self.add(SEAL, [f"{seal}  {MANIFEST}\n".encode()])
        self._file.write(bytes(2 * _BLOCK))
        return whole


class BundleReader:
    """Reads a bundle that is a file; `verify` first."""

    def __init__(self, archive: tarfile.TarFile, name: str) -> None:
        self._archive = archive
        self._name = name
        self._infos = {info.name: info for info in archive if info.isreg()}

    def verify(self) -> Bundle:
        """Return what the bundle holds, once every byte of it has been looked at.

        Raises ComposerError if a single one is not what it was.
        """
        text = b"".join(self.content(MANIFEST))
        seal = b"".join(self.content(SEAL)).split()
        if not seal or hashlib.sha256(text).hexdigest().encode() != seal[0]:
            raise self.broken(MANIFEST)
        bundle = self._read(text)
        for member in bundle.members:
            hashed = hashlib.sha256()
            for chunk in self.content(member.name):
                hashed.update(chunk)
            if hashed.hexdigest() != member.sha256:
                raise self.broken(member.name)
        return bundle

    def content(self, name: str) -> Iterator[bytes]:
        file = self.open(name)
        while chunk := file.read(_CHUNK):
            yield chunk

    def open(self, name: str) -> IO[bytes]:
        info = self._infos.get(name)
        file = self._archive.extractfile(info) if info is not None else None
        if file is None:
            raise self.broken(name)
        return file

    def broken(self, name: str) -> ComposerError:
        return ComposerError(
            f"{self._name} is damaged: {name} is not what it was when it was bundled",
            help="nothing of it was used: fetch or copy it again",
        )

    def _read(self, text: bytes) -> Bundle:
        try:
            said = json.loads(text)
            if said["version"] != VERSION:
                raise ComposerError(f"{self._name} was made by another version of composer")
            bundle = _from_json(said)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise self.broken(MANIFEST) from None
        if not is_sound(bundle):
            raise ComposerError(
                f"{self._name} has a project or compose files with names that lead elsewhere",
                help="composer does not make such bundles: ask who made it",
            )
        return bundle


@contextmanager
def writing(path: str) -> Iterator[BundleWriter]:
    """Yield a writer of the file at `path`, which appears when it is whole, or not at all.

    Only its owner may read it: there may be values and data in it.
    """
    beside = f"{path}.{uuid4().hex[:12]}.part"
    try:
        with open(beside, "x+b", opener=_for_nobody_else) as file:
            yield BundleWriter(file)
        os.replace(beside, path)
    except OSError as error:
        raise ComposerError(f"{path}: {(error.strerror or str(error)).lower()}") from None
    finally:
        with suppress(OSError):
            os.unlink(beside)


def _for_nobody_else(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)


@contextmanager
def reading(path: str) -> Iterator[BundleReader]:
    """Yield a reader of the file at `path`.  Raises ComposerError for what is no bundle."""
    try:
        with tarfile.open(path, "r:") as archive:
            reader = BundleReader(archive, path)
            yield reader
    except tarfile.TarError:
        raise ComposerError(f"{path} is no bundle, or only a part of one") from None
    except OSError as error:
        raise ComposerError(f"{path}: {(error.strerror or str(error)).lower()}") from None


def _as_json(bundle: Bundle) -> dict[str, Any]:
    return {
        "version": VERSION,
        "project": bundle.project,
        "compose_files": list(bundle.compose_files),
        "images": list(bundle.images),
        "renamed": [{name: getattr(one, name) for name in _RENAMED} for one in bundle.renamed],
        "override": bundle.override,
        "volumes": [
            {**{name: getattr(one.spec, name) for name in _SPEC}, "content": one.content}
            for one in bundle.volumes
        ],
        "missing": list(bundle.missing),
        "members": [
            {"name": one.name, "size": one.size, "sha256": one.sha256, "mode": f"{one.mode:o}"}
            for one in bundle.members
        ],
    }


def _from_json(said: Mapping[str, Any]) -> Bundle:
    return Bundle(
        project=str(said["project"]),
        compose_files=tuple(str(path) for path in said["compose_files"]),
        images=tuple(said["images"]),
        renamed=tuple(
            RenamedImage(**{name: str(one[name]) for name in _RENAMED})
            for one in said.get("renamed", ())
        ),
        override=str(said.get("override", "")),
        volumes=tuple(
            BundledVolume(
                spec=VolumeSpec(**{name: one[name] for name in _SPEC}), content=one["content"]
            )
            for one in said["volumes"]
        ),
        missing=tuple(said["missing"]),
        members=tuple(
            Member(
                name=one["name"],
                size=int(one["size"]),
                sha256=one["sha256"],
                mode=int(one["mode"], 8),
            )
            for one in said["members"]
        ),
    )
