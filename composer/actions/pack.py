"""A tree of this machine as a tar archive, made while it is read: nothing of it is kept.

What cannot be read is left out and told, since the rest may be what somebody needs.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from composer.actions.landing import CONTENTS
from composer.errors import ComposerError

if TYPE_CHECKING:
    from tarfile import TarInfo

_BLOCK = 256 * 1024
_RECORD = 512
_CAPABILITY = "security.capability"


class Packed:
    """What is at `path`, as an archive in which it is called `name`; to be read once.

    With the name CONTENTS it is what is in the directory.  `left_out` tells of what could
    not be read, once all has been.
    """

    def __init__(self, path: str, name: str) -> None:
        self.left_out: list[str] = []
        self._hard: dict[tuple[int, int], str] = {}
        self._blocks = self._archive(path, name)
        self._rest = b""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, at most `size`."""
        if not self._rest:
            self._rest = next(self._blocks, b"")
        block, self._rest = self._rest[:size], self._rest[size:]
        return block

    def _archive(self, path: str, name: str) -> Iterator[bytes]:
        yield from self._tree(path, name)
        yield bytes(2 * _RECORD)

    def _tree(self, path: str, name: str) -> Iterator[bytes]:
        left = [(path, name)]
        while left:
            here, called = left.pop()
            try:
                status = os.lstat(here)
                below = sorted(os.listdir(here), reverse=True) if is_directory(status) else []
                entry = self._entry(here, called, status)
            except OSError as error:
                self._leave_out(here, error)
                continue
            if entry is None:
                self.left_out.append(f"{here}: a socket cannot be copied")
                continue
            left += ((os.path.join(here, one), _below(called, one)) for one in below)
            yield from self._packed(here, entry)

    def _packed(self, path: str, entry: TarInfo) -> Iterator[bytes]:
        if not entry.isreg():
            yield _header(entry)
            return
        try:
            file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            self._leave_out(path, error)
            self._hard = {place: name for place, name in self._hard.items() if name != entry.name}
            return
        try:
            yield _header(entry)
            yield from _content(file, path, entry.size)
        finally:
            os.close(file)

    def _entry(self, path: str, name: str, status: os.stat_result) -> TarInfo | None:
        """Return the header of one entry, None for what an archive cannot hold."""
        import tarfile

        entry = tarfile.TarInfo(name)
        entry.mode, entry.mtime = stat.S_IMODE(status.st_mode), int(status.st_mtime)
        entry.uid, entry.gid = status.st_uid, status.st_gid
        kind = _type_of(status.st_mode)
        if kind is None:
            return None
        entry.type = kind
        if entry.isreg():
            self._fill(entry, path, status)
        elif entry.issym():
            entry.linkname = os.readlink(path)
        elif entry.isdev():
            entry.devmajor, entry.devminor = os.major(status.st_rdev), os.minor(status.st_rdev)
        return entry

    def _fill(self, entry: TarInfo, path: str, status: os.stat_result) -> None:
        import tarfile

        place = (status.st_dev, status.st_ino)
        if (
            status.st_nlink > 1
            and (first := self._hard.setdefault(place, entry.name)) != entry.name
        ):
            entry.type, entry.linkname = tarfile.LNKTYPE, first
            return
        entry.size = status.st_size
        with suppress(OSError):
            value = os.getxattr(path, _CAPABILITY, follow_symlinks=False)
            text = value.decode("utf-8", "surrogateescape")
            entry.pax_headers = {f"SCHILY.xattr.{_CAPABILITY}": text}

    def _leave_out(self, path: str, error: OSError) -> None:
        self.left_out.append(f"{path}: {(error.strerror or str(error)).lower()}")


def is_directory(status: os.stat_result) -> bool:
    return stat.S_ISDIR(status.st_mode)


def _below(name: str, child: str) -> str:
    return child if name == CONTENTS else f"{name}/{child}"


def _type_of(mode: int) -> bytes | None:
    import tarfile

    kinds = {
        stat.S_IFREG: tarfile.REGTYPE,
        stat.S_IFDIR: tarfile.DIRTYPE,
        stat.S_IFLNK: tarfile.SYMTYPE,
        stat.S_IFIFO: tarfile.FIFOTYPE,
        stat.S_IFCHR: tarfile.CHRTYPE,
        stat.S_IFBLK: tarfile.BLKTYPE,
    }
    return kinds.get(stat.S_IFMT(mode))


def _header(entry: TarInfo) -> bytes:
    import tarfile

    return entry.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def _content(file: int, path: str, size: int) -> Iterator[bytes]:
    """Yield as much of a file as its header has promised, filled up to whole records."""
    left = size
    while left:
        block = os.read(file, min(_BLOCK, left))
        if not block:
            raise ComposerError(f"{path} became shorter while it was copied: copy it again")
        left -= len(block)
        yield block
    if rest := size % _RECORD:
        yield bytes(_RECORD - rest)
