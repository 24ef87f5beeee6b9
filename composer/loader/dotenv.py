"""Read .env files: the grammar of Docker Compose, and the raw one of `docker run --env-file`.

    statement = ["export"] key ("=" | ":") value     | ["export"] key
    value     = 'literal' | "escapes and ${…}" | rest of the line with ${…}, cut at " #"

Quoted values may span lines.  A key alone takes its value from the look-up and
is left out when that has none.  Sources: compose-go dotenv, observed on Docker
Compose 2.40.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, NoReturn

from composer.errors import InvalidProject, Problem
from composer.loader.template import (
    LARGEST_SUM,
    InvalidExpression,
    MissingVariable,
    TemplateError,
    expand,
)
from composer.pattern import pattern
from composer.source import SourceFile, SourceMark

Lookup = Callable[[str], str | None]

_BLANK: Final = pattern(r"(?:\s|#[^\n]*)*")
_EXPORT: Final = pattern(r"export[^\S\n]+")
_KEY: Final = pattern(r"(?P<key>[^=:\n]*)(?P<separator>[=:]|\n|\Z)")
_KEY_CHARACTER: Final = pattern(r"[\w.\-\[\]]")
_A_COMMENT: Final = "write NAME=VALUE, or begin a comment with #"
_SPACES: Final = pattern(r"[^\S\n]*")
_QUOTED: Final = {
    "'": pattern(r"'([^'\\]*(?:\\.[^'\\]*)*)'", re.DOTALL),
    '"': pattern(r'"([^"\\]*(?:\\.[^"\\]*)*)"', re.DOTALL),
}
_ESCAPE: Final = pattern(r"\\(?:0(?P<octal>[0-3][0-7]{2})|(?P<letter>.))", re.DOTALL)
_LETTERS: Final = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "0": "\\",
    "\\": "\\",
    '"': '"',
    "$": "$$",  # expanded right afterwards
}


def parse(
    file: SourceFile, lookup: Lookup, *, earlier: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the variables of `file`.

    ${X} means what `lookup` says, else an earlier line of this file, else what
    `earlier` files said.  Raises InvalidProject at the first line that cannot be
    understood.
    """
    return _Reader(file, lookup, earlier or {}).read()


def places(file: SourceFile, *, raw: bool = False) -> dict[str, SourceMark]:
    """Return where each variable of a file is set: the last time, if several times.

    Raises InvalidProject as `parse` does, but for what only a look-up can tell.
    """
    starts = _raw_starts(file) if raw else _Places(file).starts()
    marks: dict[str, SourceMark] = {}
    line, counted = 1, 0
    for key, at in starts:
        line += file.text.count("\n", counted, at)
        counted = at
        begin = file.text.rfind("\n", 0, at) + 1
        marks[key] = SourceMark(file, line, at - begin + 1, len(key))
    return marks


def parse_raw(
    file: SourceFile, lookup: Lookup, *, earlier: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the variables of a file without quotes, expansion or comments after values."""
    values: dict[str, str] = {}
    for number, line in enumerate(file.text.removeprefix("\ufeff").split("\n"), 1):
        text = line.removesuffix("\r").lstrip()
        if not text or text.startswith("#"):
            continue
        key, separator, value = text.partition("=")
        if not key or re.search(r"\s", key):
            what = "has no name" if not key else f"has a space in its name {key!r}"
            mark = SourceMark(file, number, line.index(text) + 1, max(len(key), 1))
            hint = _A_COMMENT
            if separator and key:
                hint = f"did you mean {'_'.join(key.split())!r}?"
            raise InvalidProject([Problem(f"this variable {what}", mark, hint)])
        if not separator:
            inherited = lookup(key)
            if inherited is None:
                inherited = (earlier or {}).get(key)
            if inherited is None:
                continue
            value = inherited
        values[key] = value
    return values


class _Reader:
    """One walk over one file."""

    def __init__(self, file: SourceFile, lookup: Lookup, earlier: Mapping[str, str]) -> None:
        self._file = file
        self._text = file.text
        self._at = 1 if file.text.startswith("\ufeff") else 0
        self._given = lookup
        self._earlier = earlier
        self._values: dict[str, str] = {}
        self._left = LARGEST_SUM

    def read(self) -> dict[str, str]:
        while self._skip(_BLANK) < len(self._text):
            self._statement()
        return self._values

    def _skip(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self._text, self._at)
        if found is not None:
            self._at = found.end()
        return self._at

    def _statement(self) -> None:
        self._skip(_EXPORT)
        start = self._at
        found = _KEY.match(self._text, start)
        assert found is not None
        key = self._checked(found["key"].rstrip(), start)
        if not key:
            self._fail("a variable has no name", start, 1)
        self._at = found.end()
        if found["separator"] in "\n":
            inherited = self._lookup(key)
            if inherited is not None:
                self._values[key] = inherited
            return
        self._skip(_SPACES)
        self._values[key] = self._value()

    def _checked(self, key: str, start: int) -> str:
        for position, character in enumerate(key, start):
            if _KEY_CHARACTER.match(character):
                continue
            before = self._text[self._text.rfind("\n", 0, start) + 1 : start]
            if before.rstrip().endswith(('"', "'")):
                hint = "write \\' for the quote, or begin a comment with #"
                self._fail("unexpected text after the closing quote", start, len(key), hint)
            if character.isspace():
                assigned = self._text[start + len(key) :].lstrip().startswith(("=", ":"))
                hint = f"did you mean {'_'.join(key.split())!r}?" if assigned else _A_COMMENT
                self._fail(f"variable name {key!r} contains a space", start, len(key), hint)
            message = f"unexpected character {character!r} in variable name"
            self._fail(message, position, 1, "names are made of letters, digits, '_', '.' and '-'")
        return key

    def _value(self) -> str:
        start, quote = self._at, self._text[self._at : self._at + 1]
        if quote not in _QUOTED:
            return self._unquoted()
        found = _QUOTED[quote].match(self._text, start)
        if found is None:
            self._fail(
                "the quote that opens here is never closed", start, 1, f"end it with {quote}"
            )
        self._at = found.end()
        if quote == "'":
            return found[1].replace("\\'", "'")
        return self._expand(_ESCAPE.sub(_unescaped, found[1]), start, found[0])

    def _unquoted(self) -> str:
        start = self._at
        end = self._text.find("\n", start)
        self._at = end if end >= 0 else len(self._text)
        written = self._text[start : self._at].partition(" #")[0].rstrip()
        return self._expand(written, start, written)

    def _lookup(self, name: str) -> str | None:
        value = self._given(name)
        if value is None:
            value = self._values.get(name, self._earlier.get(name))
        return value

    def _expand(self, value: str, start: int, written: str) -> str:
        try:
            value = expand(value, self._lookup)
            self._left -= len(value)
            if self._left < 0:
                message = f"variables make this file larger than {LARGEST_SUM} characters"
                self._fail(message, start, len(written))
            return value
        except TemplateError as error:
            offset = written.find(error.expression)
            place = start + max(offset, 0)
            width = len(error.expression) if offset >= 0 else len(written)
            if isinstance(error, MissingVariable):
                hint = f"set {error.name} in the environment or in an earlier line"
                if error.empty:
                    hint = f"{error.name} is set, but empty"
                self._fail(str(error), place, width, hint)
            help = error.help if isinstance(error, InvalidExpression) else None
            self._fail(f"invalid interpolation: {error}", place, width, help)

    def _fail(self, message: str, at: int, width: int, hint: str | None = None) -> NoReturn:
        line = self._text.count("\n", 0, at) + 1
        begin = self._text.rfind("\n", 0, at) + 1
        end = self._text.find("\n", at)
        rest = (end if end >= 0 else len(self._text)) - at
        mark = SourceMark(self._file, line, at - begin + 1, max(min(width, rest), 1))
        raise InvalidProject([Problem(message, mark, help=hint)])


class _Places(_Reader):
    """A walk that wants no values, only where they are set."""

    def __init__(self, file: SourceFile) -> None:
        super().__init__(file, lambda name: "", {})
        self._starts: list[tuple[str, int]] = []

    def starts(self) -> list[tuple[str, int]]:
        self.read()
        return self._starts

    def _checked(self, key: str, start: int) -> str:
        self._starts.append((key, start))
        return super()._checked(key, start)

    def _expand(self, value: str, start: int, written: str) -> str:
        return ""


def _raw_starts(file: SourceFile) -> list[tuple[str, int]]:
    found = re.finditer(r"^[^\S\n]*(?P<key>[^\s#=][^=\s]*)", file.text, re.MULTILINE)
    return [(one["key"], one.start("key")) for one in found]


def _unescaped(found: re.Match[str]) -> str:
    """Return what an escape in double quotes means; one that means nothing stays.

    As in Docker Compose, an octal escape that is none still loses its zero.
    """
    if found["octal"]:
        return chr(int(found["octal"], 8))
    return _LETTERS.get(found["letter"], found[0])
