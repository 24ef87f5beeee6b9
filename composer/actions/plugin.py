"""composer as docker's plugin, or as the program docker-compose: placed, shown, taken away.

What is placed is a small program that says in its second line whose it is.  What
somebody else has placed there is kept beside it, under a name at which docker does not
look, and comes back when ours goes.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final

from composer.errors import UsageError
from composer.record import dataclass

NAME: Final = "docker-compose"
_MARK: Final = "# composer, called docker-compose; 'composer plugin uninstall' takes this away"
_KEPT: Final = ".docker-compose.kept-by-composer"
_LONGEST_SHEBANG: Final = 127
_SECONDS: Final = 10


@dataclass(frozen=True, slots=True)
class Found:
    """A program called docker-compose.  `who` is told for people; `broken` says why it fails."""

    path: str
    ours: bool
    who: str
    broken: str = ""


def install(directory: str, *, replace: bool = False) -> str:
    """Place our program in `directory`, and return what was kept, "" if nothing was.

    Raises UsageError for a program that is not ours, unless it may be replaced.
    """
    path, kept = os.path.join(directory, NAME), ""
    try:
        os.makedirs(directory, exist_ok=True)
        if os.path.lexists(path) and not is_ours(path):
            if not replace:
                raise UsageError(
                    f"{path} is there already, and not composer's: {found(path).who}",
                    help="--replace keeps it, and 'composer plugin uninstall' gives it back",
                )
            kept = os.path.join(directory, _KEPT)
            if os.path.lexists(kept):
                raise UsageError(
                    f"{kept} is there already: what was kept when composer was placed before",
                    help="move one of the two away",
                )
        _write(path, kept)
    except OSError as error:
        raise _refused(path, error) from None
    return kept


def uninstall(directory: str) -> tuple[bool, bool]:
    """Take our program out of `directory`; say whether it was there, and what was before is back.

    Raises UsageError for a program that is not ours.
    """
    path, kept = os.path.join(directory, NAME), os.path.join(directory, _KEPT)
    there = os.path.lexists(path)
    try:
        if there and not is_ours(path):
            raise UsageError(
                f"{path} is not composer's: {found(path).who}", help="it stays as it is"
            )
        if there:
            os.unlink(path)
        back = os.path.lexists(kept)
        if back:
            os.replace(kept, path)
    except OSError as error:
        raise _refused(path, error) from None
    return there, back


def programs(directories: Sequence[str], *, plugins: bool = True) -> Iterator[Found]:
    """Yield the programs of that name in `directories`; the first is used."""
    for directory in dict.fromkeys(map(os.path.abspath, directories)):
        path = os.path.join(directory, NAME)
        if os.path.lexists(path):
            yield found(path, plugin=plugins)


def is_ours(path: str) -> bool:
    """Say whether `install` has written the program at `path`."""
    with suppress(OSError), open(path, "rb") as file:
        return _MARK.encode() in file.read(1000)
    return False


def found(path: str, *, plugin: bool = True) -> Found:
    """Return what the program at `path` says of itself, as a plugin or else as any program."""
    ours = is_ours(path)
    try:
        who = _described(path) if plugin else _asked(path, "--version").split("\n")[0]
    except subprocess.TimeoutExpired:
        return Found(path, ours, "composer" if ours else "not known", "it does not answer")
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        return Found(path, ours, "composer" if ours else "not known", why)
    except ValueError:
        return Found(path, ours, "not known", "it does not describe itself as a plugin")
    return Found(path, ours, "composer" if ours else who or "not known")


def _described(path: str) -> str:
    """Return vendor and version of a plugin; raises ValueError if it tells neither."""
    import json

    described = json.loads(_asked(path, "docker-cli-plugin-metadata"))
    if not isinstance(described, dict):
        raise ValueError(described)
    vendor = str(described.get("Vendor") or "somebody").rstrip(".")
    version = str(described.get("Version") or "").removeprefix("v")
    return f"{vendor} {version}".strip()


def _asked(path: str, word: str) -> str:
    done = subprocess.run(
        (path, word),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=_SECONDS,
        check=False,
    )
    return done.stdout.strip()


def program_text(python: str, packages: str) -> str:
    """Return our program, for the interpreter at `python`; `packages` is where composer is.

    A first line may not be long, nor have a blank in the path; then a shell starts Python.
    """
    first = f"#!{python} -P"
    if len(first) > _LONGEST_SHEBANG or " " in python:
        first = f"""#!/bin/sh
'''exec' {shlex.quote(python)} -P "$0" "$@"
' '''"""
    return f"""{first}
{_MARK}
import sys
try:
    from composer.__main__ import main
except ModuleNotFoundError:
    sys.path.insert(0, {packages!r})
    from composer.__main__ import main
sys.exit(main())
"""


def _write(path: str, kept: str) -> None:
    """Write our program, whole or not at all; what is there goes to `kept` if that is a path."""
    import composer

    packages = os.path.dirname(os.path.dirname(os.path.abspath(composer.__file__)))
    temporary = f"{os.path.dirname(path)}/.{NAME}.{os.getpid()}"
    try:
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(program_text(sys.executable, packages))
        os.chmod(temporary, 0o755)
        if kept:
            os.replace(path, kept)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        if kept and not os.path.lexists(path):
            os.replace(kept, path)
        raise


def _refused(path: str, error: OSError) -> UsageError:
    why = (error.strerror or str(error)).lower()
    if isinstance(error, FileExistsError):
        return UsageError(f"{os.path.dirname(path)} is not a directory")
    help = "with --system this needs root: sudo" if isinstance(error, PermissionError) else None
    return UsageError(f"{path}: {why}", help=help)
