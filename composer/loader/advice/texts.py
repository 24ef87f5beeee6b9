"""Advice on values that do not arrive as they are written: $, quotes, YAML, no shell."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator
from typing import Final

from composer.errors import Problem
from composer.loader.advice.originals import plain
from composer.loader.advice.scene import At, Entry
from composer.loader.advice.secrets import is_secret
from composer.loader.forms import as_text
from composer.loader.interpolate import locate
from composer.loader.template import Expression, expressions
from composer.model.service import Service
from composer.source import Path, SourceMark

_OPERATORS: Final = ("&&", "||", "|", ">", ">>", "<", "2>&1")
_SHELLS: Final = ("sh", "bash", "ash", "dash", "zsh", "busybox", "cmd", "powershell", "pwsh")
_OF_THE_MACHINE: Final = ("HOME", "HOSTNAME", "PATH")
"""Variables that every shell has, here and in the container, with values of their own."""

_MADE: Final = re.compile(r"\b(?:for|read(?:\s+-\w+)*)\s+(\w+)|\b(\w+)=")
"""Where a shell gives a variable its value."""

_HASH: Final = re.compile(r"(?<!\$)\$(?:apr1|2[abxy]?|[156y]|argon2(?:id|i|d))\$")
"""How the hash of a password begins: bcrypt, those of crypt, Apache's, argon2."""

_ENTRIES: Final[tuple[tuple[str, ...], ...]] = (
    ("environment",),
    ("labels",),
    ("build", "args"),
)


def eaten_dollar(at: At) -> Iterator[Problem]:
    seen: set[SourceMark] = set()
    for path in _scripts(at.service):
        mark, text = at.own_mark(*path), at.original(*path)
        if mark is not None and mark not in seen and "$" in text:
            seen.add(mark)
            yield from _script(at, path, mark, text)
    for attribute in _ENTRIES:
        for entry in at.entries(*attribute):
            yield from _entry(at, entry)


def _scripts(service: Service) -> Iterator[Path]:
    """Yield the places of what a shell in the container reads."""
    if _has_shell((*(service.entrypoint or ()), *(service.command or ()))):
        for attribute in ("command", "entrypoint"):
            for index, _ in enumerate(getattr(service, attribute) or ()):
                yield (attribute, index)
    test = service.healthcheck.test if service.healthcheck else ()
    if test[:1] == ("CMD-SHELL",) or _has_shell(test):
        for index, _ in enumerate(test):
            yield ("healthcheck", "test", index)


def _script(at: At, path: Path, mark: SourceMark, text: str) -> Iterator[Problem]:
    made = {name for names in _MADE.findall(text) for name in names}
    done: set[str] = set()
    for found in expressions(text):
        why = _why(at, found, mark, made) if not found.operator else None
        if why is not None and found.name not in done:
            done.add(found.name)
            yield at.say(
                f"{found.text!r} is replaced before the container sees it, {why}",
                *path,
                help=f"to leave it to the shell in the container write ${found.text}",
                at=locate(text, found.text, found.start, mark),
            )


def _why(at: At, found: Expression, mark: SourceMark, made: Collection[str]) -> str | None:
    """Return why the container is hardly meant to get the value, None if it may be."""
    own, outside = at.service.environment.get(found.name), at.scene.environment.get(found.name)
    if (mark.file, found.name) in at.scene.unset:
        return "and is not set here" if own or found.name in made else None
    if own is not None and outside is not None and own != outside:
        return "and has another value here than there"
    if own is None and found.name in _OF_THE_MACHINE and outside is not None:
        return "by the value of this machine"
    return None


def _entry(at: At, entry: Entry) -> Iterator[Problem]:
    """Yield a problem for the first variable in a hash or password that is none."""
    is_hash = _HASH.search(entry.text) is not None
    for found in expressions(entry.text):
        bare = found.text != entry.text and not found.text.startswith("${")
        if not bare or (entry.mark.file, found.name) not in at.scene.unset:
            continue
        if is_hash or is_secret(entry.key):
            shift = len(entry.key) + 1 if entry.in_list else 0
            whole = f"{entry.key}={entry.text}" if entry.in_list else entry.text
            yield at.say(
                f"{found.text!r} in {entry.key!r} is taken for a variable, and disappears",
                *entry.path,
                help="double each $ that is to stay: $$",
                at=locate(whole, found.text, found.start + shift, entry.mark),
            )
            return


def yaml_spelling(at: At) -> Iterator[Problem]:
    for attribute in _ENTRIES:
        for entry in at.entries(*attribute):
            original, written = at.scene.originals.at(entry.mark), plain(entry.mark)
            value = as_text(original)
            if written and not isinstance(original, str) and value != written:
                yield at.say(
                    f"{entry.key!r} is {value!r}, because YAML reads {written} so",
                    *entry.path,
                    help=f'put it in quotes: "{written}"',
                )


def quoted_value(at: At) -> Iterator[Problem]:
    for attribute in _ENTRIES:
        for entry in at.entries(*attribute):
            quote, text = entry.text[:1], entry.text
            quoted = len(text) > 1 and quote in ("'", '"') and text.endswith(quote)
            if quoted and plain(entry.mark):
                yield at.say(
                    f"the quotes are part of the value of {entry.key!r}",
                    *entry.path,
                    help="leave them out, or put them around the whole: "
                    f"{quote}{entry.key}=…{quote}",
                )


def no_shell(at: At) -> Iterator[Problem]:
    test = at.service.healthcheck.test if at.service.healthcheck else ()
    if test[:1] == ("CMD",):
        yield from _operators(at, ("healthcheck", "test"), test)
        if len(test) == 2 and re.search(r"\s", test[1].strip()):
            yield at.say(
                f"this healthcheck runs a program called {test[1]!r}, blanks and all",
                *("healthcheck", "test", 1),
                help="write each word by itself, or CMD-SHELL in place of CMD",
            )
    yield from _operators(at, ("command",), at.service.command or ())


def _operators(at: At, path: Path, words: tuple[str, ...]) -> Iterator[Problem]:
    """Yield a problem for the first operator in a list; in a text it is in quotes, and meant."""
    better = '"CMD-SHELL"' if "healthcheck" in path else '"sh", "-c"'
    for index, word in enumerate(words):
        if word in _OPERATORS and at.own_mark(*path, index) != at.own_mark(*path, 0):
            yield at.say(
                f"{word!r} is one more argument here: no shell looks for operators in a list",
                *(*path, index),
                help=f"write [{better}, …] with the whole command line in one text",
            )
            return


def _has_shell(words: tuple[str, ...]) -> bool:
    return any(posixpath.basename(word) in _SHELLS for word in words)
