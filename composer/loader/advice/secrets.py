"""Advice on passwords and keys that stand in the file.

The messages never show a value: they may end up in the log of a build server.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterator
from typing import Final

from composer.errors import Problem
from composer.loader.advice.scene import At, Entry
from composer.loader.template import expressions

_SECRET: Final = re.compile(
    r"(?:.*(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|API[_.-]?KEYS?|PRIVATE[_.-]?KEY|SECRET[_.-]?KEY"
    r"|SECRET[_.-]?ACCESS[_.-]?KEY|SECRET[_.-]?KEY[_.-]?BASE|ENCRYPTION[_.-]?KEY)"
    r"|(?:.*[_.-])?(?:TOKEN|PASS|PWD))",
    re.IGNORECASE,
)
_PUBLIC: Final = re.compile(r"PUBLIC|PUBLISHABLE|^(?:OLD)?PWD$", re.IGNORECASE)
"""Keys that everybody may know, and the directory that a shell is in."""

_NO_SECRET: Final = re.compile(r"true|false|yes|no|on|off|0|1|(?:/[\w.@-]+){2,}", re.IGNORECASE)
"""What stands in a variable that only sounds like a secret: a switch, or the path of one."""

_FLAG: Final = re.compile(
    r"(?<!\S)(?P<flag>--?(?:[\w-]*-)?(?:password|passwd|requirepass|token|api-?key))"
    r"(?:=|\s+)(?P<value>[^\s-]\S*)",
    re.IGNORECASE,
)
"""A flag that hands over a secret, and the word behind it."""

_ADDRESS: Final = re.compile(
    r"[a-zA-Z][a-zA-Z0-9+.-]{0,30}://[^\s/:@\"']*:(?P<password>[^\s/@\"']+)@"
)


def is_secret(key: str) -> bool:
    """Say whether a variable of that name holds a password, a token or a key."""
    return not _PUBLIC.search(key) and _SECRET.fullmatch(key) is not None


def secret_in_environment(at: At) -> Iterator[Problem]:
    for entry in at.entries("environment"):
        if is_secret(entry.key) and _is_literal(entry):
            yield at.say(
                f"the value of {entry.key!r} can be read by everybody who has this file",
                *entry.path,
                help=f"take it from outside, ${{{_variable(entry.key)}:?}}, or from a secret",
            )


def secret_in_build_args(at: At) -> Iterator[Problem]:
    for entry in at.entries("build", "args"):
        if is_secret(entry.key) and entry.value and not _NO_SECRET.fullmatch(entry.value):
            yield at.say(
                f"the build argument {entry.key!r} stays readable in the image",
                *entry.path,
                help="hand it over under build.secrets, and RUN --mount=type=secret",
            )


def secret_in_command(at: At) -> Iterator[Problem]:
    text, starts = _written_command(at)
    for found in _FLAG.finditer(text):
        value = found["value"].strip("'\"")
        if value and "$" not in value and not _NO_SECRET.fullmatch(value):
            index = starts[bisect(starts, (found.start("value"), len(text))) - 1][1]
            yield at.say(
                f"what follows {found['flag']} can be read by everybody who has this file, "
                "or lists processes",
                *("command", index),
                help="take it from a file, or at least from outside with ${…:?}",
            )


def _written_command(at: At) -> tuple[str, list[tuple[int, int]]]:
    """Return the command as it was written, and where in it which word begins."""
    words: list[str] = []
    starts: list[tuple[int, int]] = []
    length, last = 0, None
    for index, _ in enumerate(at.service.command or ()):
        mark = at.own_mark("command", index)
        if mark != last:  # the words of a text have one mark
            starts.append((length, index))
            words.append(at.original("command", index))
            length += len(words[-1]) + 1
        last = mark
    return " ".join(words), starts


def password_in_url(at: At) -> Iterator[Problem]:
    for entry in at.entries("environment"):
        found = _ADDRESS.search(entry.text) if "://" in entry.text else None
        if found and "$" not in found["password"].replace("$$", ""):
            yield at.say(
                f"the password in the address {entry.key!r} can be read by everybody "
                "who has this file",
                *entry.path,
                help="take it from outside: ${PASSWORD:?}",
            )


def _is_literal(entry: Entry) -> bool:
    """Say whether the value is a secret that stands in the file, no part of it from outside."""
    return is_literal_secret(entry.text)


def is_literal_secret(text: str) -> bool:
    if not text or _NO_SECRET.fullmatch(text) or ("://" in text and _ADDRESS.search(text)):
        return False
    return next(expressions(text), None) is None


def _variable(key: str) -> str:
    return re.sub(r"\W", "_", key).upper()
