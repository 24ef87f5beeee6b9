"""Files of this machine in a tar archive, as they are to be in a container.

A file may change, grow or vanish while it is read.  What is packed is whole: of one that
became shorter the rest is zeros, and whoever made it shorter is heard of soon.
"""

from __future__ import annotations

import os
import tarfile
from collections.abc import Mapping
from stat import S_IMODE, S_ISDIR, S_ISLNK, S_ISREG
from tempfile import SpooledTemporaryFile
from typing import IO, cast

from composer.model.watch import Unread
from composer.record import dataclass

_IN_MEMORY = 32 * 1024 * 1024
_AT_ONCE = 1024 * 1024
_GONE = (FileNotFoundError, NotADirectoryError)


@dataclass(frozen=True, slots=True)
class Owner:
    """By number, as in a container."""

    user: int
    group: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """`archive` is ready to be read, None without anything in it; its names begin at a directory.

    `directories` and `files` are what is in there; `gone` what is not on this machine any
    more; all by their paths in containers.  `unread` are paths of this machine.
    """

    archive: IO[bytes] | None
    directories: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    unread: tuple[Unread, ...] = ()

    @property
    def count(self) -> int:
        return len(self.directories) + len(self.files)

    def __enter__(self) -> Packed:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:
        if self.archive is not None:
            self.archive.close()


def pack(sources: Mapping[str, str], directory: str = "/", owner: Owner | None = None) -> Packed:
    """Return `sources`, paths of this machine by those in containers, packed for `directory`.

    They stay in their order, but that directories come first.  All of it is `owner`'s, or
    whose it is here.
    """
    work = _Packing(directory, owner)
    try:
        for target, source in sources.items():
            work.look(target, source)
        return work.finish()
    except BaseException:
        work.close()
        raise


class _Packing:
    def __init__(self, directory: str, owner: Owner | None) -> None:
        self._owner = owner
        self._prefix = directory.rstrip("/") + "/"
        spool = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - it is handed on
        self._spool = cast("IO[bytes]", spool)
        self._tar = tarfile.TarFile(fileobj=self._spool, mode="w", format=tarfile.PAX_FORMAT)
        self._directories: dict[str, os.stat_result] = {}
        self._files: dict[str, tuple[str, os.stat_result]] = {}
        self._gone: list[str] = []
        self._unread: list[Unread] = []

    def close(self) -> None:
        self._spool.close()

    def look(self, target: str, source: str) -> None:
        try:
            stamp = os.lstat(source)
        except _GONE:
            self._gone.append(target)
        except OSError as error:
            self._cannot(source, error)
        else:
            if S_ISDIR(stamp.st_mode):
                self._directories[target] = stamp
            elif S_ISREG(stamp.st_mode) or S_ISLNK(stamp.st_mode):
                self._files[target] = (source, stamp)

    def finish(self) -> Packed:
        for target in sorted(self._directories):
            entry = self._entry(target, self._directories[target])
            entry.type = tarfile.DIRTYPE
            self._tar.addfile(entry)
        packed = [target for target in self._files if self._add(target)]
        self._tar.close()
        empty = not packed and not self._directories
        if empty:
            self.close()
        else:
            self._spool.seek(0)
        return Packed(
            archive=None if empty else self._spool,
            directories=tuple(sorted(self._directories)),
            files=tuple(packed),
            gone=tuple(self._gone),
            unread=tuple(self._unread),
        )

    def _add(self, target: str) -> bool:
        """Pack a file or a link; return whether it is in there."""
        source, stamp = self._files[target]
        entry = self._entry(target, stamp)
        try:
            if S_ISLNK(stamp.st_mode):
                entry.type, entry.linkname = tarfile.SYMTYPE, os.readlink(source)
                self._tar.addfile(entry)
                return True
            descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with open(descriptor, "rb", buffering=0) as file:
                entry.size = os.fstat(descriptor).st_size
                whole = _Whole(file)
                self._tar.addfile(entry, cast("IO[bytes]", whole))
            if whole.error is not None:
                self._cannot(source, whole.error)
        except _GONE:
            self._gone.append(target)
            return False
        except OSError as error:  # it has become something else, or may not be read
            self._cannot(source, error)
            return False
        return True

    def _entry(self, target: str, stamp: os.stat_result) -> tarfile.TarInfo:
        entry = tarfile.TarInfo(target.removeprefix(self._prefix).lstrip("/") or ".")
        entry.mode, entry.mtime = S_IMODE(stamp.st_mode), int(stamp.st_mtime)
        owner = self._owner or Owner(stamp.st_uid, stamp.st_gid)
        entry.uid, entry.gid = owner.user, owner.group
        return entry

    def _cannot(self, source: str, error: OSError) -> None:
        self._unread.append(Unread(source, (error.strerror or "unreadable").lower()))


class _Whole:
    """A file with as many zeros behind it as anybody may ask for; `error` is why, if it broke."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.error: OSError | None = None

    def read(self, size: int) -> bytes:
        parts, left = [], size
        try:
            while left and (part := self._file.read(min(left, _AT_ONCE))):
                parts.append(part)
                left -= len(part)
        except OSError as error:
            self.error = error
        return b"".join(parts) + bytes(left)
