"""What of a build context is sent: all of it but what the ignore file takes out.

The rules are Docker's.  A Dockerfile has an ignore file of its own if one is called like it,
with `.dockerignore` at its end; otherwise it is the one at the root of the context.
"""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Iterator
from typing import NamedTuple

from composer.errors import EngineError
from composer.ignorefile import Patterns, patterns_of
from composer.model.build import Build
from composer.record import dataclass
from composer.source import SourceFile, SourceMark

IGNORE_FILE = ".dockerignore"


class Entry(NamedTuple):
    """One file or directory that is sent: its name within the context, and what it is."""

    name: str
    path: str
    status: os.stat_result


@dataclass(frozen=True, slots=True)
class Ignored:
    """What is not sent.  `own` says that it is said for this Dockerfile alone."""

    root: str
    patterns: tuple[str, ...] = ()
    own: bool = False

    def matcher(self, *kept: str) -> Patterns:
        """Return what selects the paths left out, but for those that are `kept`."""
        plain = [text for text in self.patterns if _is_inside(text)]
        return Patterns([*plain, *(f"!{name}" for name in kept)], self.root, ends=True)


def ignored(build: Build) -> Ignored:
    """Return what the ignore file for `build` says.  Raises EngineError for what it cannot say."""
    root = build.context
    if build.dockerfile_inline is None:
        dockerfile = os.path.join(root, build.dockerfile or "Dockerfile")
        if (text := _read(dockerfile + IGNORE_FILE)) is not None:
            return Ignored(root, _patterns(dockerfile + IGNORE_FILE, text, root), own=True)
    path = os.path.join(root, IGNORE_FILE)
    text = _read(path)
    return Ignored(root, _patterns(path, text, root) if text is not None else ())


def entries(root: str, left_out: Patterns, again: tuple[str, ...] | None = None) -> Iterator[Entry]:
    """Yield what is sent, a directory before what is in it, sorted.

    `again` are the patterns that take something in again: a directory that is left out is
    looked into if one of them begins with it.  None: whenever there are any.
    """
    left: list[tuple[str, str, tuple[bool, ...]]] = [("", root, ())]
    while left:
        name, path, above = left.pop()
        status = os.lstat(path)
        out, matching = left_out.walk(path, above) if name else (False, ())
        if not out:
            yield Entry(name, path, status)
        if stat.S_ISDIR(status.st_mode) and (not out or _may_hold(name, left_out, again)):
            try:
                below = sorted(os.listdir(path), reverse=True)
            except OSError as error:
                raise unreadable(path, error) from None
            left += (
                (posixpath.join(name, one), posixpath.join(path, one), matching) for one in below
            )


def unreadable(path: str, error: OSError) -> EngineError:
    reason = (error.strerror or str(error)).lower()
    return EngineError(
        f"{path!r} of the build context cannot be read: {reason}",
        help=f"leave it out by a line in {IGNORE_FILE}",
    )


def _may_hold(name: str, left_out: Patterns, again: tuple[str, ...] | None) -> bool:
    """Say whether something below a directory that is left out may be sent all the same."""
    if not left_out.exclusions:
        return False
    return again is None or any(f"{text}/".startswith(f"{name}/") for text in again)


def _patterns(path: str, text: str, root: str) -> tuple[str, ...]:
    """Return the patterns in a file; one that is none is told at its line."""
    found = tuple(patterns_of(text))
    for pattern in found:
        try:
            if pattern == "!":
                raise ValueError("'!' takes nothing in again: a pattern has to follow it")
            Patterns([pattern], root, ends=True)
        except ValueError as error:
            fault = EngineError(str(error))
            fault.mark = _mark(path, text, pattern)
            raise fault from None
    return found


def _mark(path: str, text: str, pattern: str) -> SourceMark | None:
    file = SourceFile(os.path.relpath(path), text)
    for number, line in enumerate(text.splitlines(), 1):
        if patterns_of(line) == [pattern]:
            return SourceMark(file, number, 1, max(len(line), 1))
    return None


def _is_inside(pattern: str) -> bool:
    """Say whether a pattern can mean something in the context."""
    plain = pattern.removeprefix("!")
    return plain not in (".", "..") and not plain.startswith("../")


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8-sig", errors="surrogateescape") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise EngineError(f"{path!r} cannot be read: {reason}") from None
