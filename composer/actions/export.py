"""The file system of a container as a tar archive."""

from __future__ import annotations

import os
from contextlib import closing, suppress
from typing import BinaryIO

from composer.engine.port import Archives
from composer.errors import UsageError


def export_to_file(engine: Archives, container: str, path: str) -> None:
    """Write the archive into a file, which has its name once it is whole."""
    assert_writable(path)
    temporary = os.path.join(os.path.dirname(path), f".composer-export-{os.getpid()}")
    try:
        with open(temporary, "xb", opener=_private) as file:
            export(engine, container, file)
        os.replace(temporary, path)
    except OSError as error:
        raise UsageError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    finally:
        with suppress(FileNotFoundError):
            os.unlink(temporary)


def export(engine: Archives, container: str, out: BinaryIO) -> None:
    with closing(engine.export(container)) as archive:
        for chunk in archive:
            out.write(chunk)


def assert_writable(path: str) -> None:
    """Raise UsageError if no file of that name can be made."""
    directory = os.path.dirname(path) or "."
    if not os.path.isdir(directory):
        raise UsageError(f"invalid output path: directory {directory!r} does not exist")
    if os.path.isdir(path):
        raise UsageError(f"invalid output path: {path!r} is a directory")
    if os.path.lexists(path) and not os.path.isfile(path):
        raise UsageError(f"invalid output path: {path!r} must be a regular file")


def _private(path: str, flags: int) -> int:
    """Open a file that only its owner reads, since there may be secrets in a container."""
    return os.open(path, flags, 0o600)
