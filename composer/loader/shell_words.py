"""Split a command as Docker Compose does: quotes and backslash, nothing is expanded.

It is not quite a shell.  A backslash takes the next character as it is inside
double quotes too, quotes mean nothing inside `$(…)`, and an operator outside of
all that ends the command.  Source: go-shellwords, observed on Docker Compose 2.40.
"""

from __future__ import annotations

import re
from typing import Final

from composer.pattern import pattern
from composer.record import dataclass

_BLANKS: Final = " \t\r\n"
_OPERATORS: Final = ";&|<>"
_TOKEN = pattern(r"[^\\ \t\r\n;&|<>'\"`()]+|[ \t\r\n]+|.", re.DOTALL)
_HIDDEN_BY: Final = {
    "'": frozenset(('"', "$(")),
    '"': frozenset(("'", "$(")),
    "`": frozenset(("'", '"', "$(")),
    "(": frozenset(("'", '"', "`")),
    ")": frozenset(("'", '"', "`")),
}
"""Inside of what a sign is a character like any other."""


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
    reader = _Reader()
    for found in _TOKEN.finditer(text):
        token = found.group()
        if token in _OPERATORS and reader.may_end():
            return reader.ended(text[found.start() :])
        reader.take(token)
    return reader.ended("")


class _Reader:
    """One walk over one command.  `open` holds what is open, by the sign that opened it."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._word: list[str] | None = None
        self._open: dict[str, str] = {}
        self._escaped = False

    def may_end(self) -> bool:
        return not self._open and not self._escaped

    def take(self, token: str) -> None:
        """Take a run of blanks or of plain characters, or another character."""
        if self._escaped:
            self._escaped = False
            self._add(token[0])
            token = token[1:]
        if not token:
            return
        if token == "\\" and "'" not in self._open:
            self._escaped = True
        elif token[0] in _BLANKS and not self._open:
            self._end_word()
        elif token in _HIDDEN_BY and self._open.keys().isdisjoint(_HIDDEN_BY[token]):
            self._take_sign(token)
        else:
            self._add(token)

    def ended(self, ignored: str) -> Words:
        for sign in self._open.values():
            what = "outside quotes" if sign == ")" else "that is never closed"
            raise ShellError(f"has a {sign} {what}", sign)
        if self._escaped:
            raise ShellError("ends with a lonely backslash", "\\")
        if ignored[:1] == ">" and "0" <= "".join(self._word or ())[:1] <= "9":
            self._word = None  # the number of a redirected stream is no argument
        self._end_word()
        return Words(tuple(self._words), ignored)

    def _add(self, text: str) -> None:
        if self._word is None:
            self._word = []
        if text:
            self._word.append(text)

    def _end_word(self) -> None:
        if self._word is not None:
            self._words.append("".join(self._word))
            self._word = None

    def _take_sign(self, sign: str) -> None:
        if sign == "(":
            before = self._word[-1] if self._word else ""
            if "$(" in self._open or not before.endswith("$"):
                raise ShellError("has a ( outside quotes", "(")
            self._open["$("] = "$("
        else:
            self._toggle("$(" if sign == ")" else sign, sign)
        self._add("" if sign in "'\"" else sign)

    def _toggle(self, what: str, sign: str) -> None:
        if self._open.pop(what, None) is None:
            self._open[what] = sign
