"""A template → words: text, and what stands between {{ and }}.

As text/template's lexer reads it: spaces count, `{{- ` and ` -}}` take the blanks of the
text beside them, a comment is nothing at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from composer.errors import UsageError
from composer.pattern import pattern

KEYWORDS = frozenset(
    {"block", "break", "continue", "define", "else", "end", "if", "nil", "range", "template"}
    | {"with"}
)

_BLANK = " \t\r\n"
_OPENS = pattern(r"\{\{(-[ \t\r\n])?[ \t\r\n]*")
_COMMENT = pattern(r"/\*(.*?)\*/([ \t\r\n]+-)?\}\}", re.DOTALL)
_CLOSES = pattern(r"(?:[ \t\r\n]+(-))?\}\}")
_WORD = pattern(
    r"""(?P<space>[ \t\r\n]+)
      | (?P<declare>:=)
      | (?P<number>[-+]?(?:0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+
                          |(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?))
      | (?P<field>\.[^\W\d]\w*)
      | (?P<dot>\.)
      | (?P<variable>\$\w*)
      | (?P<name>[^\W\d]\w*)
      | (?P<string>"(?:\\.|[^"\\\n])*"|`[^`]*`)
      | (?P<letter>'(?:\\.|[^'\\\n])*')
      | (?P<sign>[|(),=])""",
    re.VERBOSE,
)
_MAY_FOLLOW = frozenset(_BLANK + ".,|:)(}=")
"""What may stand directly behind a name, a field or a variable."""


class BadTemplate(UsageError):
    """A template that says nothing sensible; `at` and `width` are the place in its text."""

    def __init__(self, message: str, at: int, width: int = 1, *, help: str | None = None) -> None:
        super().__init__(message, help=help)
        self.at = at
        self.width = width


class Word(NamedTuple):
    """`kind` is text, end, {{, }}, keyword, or the name of a group of _WORD.

    A sign is its own kind.
    """

    kind: str
    text: str
    at: int


def words(template: str) -> list[Word]:
    """Return the words of a template, the last of them "end"; raises BadTemplate."""
    found: list[Word] = []
    at, trim = 0, False
    while (opens := template.find("{{", at)) >= 0:
        left = _OPENS.match(template, opens)
        assert left is not None
        text = template[at:opens]
        text = text.lstrip(_BLANK) if trim else text
        text = text.rstrip(_BLANK) if left[1] else text
        if text:
            found.append(Word("text", text, at))
        if template.startswith("/*", left.end()):
            at, trim = _comment(template, opens, left.end())
            continue
        found.append(Word("{{", left[0], opens))
        at, trim = _action(template, opens, left.end(), found)
    rest = template[at:].lstrip(_BLANK) if trim else template[at:]
    if rest:
        found.append(Word("text", rest, at))
    return [*found, Word("end", "", len(template))]


def _comment(template: str, opens: int, at: int) -> tuple[int, bool]:
    comment = _COMMENT.match(template, at)
    if comment is None:
        closed = template.find("*/", at) >= 0
        what = "a comment ends before its }}" if closed else "a comment that does not end"
        raise BadTemplate(what, opens, 2, help="write {{/* … */}}, and nothing beside it")
    return comment.end(), bool(comment[2])


def _action(template: str, opens: int, at: int, found: list[Word]) -> tuple[int, bool]:
    """Add the words of one action; return where it ends, and whether it takes blanks after it."""
    while True:
        if closes := _CLOSES.match(template, at):
            found.append(Word("}}", "}}", at))
            return closes.end(), bool(closes[1])
        if at >= len(template):
            raise BadTemplate("an action that does not end", opens, 2, help="}} is missing")
        word = _WORD.match(template, at)
        if word is None:
            raise _strange(template, at)
        at = word.end()
        found += _classified(word)
        if word.lastgroup in ("name", "field", "variable", "number") and at < len(template):
            follows = template[at]
            if follows not in _MAY_FOLLOW:
                raise BadTemplate(f"{follows!r} cannot stand behind {word[0]!r}", at)


def _classified(word: re.Match[str]) -> Iterator[Word]:
    kind, text = str(word.lastgroup), word[0]
    if kind == "sign":
        kind = text
    elif kind == "name" and text in KEYWORDS:
        kind = "keyword"
    yield Word(kind, text, word.start())


def _strange(template: str, at: int) -> BadTemplate:
    letter = template[at]
    if letter in "\"'`":
        return BadTemplate("a text that does not end", at, help=f"{letter} is missing")
    return BadTemplate(f"{letter!r} means nothing here", at)
