"""Files as entries of a tar archive that is made while it is read: nothing of it is kept.

What stands in a header, which names are those of one file, and blocks in place of a file.
Which files there are, and what becomes of one that cannot be read, others decide.
"""

from __future__ import annotations

import os
import stat
import tarfile
from collections.abc import Callable, Iterator
from contextlib import suppress

BLOCK = 256 * 1024
RECORD = 512
END = bytes(2 * RECORD)
"""What an archive ends with."""

_CAPABILITY = "security.capability"

_KINDS = {
    stat.S_IFREG: tarfile.REGTYPE,
    stat.S_IFDIR: tarfile.DIRTYPE,
    stat.S_IFLNK: tarfile.SYMTYPE,
    stat.S_IFIFO: tarfile.FIFOTYPE,
    stat.S_IFCHR: tarfile.CHRTYPE,
    stat.S_IFBLK: tarfile.BLKTYPE,
}


class Blocks:
    """An archive to be read once, as a file is, from the blocks it is made of."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._rest = b""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, at most `size`."""
        if not self._rest:
            self._rest = next(self._blocks, b"")
        block, self._rest = self._rest[:size], self._rest[size:]
        return block

    def close(self) -> None:
        self._blocks.close()  # type: ignore[attr-defined]


class Headers:
    """Makes headers.  Further names of a file that is there already become links to the first.

    Whose a file is, is said only with `owners`.
    """

    def __init__(self, *, owners: bool) -> None:
        self._owners = owners
        self._hard: dict[tuple[int, int], str] = {}

    def header(self, path: str, name: str, status: os.stat_result) -> tarfile.TarInfo | None:
        """Return the header of one entry, None for what an archive cannot hold.  Raises OSError."""
        kind = _KINDS.get(stat.S_IFMT(status.st_mode))
        if kind is None:
            return None
        header = tarfile.TarInfo(name)
        header.type = kind
        header.mode, header.mtime = stat.S_IMODE(status.st_mode), int(status.st_mtime)
        if self._owners:
            header.uid, header.gid = status.st_uid, status.st_gid
        if header.issym():
            header.linkname = os.readlink(path)
        elif header.isdev():
            header.devmajor, header.devminor = os.major(status.st_rdev), os.minor(status.st_rdev)
        first = name
        if not header.isdir() and status.st_nlink > 1:
            first = self._hard.setdefault((status.st_dev, status.st_ino), name)
        if first != name:
            header.type, header.linkname = tarfile.LNKTYPE, first
        elif header.isreg():
            header.size = status.st_size
            header.pax_headers = _capabilities(path)
        return header

    def forget(self, name: str) -> None:
        """Let no link lead to an entry that is not in the archive after all."""
        self._hard = {place: first for place, first in self._hard.items() if first != name}


def written(header: tarfile.TarInfo) -> bytes:
    """Return a header as it stands in the archive."""
    return header.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def content(file: int, size: int, lacking: Callable[[int], bytes]) -> Iterator[bytes]:
    """Yield as much of a file as its header has promised, filled up to whole records.

    `lacking` returns so many bytes in place of those that are not there any more, or raises.
    """
    left = size
    while left:
        block = os.read(file, min(BLOCK, left)) or lacking(min(BLOCK, left))
        left -= len(block)
        yield block
    if size % RECORD:
        yield bytes(-size % RECORD)


def _capabilities(path: str) -> dict[str, str]:
    with suppress(OSError):
        value = os.getxattr(path, _CAPABILITY, follow_symlinks=False)
        return {f"SCHILY.xattr.{_CAPABILITY}": value.decode("utf-8", "surrogateescape")}
    return {}
