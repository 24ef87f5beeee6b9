"""Bring files to the format of today: read them, see that the result loads, write it.

Files that belong together are migrated together, with those they extend or include: the
one may name a service of the other, and an old file is of no use to a modern one.
"""

from __future__ import annotations

import codecs
import difflib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import count
from typing import Final

from composer.errors import ComposerError, InvalidProject, Problem
from composer.loader.documents import Parsed, parse_all
from composer.loader.environment import collect
from composer.loader.files import absolute, find, is_remote, read
from composer.loader.migrate import Migration, migrate
from composer.loader.migrate_service import Note
from composer.loader.old_project import references
from composer.loader.pipeline import load
from composer.loader.sources import Sources
from composer.model.names import project_name_from
from composer.model.options import LoadOptions
from composer.record import dataclass, replace
from composer.source import SourceMark

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"", "utf-8"),
)


@dataclass(frozen=True, slots=True)
class Migrated:
    """What files should say, and notes on the project as a whole."""

    files: tuple[Migration, ...]
    notes: tuple[Note, ...] = ()

    @property
    def needed(self) -> tuple[Migration, ...]:
        return tuple(one for one in self.files if one.is_needed)


def migrate_project(options: LoadOptions) -> Migrated:
    """Return what the files of a project should say, overrides included.

    Raises InvalidProject, also if that would not load.
    """
    environment = collect(options, None).variables
    found = find(options, environment)
    named = options.project_name or environment.get("COMPOSE_PROJECT_NAME")
    return _migrated(found.paths, options, None if named else found.project_directory)


def migrate_alone(path: str, options: LoadOptions) -> Migrated:
    """Return what one file should say, which may be an override of another.

    Raises InvalidProject, also if that would not load.
    """
    path = absolute(path, options.working_directory)
    return _migrated((path,), replace(options, check_consistency=False), os.path.dirname(path))


def write(migration: Migration, *, backup: bool) -> str | None:
    """Put the new text in the place of the old one; return the path of the backup.

    The file has the old text or the new one at any moment, and keeps its mode.  A
    symbolic link stays one.  Raises ComposerError if the file changed in between.
    """
    path = os.path.realpath(migration.path)
    if read(path).text != migration.file.text:
        message = f"{migration.file.name!r} was changed by somebody else just now: nothing written"
        raise ComposerError(message, help="run composer migrate again")
    try:
        kept = _back_up(path) if backup else None
        with open(path, "rb") as file:
            start = file.read(4)
        bom, encoding = next(one for one in _BOMS if start.startswith(one[0]))
        _replace(path, bom + migration.text.encode(encoding))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ComposerError(f"{migration.file.name!r} cannot be written: {reason}") from None
    return kept


def _migrated(paths: Sequence[str], options: LoadOptions, directory: str | None) -> Migrated:
    for path in filter(is_remote, paths):
        hint = "get it with git clone, say, and migrate the file you have then"
        raise ComposerError(f"{path!r} is not on this machine", help=hint)
    sources = Sources(options)
    files = parse_all(paths, sources)
    others = _others(files, sources)
    beside = _directories([*files, *others])
    done = Migrated(migrate(files, others, beside))
    if not done.needed:
        return done
    _try(done.needed, replace(options, files=tuple(paths)))
    if not any(one.services for one in done.files):
        return done
    return replace(done, notes=(*_notes(directory), *_note_on_fig(done)))


def _others(files: Iterable[Parsed], sources: Sources) -> tuple[Parsed, ...]:
    """Return the files that these extend or include, and so on; those that are there."""
    seen = {one.path: one for one in files}
    first = tuple(seen)
    waiting = list(files)
    while waiting:
        for path in references(waiting.pop()):
            if path not in seen and os.path.isfile(path):
                [seen[path]] = parse_all([path], sources)
                waiting.append(seen[path])
    return tuple(one for path, one in seen.items() if path not in first)


def _directories(files: Iterable[Parsed]) -> Iterator[str]:
    """Yield the paths of the directories beside files."""
    for directory in {os.path.dirname(one.path) or "." for one in files}:
        with suppress(OSError), os.scandir(directory) as entries:
            yield from (entry.path for entry in entries if entry.is_dir())


def _notes(directory: str | None) -> Iterator[Note]:
    yield Note(
        "services share a network now and know each other by name; before they were on "
        "the engine's bridge network, where links did that"
    )
    name = os.path.basename(directory) if directory else ""
    before, after = re.sub("[^a-z0-9]", "", name.lower()), project_name_from(name)
    if before and before != after:
        yield Note(
            f"the first Compose called this project {before!r}, now it is {after!r}: to take its "
            f"containers over, with the data in volumes without a name, add 'name: {before}'"
        )


def _note_on_fig(done: Migrated) -> Iterator[Note]:
    for one in done.files:
        if os.path.basename(one.path) in ("fig.yml", "fig.yaml"):
            yield Note(f"nobody looks for {one.file.name!r} any more: call it compose.yaml")


def _try(done: Sequence[Migration], options: LoadOptions) -> None:
    """Load what the files should say; raise InvalidProject with places in what they say."""
    texts = {one.path: replace(one.file, text=one.text) for one in done}
    try:
        load(replace(options, texts=texts, project_name="any", resolve_environment=False))
    except InvalidProject as error:
        was = {one.file.name: _Lines(one) for one in done}
        problems = [_relocated(problem, was) for problem in error.problems]
        last = Problem("nothing is migrated: the result would not load")
        raise InvalidProject([*problems, last]) from None


class _Lines:
    """Where the lines of a new text were in the old one, if they were there."""

    def __init__(self, migration: Migration) -> None:
        self._file = migration.file
        self._old = migration.file.text.split("\n")
        self._new = migration.text.split("\n")
        old, new = ([line.strip() for line in lines] for lines in (self._old, self._new))
        self._was = {
            block.b + n: block.a + n
            for block in difflib.SequenceMatcher(None, old, new).get_matching_blocks()
            for n in range(block.size)
        }

    def mark(self, mark: SourceMark) -> SourceMark:
        """Return where the marked text was; in the new text, if the line is new."""
        line = self._was.get(mark.line - 1)
        if line is None:
            name = f"{self._file.name} (migrated)"
            return mark._replace(file=replace(mark.file, name=name))
        column = mark.column + len(self._old[line]) - len(self._new[mark.line - 1])
        return SourceMark(self._file, line + 1, max(column, 1), mark.width)


def _relocated(problem: Problem, was: Mapping[str, _Lines]) -> Problem:
    """Return a problem of a new text with its places in the old one."""

    def moved(mark: SourceMark) -> SourceMark:
        return was[mark.file.name].mark(mark) if mark.file.name in was else mark

    notes = tuple((text, moved(mark)) for text, mark in problem.notes)
    return replace(problem, mark=moved(problem.mark) if problem.mark else None, notes=notes)


def _back_up(path: str) -> str:
    """Copy a file beside itself, over nothing that is there already."""
    copy = f"{path}.orig"
    for number in count(2):
        if not os.path.lexists(copy):
            break
        copy = f"{path}.orig{number}"
    shutil.copy2(path, copy)
    return copy


def _replace(path: str, content: bytes) -> None:
    """Write a file under another name, then give it the name."""
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".composer-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(path, temporary)
        with suppress(PermissionError):
            owner = os.stat(path)
            os.chown(temporary, owner.st_uid, owner.st_gid)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
