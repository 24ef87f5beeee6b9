"""What is in containers, as tar archives in and out, and images made of it.

Archives flow: nothing here holds more of one than what has just arrived.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from composer.engine.docker.base import Base
from composer.engine.docker.flow import Download, json_lines
from composer.engine.docker.images import error_in
from composer.engine.docker.refusal import tidy
from composer.errors import EngineError
from composer.model.archives import CommitSpec, Kind, PathStat

if TYPE_CHECKING:
    from composer.engine.port import Readable

_STAT = "X-Docker-Container-Path-Stat"

_KINDS: tuple[tuple[int, Kind], ...] = (
    (1 << 31, "directory"),
    (1 << 27, "link"),
    (1 << 26, "device"),
    (1 << 25 | 1 << 24 | 1 << 19, "other"),
)
"""Bits of Go's os.FileMode: directory, symlink, device; named pipe, socket, irregular."""


class Archives(Base):
    def look_at(self, container: str, path: str) -> PathStat | None:
        headers = self._wire.head(f"/containers/{container}/archive", {"path": path})
        return None if headers is None else _path_stat(headers.get(_STAT))

    def read_archive(self, container: str, path: str) -> Archive:
        where, asked = f"/containers/{container}/archive", f"container {container}"
        download = self._wire.open("GET", where, {"path": path}, asked=asked)
        stat = _path_stat(download.headers.get(_STAT))
        if stat is None:
            download.close()
            raise EngineError(f"{asked}: the engine does not say what {path} is")
        return Archive(download, stat)

    def write_archive(
        self,
        container: str,
        path: str,
        content: Readable,
        *,
        to_user: bool = False,
        replace: bool = False,
    ) -> None:
        """Unpack an archive; owners are kept, since `copyUIDGID` gives files to the user."""
        where, asked = f"/containers/{container}/archive", f"container {container}"
        params = {
            "path": path,
            "noOverwriteDirNonDir": not replace,
            "copyUIDGID": to_user or None,
        }
        for _ in self._wire.open("PUT", where, params, body=content, asked=asked):
            pass

    def export(self, container: str) -> Download:
        path, asked = f"/containers/{container}/export", f"container {container}"
        return self._wire.open("GET", path, asked=asked)

    def save_images(self, refs: Iterable[str]) -> Download:
        return self._wire.open("GET", "/images/get", {"names": tuple(refs)})

    def load_images(self, content: Readable) -> None:
        """Load images; what goes wrong half way stands in the answer."""
        answer = self._wire.open("POST", "/images/load", {"quiet": True}, body=content)
        for line in json_lines(answer):
            if message := error_in(line):
                answer.close()
                raise EngineError(f"images cannot be loaded: {tidy(message)}")

    def commit(self, container: str, spec: CommitSpec) -> str:
        """Make an image; one whose answer was lost is made again, and has the name then."""
        repository, tag = _split(spec.ref)
        params = {
            "container": container,
            "repo": repository or None,
            "tag": tag or None,
            "author": spec.author or None,
            "comment": spec.message or None,
            "changes": spec.changes,
            "pause": spec.pause,
        }
        asked = f"container {container}"
        made: Any = self._until_answered(
            lambda lost: self._wire.post("/commit", params, {}, asked=asked)
        )
        return str(made["Id"])


class Archive:
    """A tar archive that flows out of a container, and what it was made of."""

    def __init__(self, download: Download, stat: PathStat) -> None:
        self.stat = stat
        self._download = download

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._download)

    def close(self) -> None:
        self._download.close()


def _path_stat(header: str) -> PathStat | None:
    if not header:
        return None
    said = json.loads(b64decode(header))
    mode = int(said.get("mode") or 0)
    kind: Kind = next((kind for bits, kind in _KINDS if mode & bits), "file")
    return PathStat(
        name=said.get("name") or "",
        kind=kind,
        size=int(said.get("size") or 0),
        target=said.get("linkTarget") or "",
    )


def _split(ref: str) -> tuple[str, str]:
    """Return the repository and the tag of an image's name; one with a digest stays whole."""
    head, slash, last = ref.rpartition("/")
    name, _, tag = last.partition(":") if "@" not in ref else (last, "", "")
    return head + slash + name, tag
