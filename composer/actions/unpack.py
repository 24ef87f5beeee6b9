"""A tar archive as files of this machine, nowhere but where they are wanted.

Who made the archive is not trusted: a program in a container may have.  Every entry is
put at or below one place, walking from directory to directory without following any
link, so neither `..` nor a link leads out.  A file gets its name once it is whole.
"""

from __future__ import annotations

import errno
import os
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

from composer.actions.landing import CONTENTS, Landing
from composer.engine.port import ByteStream
from composer.errors import ComposerError, EngineError

_BLOCK = 256 * 1024
_HOLE = bytes(_BLOCK)
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_XATTR = "SCHILY.xattr."
_PRIVILEGES = (f"{_XATTR}security.", f"{_XATTR}trusted.")
"""What may make a program more than who starts it, as the bits for user and group do."""


def unpack(archive: ByteStream, where: Landing, *, rooted: bool, owners: bool) -> tuple[str, ...]:
    """Unpack `archive` at `where`; return what was left out, in words.

    `rooted`: all names in it begin with that of what was copied, which becomes that of
    `where`.  `owners`: who owns the files there owns them here, as far as that is allowed.
    """
    try:
        with _Tree(where, rooted=rooted, owners=owners) as tree:
            file: Any = StreamedFile(archive)
            with tarfile.open(fileobj=file, mode="r|", bufsize=_BLOCK) as entries:
                known: Any = entries
                for entry in entries:
                    tree.put(entry, entries)
                    known.members = []  # all of them are kept otherwise
            return tuple(tree.left_out)
    except tarfile.TarError as error:
        raise EngineError(f"the archive is broken: {error}") from error
    except OSError as error:
        raise ComposerError(f"{error.filename or where.directory}: {_why(error)}") from error


class StreamedFile:
    """A stream of bytes, as a file that is read to its end."""

    def __init__(self, chunks: ByteStream) -> None:
        self._chunks = iter(chunks)

    def read(self, size: int) -> bytes:
        parts: list[bytes] = []
        while size > 0 and (chunk := next(self._chunks, b"")):
            parts.append(chunk)
            size -= len(chunk)
        return b"".join(parts)


class _Tree:
    """The place that is written to.  Directories get their mode and time at the end."""

    def __init__(self, where: Landing, *, rooted: bool, owners: bool) -> None:
        self.left_out: list[str] = []
        self._where = where
        self._rooted = rooted
        self._owners = owners
        self._top = os.open(where.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._directories: list[tuple[tuple[str, ...], tarfile.TarInfo]] = []
        self._count = 0

    def __enter__(self) -> _Tree:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            for parts, entry in reversed(self._directories):
                with suppress(OSError), self._opened(parts) as directory:
                    self._dress(directory, entry)
        finally:
            os.close(self._top)

    def put(self, entry: tarfile.TarInfo, archive: tarfile.TarFile) -> None:
        parts = self._place(entry.name)
        if not parts:
            return
        with self._opened(parts[:-1], make=True) as parent:
            if entry.isdir():
                _make_directory(parts, parent)
                self._directories.append((parts, entry))
            else:
                self._put_file(entry, archive, parts, parent)

    def _put_file(
        self, entry: tarfile.TarInfo, archive: tarfile.TarFile, parts: tuple[str, ...], parent: int
    ) -> None:
        make = self._maker(entry, archive)
        self._count += 1
        temporary = f".composer-{os.getpid()}-{self._count}"
        try:
            make(temporary, parent)
            os.replace(temporary, parts[-1], src_dir_fd=parent, dst_dir_fd=parent)
        except IsADirectoryError:
            raise ComposerError(f"cannot overwrite the directory {self._shown(parts)}") from None
        except PermissionError as error:
            if not entry.isdev():
                raise
            self.left_out.append(f"{self._shown(parts)}: {_why(error)}")
        except OSError as error:
            raise ComposerError(f"{self._shown(parts)}: {_why(error)}") from error
        finally:
            with suppress(OSError):  # two names of one file leave it where it is
                os.unlink(temporary, dir_fd=parent)

    def _maker(
        self, entry: tarfile.TarInfo, archive: tarfile.TarFile
    ) -> Callable[[str, int], None]:
        """Return what makes the entry under a name in a directory."""

        def write(name: str, parent: int) -> None:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            file = os.open(name, flags, 0o600, dir_fd=parent)
            try:
                content = archive.extractfile(entry)
                assert content is not None
                _write(file, content, entry.size)
                self._dress(file, entry)
            finally:
                os.close(file)

        def link(name: str, parent: int) -> None:
            os.symlink(entry.linkname, name, dir_fd=parent)
            if self._owners and os.geteuid() == 0:
                os.chown(name, entry.uid, entry.gid, dir_fd=parent, follow_symlinks=False)

        def join(name: str, parent: int) -> None:
            *above, last = self._place(entry.linkname) or ("",)
            with self._opened(tuple(above)) as other:
                os.link(last, name, src_dir_fd=other, dst_dir_fd=parent, follow_symlinks=False)

        def device(name: str, parent: int) -> None:
            os.mknod(name, _device_mode(entry), os.makedev(entry.devmajor, entry.devminor),
                     dir_fd=parent)  # fmt: skip

        if entry.issym():
            return link
        if entry.islnk():
            return join
        return device if entry.isdev() else write

    def _place(self, name: str) -> tuple[str, ...]:
        """Return where an entry comes to lie, below the directory; () is that itself."""
        parts = [part for part in name.split("/") if part not in ("", CONTENTS)]
        if ".." in parts:
            raise EngineError(f"{name!r} leads out of the archive: nothing is written there")
        if self._rooted:
            parts = parts[1:]
        own = () if self._where.name == CONTENTS else (self._where.name,)
        return (*own, *parts)

    def _shown(self, parts: tuple[str, ...]) -> str:
        return os.path.join(self._where.directory, *parts)

    @contextmanager
    def _opened(self, parts: tuple[str, ...], *, make: bool = False) -> Iterator[int]:
        """Open a directory below the top, following no link."""
        here = os.dup(self._top)
        try:
            for depth, part in enumerate(parts, start=1):
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(part, dir_fd=here)
                try:
                    below = os.open(part, _DIRECTORY, dir_fd=here)
                except OSError as error:
                    if error.errno not in (errno.ENOTDIR, errno.ELOOP):
                        raise
                    raise ComposerError(
                        f"{self._shown(parts[:depth])} is no directory, and no link is followed"
                    ) from None
                os.close(here)
                here = below
            yield here
        finally:
            os.close(here)

    def _dress(self, file: int, entry: tarfile.TarInfo) -> None:
        """Give an open file what the archive says of it: the owner first, which takes bits away."""
        theirs = self._owners and os.geteuid() == 0
        if theirs:
            os.chown(file, entry.uid, entry.gid)
        for key, text in entry.pax_headers.items():
            if key.startswith(_XATTR) and (theirs or not key.startswith(_PRIVILEGES)):
                with suppress(OSError):  # most file systems and most users may not have them
                    value = text.encode("utf-8", "surrogateescape")
                    os.setxattr(file, key.removeprefix(_XATTR), value)
        # a program of the container that becomes its owner must not become somebody here
        os.chmod(file, entry.mode & (0o7777 if theirs else 0o1777))
        os.utime(file, (entry.mtime, entry.mtime))


def _make_directory(parts: tuple[str, ...], parent: int) -> None:
    try:
        os.mkdir(parts[-1], dir_fd=parent)
    except FileExistsError:
        try:
            os.close(os.open(parts[-1], _DIRECTORY, dir_fd=parent))
        except NotADirectoryError:
            name = "/".join(parts)
            raise ComposerError(f"cannot overwrite {name} with a directory") from None


def _write(file: int, content: IO[bytes], size: int) -> None:
    """Write a file; where it is nothing but zeros, leave a hole."""
    while block := content.read(_BLOCK):
        if block == _HOLE[: len(block)]:
            os.lseek(file, len(block), os.SEEK_CUR)
            continue
        left = memoryview(block)
        while left:
            left = left[os.write(file, left) :]
    os.ftruncate(file, size)


def _device_mode(entry: tarfile.TarInfo) -> int:
    import stat

    if entry.isfifo():
        return stat.S_IFIFO | entry.mode & 0o777
    return (stat.S_IFCHR if entry.ischr() else stat.S_IFBLK) | entry.mode & 0o777


def _why(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
