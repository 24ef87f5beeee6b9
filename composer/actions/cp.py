"""Copy between this machine and the containers of a service.

Into a service it goes to all of its containers, out of it from the first; whether they
run does not matter.  Where things land is told by `landing.py`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import IO, BinaryIO

from composer.actions.landing import (
    CONTENTS,
    Landing,
    Source,
    Target,
    asks_for_directory,
    beside,
    is_contents,
    landing,
    renamed,
    rooted,
    split,
)
from composer.actions.one_container import no_replica
from composer.actions.pack import Packed
from composer.engine.port import Archives, Engine, Readable
from composer.errors import EngineError, NotFound, UsageError, did_you_mean
from composer.model.archives import PathStat
from composer.model.observed import ObservedContainer
from composer.model.options import CopyOptions
from composer.record import dataclass

ARCHIVE = "-"
_LINKS = 10


@dataclass(frozen=True, slots=True)
class Copying:
    """What is copied where: `path` is in the containers, `local` on this machine."""

    service: str
    path: str
    local: str
    outward: bool


def read(options: CopyOptions) -> Copying:
    """Return what the two words mean; raises UsageError."""
    if not options.source:
        raise UsageError("source can not be empty")
    if not options.target:
        raise UsageError("destination can not be empty")
    source, target = _parts(options.source), _parts(options.target)
    if source and target:
        raise UsageError("copying between services is not supported")
    if source:
        return Copying(*source, options.target, outward=True)
    if target:
        return Copying(*target, options.source, outward=False)
    raise UsageError(
        "unknown copy direction", help="write SERVICE:PATH for the side that is in a container"
    )


def _parts(word: str) -> tuple[str, str] | None:
    """Return service and path, None for a path of this machine: `/a:b` and `./a:b` are such."""
    service, colon, path = word.partition(":")
    if not colon or word.startswith(("/", ".")):
        return None
    return service, rooted(path) if path else path


def containers_of(
    project: str, engine: Engine, copying: Copying, options: CopyOptions
) -> tuple[ObservedContainer, ...]:
    """Return the containers to copy from or to.  Raises NotFound if there is none."""
    every = engine.project_containers(project)
    found = [
        one
        for one in every
        if one.service == copying.service and not one.hook and (options.all or not one.oneoff)
    ]
    found.sort(key=lambda one: (one.oneoff, one.number, one.name))
    if options.index is not None:
        replicas = [one for one in found if not one.oneoff]
        found = [one for one in replicas if one.number == options.index]
        if not found:
            raise no_replica(copying.service, options.index, replicas)
    if not found:
        hint = did_you_mean(copying.service, {one.service for one in every}, but=copying.service)
        raise NotFound(f"no container found for service {copying.service!r}", help=hint)
    return tuple(found[:1] if copying.outward else found)


def copy_out(
    engine: Archives, container: str, copying: Copying, options: CopyOptions, out: BinaryIO
) -> tuple[str, ...]:
    """Copy out of a container, as an archive to `out` for "-"; return what was left out."""
    path, called = copying.path, ""
    if options.follow:
        path, called = _followed(engine, container, path)
    local = _local_target(copying.local) if copying.local != ARCHIVE else None
    with closing(engine.read_archive(container, path)) as archive:
        if local is None:
            for chunk in archive:
                out.write(chunk)
            return ()
        from composer.actions.unpack import unpack

        source = Source(path, archive.stat.kind == "directory", called)
        where = landing(source, local)
        return unpack(archive, where, rooted=source.name != CONTENTS, owners=options.archive)


def copy_in(
    engine: Archives, container: str, copying: Copying, options: CopyOptions, archive: Readable
) -> tuple[str, ...]:
    """Copy into a container, `archive` for "-"; return what was left out, in words."""
    target = _target_in(engine, container, copying.path)
    if copying.local == ARCHIVE:
        if not target.directory:
            raise UsageError(f"destination {container}:{copying.path} must be a directory")
        engine.write_archive(container, target.path, archive)
        return ()
    source = _local_source(copying.local, follow=options.follow)
    where = landing(source, target)
    packed = Packed(source.path, where.name)
    engine.write_archive(container, where.directory, packed)
    return tuple(packed.left_out)


@contextmanager
def repeatable(archive: IO[bytes], times: int) -> Iterator[Callable[[], IO[bytes]]]:
    """Yield what returns `archive` from its beginning, each of `times` times; through a file."""
    if times <= 1:
        yield lambda: archive
        return
    import shutil
    import tempfile

    with tempfile.TemporaryFile() as file:
        shutil.copyfileobj(archive, file)

        def again() -> IO[bytes]:
            file.seek(0)
            return file

        yield again


def _followed(engine: Archives, container: str, path: str) -> tuple[str, str]:
    """Return where a path of a container leads, and what it is called if otherwise."""
    found = engine.look_at(container, path)
    if found is None or found.kind != "link":
        return path, ""
    return renamed(path, beside(path, found.target))


def _target_in(engine: Archives, container: str, path: str) -> Target:
    found = engine.look_at(container, path)
    if found is not None and found.kind == "link":
        path = beside(path, found.target)
        found = engine.look_at(container, path)
    return Target(path, _is_directory(found, f"{container}:{path}"))


def _is_directory(found: PathStat | None, shown: str) -> bool | None:
    if found is None:
        return None
    if found.kind in ("device", "other"):
        raise EngineError(f"{shown} must be a directory or a regular file, and is a {found.kind}")
    return found.kind == "directory"


def _local_source(path: str, *, follow: bool) -> Source:
    """Return what is at a path of this machine; a link only if it is not to be followed."""
    whole = _absolute(path)
    called = ""
    try:
        if follow or asks_for_directory(path):
            whole, called = renamed(whole, os.path.realpath(whole, strict=True))
        else:
            parent, last = os.path.split(whole)
            whole = os.path.join(os.path.realpath(parent, strict=True), last)
        directory = not os.path.islink(whole) and os.path.isdir(whole)
        os.lstat(whole)
    except OSError as error:
        raise UsageError(f"{path}: {(error.strerror or str(error)).lower()}") from None
    return Source(whole, directory, called)


def _local_target(path: str) -> Target:
    """Return where something goes on this machine, through links; its directory must exist."""
    whole = _absolute(path)
    for _ in range(_LINKS):
        if not os.path.islink(whole):
            break
        whole = beside(whole, os.readlink(whole))
    else:
        raise UsageError(f"{path}: too many links")
    if os.path.isdir(whole):
        return Target(whole, True)
    if os.path.lexists(whole.rstrip("/")):
        return Target(whole, _regular(whole, path))
    parent = split(whole)[0]
    if not os.path.isdir(parent):
        raise UsageError(f"invalid output path: directory {parent!r} does not exist")
    return Target(whole, None)


def _regular(whole: str, path: str) -> bool:
    """Return False, which is no directory; raises UsageError for what is no file either."""
    if not os.path.isfile(whole.rstrip("/")):
        raise UsageError(f"invalid output path: {path!r} must be a directory or a regular file")
    if asks_for_directory(whole):
        raise UsageError(f"invalid output path: {path!r} is not a directory")
    return False


def _absolute(path: str) -> str:
    """Return a whole path whose end says what that of `path` says."""
    whole = os.path.abspath(path)
    if is_contents(path):
        return f"{whole.rstrip('/')}/."
    return f"{whole}/" if path.endswith("/") and whole != "/" else whole


__all__ = ["ARCHIVE", "Copying", "Landing", "containers_of", "copy_in", "copy_out", "read"]
