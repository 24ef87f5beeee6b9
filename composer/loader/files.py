"""Which files make the project, and reading them.

Whatever a path turns out to be — missing, a directory, a pipe, a picture — the
answer is an InvalidProject that says so.
"""

from __future__ import annotations

import codecs
import os
import stat
import sys
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NoReturn, TextIO

from composer.errors import InvalidProject, Problem, nearest
from composer.model.options import LoadOptions
from composer.record import dataclass
from composer.source import SourceFile, SourceMark

STDIN: Final = "-"
_PATTERNS: Final = (".example", ".sample", ".dist", ".template")
"""What is appended to the name of a file that everybody is to make a copy of."""

_NEAR: Final = 0.75  # names of files are alike in their ends
LARGEST: Final = 100 * 1024 * 1024
NAMES: Final = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
OVERRIDES: Final = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)
_FILES: Final = "COMPOSE_FILE"
_GITHUB: Final = "github.com/"
_PIPES: Final = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")
_WIDE: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Found:
    """The files, in the order of their merge: absolute, "-" for stdin, a reference as given.

    `named_by` is the variable that names them, "" if none does.
    """

    paths: tuple[str, ...]
    project_directory: str
    warnings: tuple[Problem, ...] = ()
    named_by: str = ""


def find(options: LoadOptions, environment: Mapping[str, str]) -> Found:
    """Return the files that the options, COMPOSE_FILE or a search upwards name.

    Raises InvalidProject when the search finds nothing.  A file that was named
    is not looked at; that is left to `read`.
    """
    here = options.working_directory
    named = options.files or _from_variable(environment)
    if not named:
        return _search(options)
    paths = tuple(absolute(path, here) for path in named)
    paths = tuple(path for at, path in enumerate(paths) if path != STDIN or STDIN not in paths[:at])
    variable = "" if options.files else _FILES
    return Found(paths, _project_directory(options, paths), named_by=variable)


def read(path: str, *, relative_to: str | None = None, name: str | None = None) -> SourceFile:
    """Return the text of the file at `path`; "-" is stdin.

    Without `name`, it is called by its path relative to `relative_to`, the current
    directory if that is None, when this is the shorter one.  UTF-8 and, with a byte order mark,
    UTF-16 are understood.
    """
    if path == STDIN:
        return _decode(_everything(sys.stdin), "stdin")
    name = name or shorter_name(path, relative_to)
    try:
        _check_kind(path, name)
        with open(path, "rb") as stream:
            content = stream.read(LARGEST + 1)
    except (FileNotFoundError, NotADirectoryError):
        _refuse(f"file {name!r} does not exist", neighbour(path, relative_to))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        _refuse(f"file {name!r} cannot be read: {str(reason).lower()}")
    return _decode(content, name)


@lru_cache(maxsize=1)
def _everything(stdin: TextIO | None) -> bytes:
    """Return what stdin holds: it can be read once, a command may load its project twice."""
    if stdin is None:
        _refuse("there is no standard input to read the compose file from")
    try:
        return stdin.buffer.read(LARGEST + 1)
    except OSError as error:
        _refuse(f"standard input cannot be read: {(error.strerror or str(error)).lower()}")


def is_remote(text: str) -> bool:
    """Say whether `text` is a reference to a file elsewhere, not a path."""
    if "://" not in text and "@" not in text and not text.startswith(_GITHUB):
        return False
    from composer.model.reference import is_reference

    return is_reference(text)


def absolute(path: str, directory: str) -> str:
    """Return `path` made absolute against `directory`; stdin and references stay."""
    if path == STDIN or is_remote(path):
        return path
    return os.path.normpath(os.path.join(directory, path))


def shorter_name(path: str, relative_to: str | None = None) -> str:
    """Return `path` as a user would name it: relative to a directory when that is shorter."""
    try:
        relative = os.path.relpath(path, relative_to)
    except ValueError:
        return path
    return relative if len(relative) < len(path) else path


def first_directory(options: LoadOptions) -> str:
    """Return what the flags say the project directory is, the working directory if nothing."""
    paths = tuple(absolute(path, options.working_directory) for path in options.files)
    return _project_directory(options, paths)


def _project_directory(options: LoadOptions, paths: tuple[str, ...]) -> str:
    if options.project_directory:
        return absolute(options.project_directory, options.working_directory)
    first = next((path for path in paths if path != STDIN), None)
    if first is None or is_remote(first):
        return options.working_directory
    return os.path.dirname(first)


def _from_variable(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the files that COMPOSE_FILE lists.

    A reference has colons of its own: where they separate, it reaches to the end.
    """
    separator = environment.get("COMPOSE_PATH_SEPARATOR") or os.pathsep
    rest = environment.get(_FILES, "")
    listed = []
    while rest:
        one, _, after = rest.partition(separator)
        if separator == ":" and is_remote(rest):
            one, after = rest, ""
        listed.append(one)
        rest = after
    return tuple(filter(None, listed))


def _search(options: LoadOptions) -> Found:
    """Look in the project directory, else the working directory, and each one above."""
    start = first_directory(options)
    directory = start
    while not (names := present(directory, NAMES)):
        above = os.path.dirname(directory)
        if above == directory:
            _refuse(
                f"no compose file found in {start!r} or any parent directory",
                f"create one of {', '.join(NAMES)}, or name a file with -f"
                if os.path.isdir(start)
                else "there is no such directory: correct --project-directory",
            )
        directory = above
    overrides = present(directory, OVERRIDES)
    paths = tuple(os.path.join(directory, name) for name in (*names[:1], *overrides[:1]))
    warnings = [
        Problem(
            f"several {what} in {directory!r}: {', '.join(several)}",
            help=f"{several[0]} is used; remove the others, or choose with -f",
            severity="warning",
            name="several-files",
        )
        for what, several in (("compose files", names), ("override files", overrides))
        if len(several) > 1
    ]
    return Found(paths, _project_directory(options, paths), tuple(warnings))


def present(directory: str, names: tuple[str, ...]) -> list[str]:
    """Return which of the names there are in a directory."""
    return [name for name in names if os.path.exists(os.path.join(directory, name))]


def _check_kind(path: str, name: str) -> None:
    """Refuse what is no file.  A pipe of the shell, `-f <(…)`, is as good as one."""
    kind = os.stat(path)
    if stat.S_ISDIR(kind.st_mode):
        names = present(path, NAMES)
        hint = f"name the file in it: {os.path.join(name, names[0])}" if names else None
        _refuse(f"{name!r} is a directory, not a file", hint)
    if stat.S_ISREG(kind.st_mode) or path == os.devnull:
        return
    if stat.S_ISFIFO(kind.st_mode) and path.startswith(_PIPES):
        return
    _refuse(f"{name!r} is not a regular file")


def neighbour(path: str, relative_to: str | None) -> str | None:
    """Return help for a path that does not exist: what is called nearly so beside it."""
    for ending in _PATTERNS:
        if os.path.isfile(path + ending):
            return f"copy {shorter_name(path + ending, relative_to)!r} to it, and fill it in"
    folder, missing = os.path.split(path)
    below: list[str] = []
    while folder not in ("", os.sep) and not os.path.isdir(folder):
        below.insert(0, missing)
        folder, missing = os.path.split(folder)
    try:
        near = nearest(missing, sorted(os.listdir(folder or os.curdir)), cutoff=_NEAR)
    except OSError:
        return None
    if near is None:
        absent = shorter_name(os.path.join(folder, missing), relative_to)
        if below:
            return f"there is no directory {absent!r}"
        there = present(folder, NAMES) if missing.endswith((".yaml", ".yml")) else ()
        return (
            f"there is {shorter_name(os.path.join(folder, there[0]), relative_to)!r}"
            if there
            else None
        )
    found = os.path.join(folder, near, *below)
    if not os.path.exists(found):
        found = os.path.join(folder, near)
    return f"did you mean {shorter_name(found, relative_to)!r}?"


def _decode(content: bytes, name: str) -> SourceFile:
    if len(content) > LARGEST:
        _refuse(f"file {name!r} is larger than {LARGEST // 1024**2} MB")
    encoding = next((kind for mark, kind in _WIDE if content.startswith(mark)), "utf-8-sig")
    try:
        file = SourceFile(name, content.decode(encoding))
    except UnicodeDecodeError as error:
        if encoding != "utf-8-sig":
            _refuse(f"file {name!r} begins like {encoding.upper()} but is not")
        file = SourceFile(name, content.decode("utf-8-sig", "backslashreplace"))
        before = content[: error.start].decode("utf-8-sig", "ignore")
        wrong = f"0x{error.object[error.start]:02x}"
        _refuse_at(file, before, f"byte {wrong} is not UTF-8", "save the file as UTF-8", 4)
    if "\0" in file.text:
        hint = "is this UTF-16 without a byte order mark? save the file as UTF-8"
        _refuse_at(file, file.text.partition("\0")[0], "a NUL byte is not text", hint, 1)
    return file


def _refuse(message: str, hint: str | None = None) -> NoReturn:
    raise InvalidProject([Problem(message, help=hint)])


def _refuse_at(file: SourceFile, before: str, message: str, hint: str, width: int) -> NoReturn:
    line = before.count("\n") + 1
    column = len(before) - before.rfind("\n")
    raise InvalidProject([Problem(message, SourceMark(file, line, column, width), help=hint)])
