"""Files of the fake engine's containers, in and out as archives: regular files and directories."""

from __future__ import annotations

import io
import json
import posixpath
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from composer.engine.port import Readable
from composer.errors import EngineError, NotFound
from composer.model.archives import CommitSpec, PathStat
from composer.model.names import full_reference
from support.world import FakeContainer, World


@dataclass
class FakeArchive:
    content: bytes
    stat: PathStat

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self.content), 1000):
            yield self.content[start : start + 1000]

    def close(self) -> None:
        pass


class FakeArchives(World):
    def look_at(self, container: str, path: str) -> PathStat | None:
        with self.changed:
            return _stat(self.find(container), path)

    def read_archive(self, container: str, path: str) -> FakeArchive:
        with self.changed:
            live = self.find(container)
            stat = _stat(live, path)
            if stat is None:
                raise NotFound(f"could not find the file {path} in container {container}")
            root = "" if stat.name == "/" else stat.name
            return FakeArchive(_packed(live, _clean(path), root), stat)

    def write_archive(
        self,
        container: str,
        path: str,
        content: Readable,
        *,
        to_user: bool = False,
        replace: bool = False,
    ) -> None:
        with self.changed:
            live = self.find(container)
            where = _clean(path)
            if where not in _directories(live):
                raise NotFound(f"could not find the file {where} in container {container}")
            if live.spec.config.read_only:
                raise EngineError("container rootfs is marked read-only")
            file: Any = content
            with tarfile.open(fileobj=file, mode="r|") as archive:
                for entry in archive:
                    target = _clean(f"{where}/{entry.name}")
                    if replace:
                        _give_way(live, target, entry)
                    _put(live, target, entry, archive)
            self._write_through(live)

    def _write_through(self, live: FakeContainer) -> None:
        """Have volumes keep what was written where they are mounted."""
        for mount in live.mounts:
            below = f"{mount.target}/"
            if mount.name:
                self.inside.setdefault(mount.name, {}).update(
                    (path.removeprefix(below), content)
                    for path, content in live.files.items()
                    if path.startswith(below)
                )

    def export(self, container: str) -> FakeArchive:
        with self.changed:
            live = self.find(container)
            return FakeArchive(_packed(live, "/", "."), PathStat(name="/", kind="directory"))

    def save_images(self, refs: Iterable[str]) -> FakeArchive:
        with self.changed:
            saved = {}
            for ref in refs:
                image = self.image_named(ref)
                if image is None:
                    raise NotFound(f"no such image: {ref}")
                saved[full_reference(ref)] = [image.id, dict(image.labels)]
        return FakeArchive(json.dumps(saved).encode(), PathStat(name="images", kind="file"))

    def load_images(self, content: Readable) -> None:
        text = b""
        while chunk := content.read(1000):
            text += chunk
        with self.changed:
            for ref, (id, labels) in json.loads(text).items():
                self.tag(ref, id, labels)
                self.images[ref] = replace(self.images[ref], id=id)

    def commit(self, container: str, spec: CommitSpec) -> str:
        with self.changed:
            live = self.find(container)
            seed = f"commit {live.id} {spec!r} {self.tick()}"
            self.tag(full_reference(spec.ref or f"none-{self.tick()}"), seed)
            return next(reversed(self.images.values())).id


def _clean(path: str) -> str:
    return posixpath.normpath("/" + path.lstrip("/"))


def _directories(live: FakeContainer) -> set[str]:
    found = live.directories | {one.target for one in live.mounts if one.type != "bind"}
    for path in live.files:
        while path != "/":
            path = posixpath.dirname(path)
            found.add(path)
    return found


def _stat(live: FakeContainer, path: str) -> PathStat | None:
    clean = _clean(path)
    name = "." if path.endswith("/.") else posixpath.basename(clean) or "/"
    if clean in _directories(live):
        return PathStat(name=name, kind="directory")
    if clean in live.files and not path.endswith("/"):
        return PathStat(name=name, kind="file", size=len(live.files[clean]))
    return None


def _packed(live: FakeContainer, top: str, root: str) -> bytes:
    """Return an archive of all at and below `top`, which is called `root` in it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(_below(top, {*_directories(live), *live.files})):
            entry = tarfile.TarInfo(f"{root}/{posixpath.relpath(path, top)}".removesuffix("/."))
            if path in live.files:
                entry.size, entry.mode = len(live.files[path]), 0o644
                archive.addfile(entry, io.BytesIO(live.files[path]))
            else:
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(entry)
    return buffer.getvalue()


def _below(top: str, paths: Iterable[str]) -> Iterator[str]:
    inside = top.rstrip("/") + "/"
    return (path for path in paths if path == top or path.startswith(inside))


def _give_way(live: FakeContainer, path: str, entry: tarfile.TarInfo) -> None:
    """Remove what is of another kind than `entry`, a directory with all that is in it."""
    if entry.isdir():
        live.files.pop(path, None)
    elif path in _directories(live):
        live.forget(path)


def _put(live: FakeContainer, path: str, entry: tarfile.TarInfo, archive: tarfile.TarFile) -> None:
    if entry.isdir() and path in live.files:
        raise EngineError(f"cannot overwrite non-directory {path!r} with directory")
    if entry.isdir():
        live.directories.add(path)
        return
    if path in _directories(live):
        raise EngineError(f"cannot overwrite directory {path!r} with non-directory")
    content = archive.extractfile(entry)
    live.files[path] = content.read() if content is not None else b""
