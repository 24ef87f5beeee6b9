"""A build context as a tar archive for the classic builder, made while it is sent.

The builder takes Dockerfile and ignore file out again if they are ignored, so both are
always sent.  A Dockerfile that is not in the context gets a name that is.
"""

from __future__ import annotations

import os
import tarfile
import time
from collections.abc import Iterator

from composer.archive import END, RECORD, Blocks, Headers, content, written
from composer.engine.bake import is_remote
from composer.engine.context import IGNORE_FILE, Entry, Ignored, entries, ignored, unreadable
from composer.errors import EngineError
from composer.model.build import Build

_ADDED = ".dockerfile.composer"


class Context(Blocks):
    """The context of `build`, to be read once; `dockerfile` is what its Dockerfile is called.

    Raises EngineError for what cannot be read.
    """

    def __init__(self, build: Build) -> None:
        if not os.path.isdir(build.context):
            raise EngineError(f"build context {build.context!r} is not a directory")
        self._root = build.context
        self._ignored = ignored(build)
        self.dockerfile, self._added = _dockerfile(build, self._ignored)
        self._headers = Headers(owners=False)
        super().__init__(self._archive())

    def _archive(self) -> Iterator[bytes]:
        own = self._ignored.matcher()
        names = [IGNORE_FILE, *([self.dockerfile] if self._added is None else [])]
        kept = [name for name in names if own.select(os.path.join(self._root, name))]
        if self._ignored.own:
            kept = []
        again = [text[1:] for text in self._ignored.patterns if text.startswith("!")]
        for entry in entries(self._root, self._ignored.matcher(*kept), (*again, *kept)):
            if entry.name and not (self._added is not None and entry.name == IGNORE_FILE):
                yield from self._packed(entry)
        if self._added is not None:
            yield from _text(_ADDED, self._added)
            yield from _text(IGNORE_FILE, self._hiding(own.select(self._path(IGNORE_FILE))))
        yield END

    def _path(self, name: str) -> str:
        return os.path.join(self._root, name)

    def _hiding(self, out: bool) -> bytes:
        """Return an ignore file that has the builder take away what was added."""
        try:
            with open(self._path(IGNORE_FILE), "rb") as file:
                text = file.read()
        except OSError:
            out, text = True, b""
        lines = [*([IGNORE_FILE] if out else []), _ADDED]
        return b"\n".join([text, *(line.encode() for line in lines), b""])

    def _packed(self, entry: Entry) -> Iterator[bytes]:
        header = self._headers.header(entry.path, entry.name, entry.status)
        if header is None:
            return
        if not header.isreg():
            yield written(header)
            return
        try:
            file = os.open(entry.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise unreadable(entry.path, error) from None
        try:
            yield written(header)
            yield from content(file, header.size, bytes)  # zeros where it became shorter
        finally:
            os.close(file)


def _dockerfile(build: Build, left_out: Ignored) -> tuple[str, bytes | None]:
    """Return the name within the context, and the text if it has to be added to it."""
    if build.dockerfile_inline is not None:
        return _ADDED, build.dockerfile_inline.encode()
    assert not is_remote(build.context)
    path = os.path.join(build.context, build.dockerfile or "Dockerfile")
    try:
        with open(path, "rb") as file:
            text = file.read()
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise EngineError(f"Dockerfile {path!r}: {reason}") from None
    inside = os.path.relpath(os.path.realpath(path), os.path.realpath(build.context))
    outside = inside.startswith("..")
    if outside or (left_out.own and left_out.matcher().select(os.path.join(left_out.root, inside))):
        return _ADDED, text
    return inside, None


def _text(name: str, content: bytes) -> Iterator[bytes]:
    header = tarfile.TarInfo(name)
    header.size, header.mode, header.mtime = len(content), 0o600, int(time.time())
    yield written(header)
    yield content + bytes(-len(content) % RECORD)
