"""What changed here, brought into one container: removals first, then one archive.

Removals are one command in the container.  Where there is no `rm`, the directory is read,
and written anew without what is gone: an engine can replace, and not remove.
"""

from __future__ import annotations

import posixpath
import tarfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from tempfile import SpooledTemporaryFile
from typing import IO, cast

from composer.engine.port import Engine
from composer.errors import AnswerLost, Conflict, EngineError, EngineUnavailable, NotFound
from composer.model.command import Command
from composer.model.watch import Unread
from composer.record import dataclass, field, replace
from composer.watching.notices import without_those_below
from composer.watching.packing import Owner, Packed, pack

_ROOT = "0"
_AT_ONCE = 500
_IN_MEMORY = 32 * 1024 * 1024
_LARGEST = 256 * 1024 * 1024
"""The largest directory that is written anew to remove something from it."""

_NO_PROGRAM = (126, 127)
_MISSING = ("executable file not found", "does not exist in the image", "no such file or directory")
_STRANGERS = ("unable to find", "no matching entries")
_OTHER_KIND = "cannot overwrite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a container is to get: paths of this machine by those in it.

    `base` says into which directory something is unpacked; `owner` has it where the engine
    does not know the container's user.
    """

    sources: Mapping[str, str]
    base: Callable[[str], str] = lambda target: "/"
    owner: Owner | None = None


@dataclass(slots=True)
class Arrival:
    """What has arrived; `left` has to wait until the container runs, `refused` for `error`."""

    changed: int = 0
    removed: int = 0
    seconds: float = 0
    left: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    error: EngineError | None = None
    unread: list[Unread] = field(default_factory=list)


def send(engine: Engine, container: str, load: Load, *, runs: bool) -> Arrival:
    """Bring a load into a container and return what came of it.

    What is refused for one directory keeps nothing from the others.  Raises EngineError if
    the container cannot be had.
    """
    begun = time.monotonic()
    arrival = Arrival()
    for directory, sources in _by_directory(load).items():
        try:
            _bring(engine, container, directory, replace(load, sources=sources), arrival, runs)
        except (AnswerLost, EngineUnavailable, NotFound):
            raise
        except EngineError as error:
            arrival.refused |= sources
            arrival.error = error
    arrival.seconds = time.monotonic() - begun
    return arrival


def _bring(
    engine: Engine, container: str, directory: str, load: Load, arrival: Arrival, runs: bool
) -> None:
    """Bring in what belongs into one directory, and note what came of it."""
    with pack(load.sources, directory) as packed:
        if packed.gone and runs and _removed(engine, container, packed.gone):
            arrival.removed += len(packed.gone)
        elif packed.gone:
            arrival.left |= {target: load.sources[target] for target in packed.gone}
        if packed.archive is not None:
            _write(engine, container, directory, packed, load)
    arrival.changed += packed.count
    arrival.unread += packed.unread


def remove(engine: Engine, container: str, targets: Iterable[str]) -> None:
    """Remove paths from a container that runs; what is not there is fine."""
    paths = without_those_below(targets)
    for at in range(0, len(paths), _AT_ONCE):
        _remove(engine, container, paths[at : at + _AT_ONCE])


def _removed(engine: Engine, container: str, targets: Iterable[str]) -> bool:
    """Remove paths, and return whether the container has run until then."""
    try:
        remove(engine, container, targets)
    except Conflict:
        return False
    return True


def _by_directory(load: Load) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for target, source in load.sources.items():
        found.setdefault(load.base(target), {})[target] = source
    return found


def _write(
    engine: Engine,
    container: str,
    directory: str,
    packed: Packed,
    load: Load,
    *,
    known: bool = True,
    anew: bool = False,
) -> None:
    """Unpack; the container's user owns, by number if the engine does not know it, and what
    stands in the way as another kind of thing goes.
    """
    assert packed.archive is not None
    try:
        engine.write_archive(container, directory, packed.archive, to_user=known, replace=anew)
        return
    except EngineError as error:
        if known and any(text in error.message for text in _STRANGERS):
            known = False
        elif not anew and _OTHER_KIND in error.message:
            anew = True
        else:
            raise
    sources = {target: load.sources[target] for target in (*packed.directories, *packed.files)}
    with pack(sources, directory, None if known else load.owner) as again:
        if again.archive is not None:
            _write(engine, container, directory, again, load, known=known, anew=anew)


def _remove(engine: Engine, container: str, paths: tuple[str, ...]) -> None:
    try:
        code, said = _run(engine, container, ("rm", "-rf", "--", *paths))
    except NotFound:
        raise
    except EngineError as error:
        if not any(text in error.message for text in _MISSING):
            raise
        code, said = _NO_PROGRAM[0], error.message
    if code in _NO_PROGRAM:
        for parent, names in _by_parent(paths).items():
            _write_without(engine, container, parent, names)
    elif code:
        raise EngineError(f"container {container}: {said or f'rm ended with code {code}'}")


def _run(engine: Engine, container: str, command: tuple[str, ...]) -> tuple[int, str]:
    """Return the exit code of a command, and the last line that it printed."""
    session = engine.exec(container, Command(command, user=_ROOT))
    try:
        said = b"".join(data for _, data in session).decode(errors="replace").strip()
        return session.exit_code(), said.rpartition("\n")[2]
    finally:
        session.close()


def _by_parent(paths: Iterable[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for path in paths:
        found.setdefault(posixpath.dirname(path), set()).add(posixpath.basename(path))
    return found


def _write_without(engine: Engine, container: str, directory: str, names: set[str]) -> None:
    """Write a directory of a container anew, without what is called `names`."""
    if directory == "/":
        raise EngineError(
            f"container {container} has no rm, and nothing can be removed from its root otherwise",
            help="'composer up --force-recreate' makes it anew",
        )
    try:
        stream = engine.read_archive(container, directory)
    except NotFound:
        return
    with SpooledTemporaryFile(_IN_MEMORY) as spool:
        anew = cast("IO[bytes]", spool)
        try:
            removed = _copied(iter(stream), anew, directory, names)
        except tarfile.TarError as error:
            raise EngineError(f"container {container}: {directory} cannot be read") from error
        finally:
            stream.close()
        if removed:
            anew.seek(0)
            engine.write_archive(container, "/", anew, replace=True)


def _copied(chunks: Iterator[bytes], anew: IO[bytes], directory: str, names: set[str]) -> bool:
    """Copy an archive but for `names`, behind a file that makes way for the directory.

    Return whether there was anything to leave out.
    """
    removed = False
    place = directory.strip("/")
    source = cast("IO[bytes]", _Reader(chunks))
    with (
        tarfile.open(fileobj=source, mode="r|") as old,
        tarfile.TarFile(fileobj=anew, mode="w", format=tarfile.PAX_FORMAT) as new,
    ):
        new.addfile(tarfile.TarInfo(place))
        top = ""
        for entry in old:
            top = top or entry.name.partition("/")[0]
            below = entry.name.partition("/")[2]
            if below.partition("/")[0] in names:
                removed = True
                continue
            entry.name = posixpath.join(place, below) if below else place
            if entry.islnk():
                entry.linkname = posixpath.join(place, entry.linkname.partition("/")[2])
            new.addfile(entry, old.extractfile(entry) if entry.isreg() else None)
    return removed


class _Reader:
    """Chunks, read as a file that is not too large."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""
        self._total = 0

    def read(self, size: int) -> bytes:
        parts, have = [self._rest], len(self._rest)
        while have < size and (chunk := next(self._chunks, b"")):
            parts.append(chunk)
            have += len(chunk)
            self._total += len(chunk)
            if self._total > _LARGEST:
                raise EngineError("the directory is too large to be written anew without rm")
        whole = b"".join(parts)
        self._rest = whole[size:]
        return whole[:size]
