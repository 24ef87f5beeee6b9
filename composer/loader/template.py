"""The grammar of ${…}: one text, one look-up, one answer.

A word after an operator is expanded only when it is needed.  What is not an
expression ($1, "$ ", a $ at the end) stays as it is, and $$ is a $.  Sources:
compose-spec 12-interpolation.md, observed on Docker Compose 2.40.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from composer.pattern import pattern
from composer.record import dataclass

Lookup = Callable[[str], str | None]

_DOLLAR: Final = pattern(r"\$(?:(?P<escaped>\$)|(?P<named>[_A-Za-z][_A-Za-z0-9]*)|(?P<brace>\{))")
_INSIDE: Final = pattern(
    r"(?P<name>[_A-Za-z][_A-Za-z0-9]*)(?:(?P<operator>:?[-+?])(?P<word>.*))?", re.DOTALL
)
_BRACES: Final = pattern(r"\$?[{}]")
_NAME: Final = re.compile("[_A-Za-z][_A-Za-z0-9]*")
_UNCLOSED: Final = "close it with }, or write $$ for a literal $"
_DEEPEST: Final = 40
LARGEST: Final = 4_000_000
"""Characters that expressions may make of one value."""
LARGEST_SUM: Final = 50_000_000
"""Characters that all expanded values of one file may have."""


class TemplateError(ValueError):
    """An expression that has no value.  `expression` is its text, `start` where it begins.

    `start` counts in the text that was expanded, also for an expression inside
    another.
    """

    def __init__(self, message: str, expression: str, start: int) -> None:
        super().__init__(message)
        self.expression = expression
        self.start = start


class InvalidExpression(TemplateError):
    """It does not follow the grammar.  `help` says what was probably meant."""

    def __init__(self, message: str, expression: str, start: int, help: str | None = None) -> None:
        super().__init__(message, expression, start)
        self.help = help or "to write a literal $, double it: $$"


class MissingVariable(TemplateError):
    """A required variable is not set, or `empty`.  `name` is the variable's."""

    def __init__(
        self, message: str, expression: str, start: int, name: str, *, empty: bool
    ) -> None:
        super().__init__(message, expression, start)
        self.name = name
        self.empty = empty


class TooLarge(TemplateError):
    """Variables that name others multiply until nothing could hold the value."""


@dataclass(frozen=True, slots=True)
class Expression:
    """One ${…} or $NAME.  `operator` is "" or one of :- - :+ + :? ?, `word` what follows it."""

    text: str
    start: int
    name: str
    operator: str = ""
    word: str = ""

    @property
    def word_start(self) -> int:
        return self.start + 2 + len(self.name) + len(self.operator)


Part = str | Expression
Unset = Callable[[Expression], None]
"""Told of each expression that becomes "" because its variable is not set."""


def expand(text: str, lookup: Lookup, unset: Unset | None = None) -> str:
    """Return `text` with its expressions replaced.  Raises TemplateError."""
    return _expand(text, lookup, unset, 0, 0) if "$" in text else text


def expressions(text: str) -> Iterator[Expression]:
    """Yield every expression of `text`, the ones inside words after the one around them.

    Stops at what does not follow the grammar.
    """
    yield from _expressions(text, 0, 0)


def _expressions(text: str, offset: int, depth: int) -> Iterator[Expression]:
    try:
        for part in _parts(text, offset, depth):
            if isinstance(part, Expression):
                yield part
                yield from _expressions(part.word, part.word_start, depth + 1)
    except InvalidExpression:
        return


def _expand(text: str, lookup: Lookup, unset: Unset | None, offset: int, depth: int) -> str:
    pieces: list[str] = []
    left = LARGEST + len(text)
    for part in _parts(text, offset, depth):
        piece = part if isinstance(part, str) else _value(part, lookup, unset, depth)
        left -= len(piece)
        if left < 0 and not isinstance(part, str):
            message = f"{part.text!r} makes this value longer than {LARGEST} characters"
            raise TooLarge(message, part.text, part.start)
        pieces.append(piece)
    return "".join(pieces)


def _value(part: Expression, lookup: Lookup, unset: Unset | None, depth: int) -> str:
    value = lookup(part.name)
    there = value is not None and not (part.operator.startswith(":") and value == "")
    kind = part.operator.removeprefix(":")
    if kind == "+":
        return _expand(part.word, lookup, unset, part.word_start, depth + 1) if there else ""
    if value is not None and there:
        return value
    if kind == "":
        if unset is not None:
            unset(part)
        return ""
    word = _expand(part.word, lookup, unset, part.word_start, depth + 1)
    if kind == "-":
        return word
    message = f"required variable {part.name} is missing a value"
    if word:
        message += f": {word}"
    raise MissingVariable(message, part.text, part.start, part.name, empty=value is not None)


def _parts(text: str, offset: int, depth: int) -> Iterator[Part]:
    """Yield literal texts and expressions.  `offset` is where `text` begins in the whole."""
    position = 0
    while found := _DOLLAR.search(text, position):
        yield text[position : found.start()]
        if found["escaped"]:
            yield "$"
            position = found.end()
        elif found["named"]:
            yield Expression(found[0], offset + found.start(), found["named"])
            position = found.end()
        else:
            expression = _braced(text, found.start(), offset, depth)
            yield expression
            position = found.start() + len(expression.text)
    yield text[position:]


def _braced(text: str, start: int, offset: int, depth: int) -> Expression:
    end = _closing(text, start)
    written = text[start:] if end is None else text[start : end + 1]
    found = _INSIDE.fullmatch(text[start + 2 : end]) if end is not None else None
    if found is None:
        why, hint = ("is not closed", _UNCLOSED) if end is None else _fault(written)
        shown = written.partition("\n")[0].rstrip()
        raise InvalidExpression(f"{shown!r} {why}", written, offset + start, hint)
    if depth >= _DEEPEST:
        raise InvalidExpression(f"{found['name']!r} is nested too deeply", written, offset + start)
    return Expression(
        written, offset + start, found["name"], found["operator"] or "", found["word"] or ""
    )


def _closing(text: str, start: int) -> int | None:
    """Return where the brace opened at `start` + 1 closes, None if it does not.

    Braces in a word count when they balance; else only the ones of ${ do.
    """
    for opening in ("{", "${"):
        depth = 0
        for found in _BRACES.finditer(text, start):
            token = found[0]
            if token.endswith("}"):
                depth -= 1
                if depth == 0:
                    return found.end() - 1
            elif token.startswith(opening) or token.endswith(opening):
                depth += 1
    return None


def _fault(written: str) -> tuple[str, str | None]:
    """Return what is wrong in a pair of braces, and what was probably meant."""
    inside = written[2:-1]
    if not inside:
        return "names no variable", None
    name = _NAME.match(inside)
    if name is None:
        trimmed = inside.strip()
        hint = f"did you mean ${{{trimmed}}}?" if _INSIDE.fullmatch(trimmed) else None
        return "does not begin with a variable name", hint
    rest = inside[name.end() :]
    assigned = re.match(":?=|:", rest)
    sign = assigned[0] if assigned else rest[0]
    word = rest[assigned.end() :] if assigned else ""
    hint = f"did you mean ${{{name[0]}:-{word}}}?" if word else None
    return f"has {sign!r} after the name, where :- - :+ + :? or ? may stand", hint
