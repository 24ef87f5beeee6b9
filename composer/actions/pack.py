"""A tree of this machine as a tar archive, made while it is read: nothing of it is kept.

What cannot be read is left out and told, since the rest may be what somebody needs.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from tarfile import TarInfo

from composer.actions.landing import CONTENTS
from composer.archive import END, Blocks, Headers, content, written
from composer.errors import ComposerError


class Packed(Blocks):
    """What is at `path`, as an archive in which it is called `name`; to be read once.

    With the name CONTENTS it is what is in the directory.  `left_out` tells of what could
    not be read, once all has been.
    """

    def __init__(self, path: str, name: str) -> None:
        self.left_out: list[str] = []
        self._headers = Headers(owners=True)
        super().__init__(self._archive(path, name))

    def _archive(self, path: str, name: str) -> Iterator[bytes]:
        yield from self._tree(path, name)
        yield END

    def _tree(self, path: str, name: str) -> Iterator[bytes]:
        left = [(path, name)]
        while left:
            here, called = left.pop()
            try:
                status = os.lstat(here)
                below = sorted(os.listdir(here), reverse=True) if is_directory(status) else []
                entry = self._headers.header(here, called, status)
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
            yield written(entry)
            return
        try:
            file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            self._leave_out(path, error)
            self._headers.forget(entry.name)
            return

        def lacking(size: int) -> bytes:
            raise ComposerError(f"{path} became shorter while it was copied: copy it again")

        try:
            yield written(entry)
            yield from content(file, entry.size, lacking)
        finally:
            os.close(file)

    def _leave_out(self, path: str, error: OSError) -> None:
        self.left_out.append(f"{path}: {(error.strerror or str(error)).lower()}")


def is_directory(status: os.stat_result) -> bool:
    return stat.S_ISDIR(status.st_mode)


def _below(name: str, child: str) -> str:
    return child if name == CONTENTS else f"{name}/{child}"
