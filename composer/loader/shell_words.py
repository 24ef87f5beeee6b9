"""Split a command as Docker Compose does: quotes and backslash, nothing is expanded.

Two things differ from a shell.  A backslash takes the next character as it is
inside double quotes too, and an operator outside quotes ends the command.
"""

from __future__ import annotations

import re

from composer.pattern import pattern
from composer.record import dataclass

_OPERATORS = ";&|<>"
_QUOTED = {
    "'": pattern(r"'([^']*)'"),
    '"': pattern(r'"([^"\\]*(?:\\.[^"\\]*)*)"', re.DOTALL),
}
_ESCAPED = pattern(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a command; `ignored` is what an operator cut off, operator included."""

    words: tuple[str, ...]
    ignored: str = ""


class ShellError(ValueError):
    """The text is no command line.  `sign` is what to blame, the last one if there are several."""

    def __init__(self, message: str, sign: str) -> None:
        super().__init__(message)
        self.sign = sign


def split(text: str) -> Words:
    """Return the words of `text`.  Raises ShellError for an open quote, bracket or backslash."""
    words: list[str] = []
    word: list[str] | None = None
    at = 0
    while at < len(text):
        char = text[at]
        if char in " \t\r\n":
            words += [] if word is None else ["".join(word)]
            word, at = None, at + 1
        elif char in _OPERATORS:
            break
        else:
            piece, at = _piece(text, at)
            word = word or []
            word.append(piece)
    last = [] if word is None else ["".join(word)]
    if text[at : at + 1] == ">" and last and last[0][:1].isdigit():
        last = []  # the number of a redirected stream is no argument
    return Words((*words, *last), text[at:])


def _piece(text: str, at: int) -> tuple[str, int]:
    """Return one character, escape, quotation or substitution at `at`, and where it ends."""
    char = text[at]
    if char == "\\":
        if at + 1 == len(text):
            raise ShellError("ends with a lonely backslash", "\\")
        return text[at + 1], at + 2
    if char in "'\"":
        return _quoted(text, at)
    if char == "`" or text.startswith("$(", at):
        opening, close = ("`", "`") if char == "`" else ("$(", ")")
        end = text.find(close, at + 1)
        if end < 0:
            raise ShellError(f"has a {opening} that is never closed", opening)
        return text[at : end + 1], end + 1
    if char in "()":
        raise ShellError(f"has a {char} outside quotes", char)
    return char, at + 1


def _quoted(text: str, at: int) -> tuple[str, int]:
    quote = text[at]
    found = _QUOTED[quote].match(text, at)
    if found is None:
        raise ShellError(f"has a {quote} that is never closed", quote)
    inside = found[1] if quote == "'" else _ESCAPED.sub(r"\1", found[1])
    return inside, found.end()
