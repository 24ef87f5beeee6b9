"""A problem as text: what is wrong, the user's own line, and what to do.

Colours are plain ANSI codes, so that an error does not wait for a console
library to be imported.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from composer.errors import Problem
from composer.record import replace
from composer.source import SourceMark

MOST: Final = 100
"""Problems that are shown at once: nobody reads more, and a large file may have one a line."""

_LONGEST: Final = 600  # of a message, in characters
_MOST_NOTES: Final = 20
_WIDEST: Final = 100  # of a source line, in characters
_MARGIN: Final = 30  # kept before the span when a line is cut
_TAB: Final = "    "
_CODES: Final = {
    "error": "1;31",
    "warning": "1;33",
    "note": "1;36",
    "help": "1;36",
    "frame": "1;34",
    "message": "1",
}

_Paint = Callable[[str, str], str]
"""Takes a role of _CODES and a text."""


def render(problem: Problem) -> str:
    """Return `problem` as plain text, without a newline at the end."""
    return "\n".join(_lines(problem, _plain))


def render_all(problems: Iterable[Problem], colour: bool) -> str:
    """Return all problems, an empty line between them, without a newline at the end."""
    paint = _ansi if colour else _plain
    return "\n\n".join("\n".join(_lines(problem, paint)) for problem in problems)


def render_long(problem: Problem, *, colour: bool = False) -> str:
    """Return a problem as text; help of several lines, such as a log, stands below it."""
    if problem.help is None or "\n" not in problem.help:
        return render_all([problem], colour)
    lines = problem.help.rstrip("\n").split("\n")
    head = render_all([replace(problem, help=None)], colour)
    return "\n".join([head, *(f"   {line}".rstrip() for line in lines)])


def more(count: int, what: str) -> str:
    """Return a line for the problems that are not shown, "" if all are."""
    return f"… and {count - MOST} more {what}" if count > MOST else ""


def _plain(role: str, text: str) -> str:
    return text


def _ansi(role: str, text: str) -> str:
    return f"\033[{_CODES[role]}m{text}\033[0m"


def _lines(problem: Problem, paint: _Paint) -> Iterator[str]:
    marks = [mark for mark in (problem.mark, *(mark for _, mark in problem.notes)) if mark]
    gutter = max((len(str(mark.line)) for mark in marks), default=1)
    yield _title(problem.severity, problem.message, paint, problem.name)
    if problem.mark:
        yield from _snippet(problem.mark, problem.severity, gutter, paint)
    if problem.help:
        yield f" {'':{gutter}} {paint('frame', '=')} {paint('help', 'help')}: {_line(problem.help)}"
    for text, mark in problem.notes[:_MOST_NOTES]:
        yield _title("note", text, paint)
        yield from _snippet(mark, "note", gutter, paint)
    if len(problem.notes) > _MOST_NOTES:
        yield _title("note", f"and {len(problem.notes) - _MOST_NOTES} more places", paint)


def _title(role: str, message: str, paint: _Paint, name: str = "") -> str:
    kind = f"{role}[{name}]" if name else role
    return f"{paint(role, kind)}: {paint('message', _line(message))}"


def _snippet(mark: SourceMark, role: str, gutter: int, paint: _Paint) -> Iterator[str]:
    """Yield the place, the line and its underlined span; the place alone when there is no line."""
    yield f" {'':{gutter}}{paint('frame', '-->')} {_line(mark.file.name)}:{mark.line}:{mark.column}"
    text = mark.file.line(mark.line)
    if not text.strip():
        return
    before, span, after = _cut(text, mark.column - 1, mark.width)
    bar = paint("frame", "|")
    carets = paint(role, "^" * max(_cells(span), 1))
    yield f" {'':{gutter}} {bar}"
    yield f" {paint('frame', f'{mark.line:{gutter}}')} {bar} {before}{span}{after}".rstrip()
    yield f" {'':{gutter}} {bar} {' ' * _cells(before)}{carets}"


def _cut(text: str, start: int, width: int) -> tuple[str, str, str]:
    """Return what to show before, in and after the span, cut to a readable width."""
    text = text.rstrip()
    start = max(min(start, len(text)), 0)
    stop = min(start + max(width, 1), len(text))
    first, last = 0, len(text)
    if last > _WIDEST:
        first = max(min(start - _MARGIN, last - _WIDEST), 0)
        last = min(first + _WIDEST, last)
    stop = min(stop, last)
    before = ("…" if first else "") + _visible(text[first:start])
    after = _visible(text[stop:last]) + ("…" if last < len(text) else "")
    return before, _visible(text[start:stop]), after


def _line(text: str) -> str:
    """Return `text` on one line, without its middle if it is very long."""
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST - 100]} … {text[-100:]}"
    return _visible(" ".join(text.splitlines()))


def _visible(text: str) -> str:
    """Return `text` with tabs as spaces and every other invisible character as a sign."""
    if text.isprintable():
        return text
    return "".join(_sign(character) for character in text)


def _sign(character: str) -> str:
    if character == "\t":
        return _TAB
    if character < " ":
        return chr(0x2400 + ord(character))
    if character == "\x7f":
        return "␡"
    if character.isprintable() or character == "\u00a0":
        return character
    return character.encode("ascii", "backslashreplace").decode()


def _cells(text: str) -> int:
    """Return how many columns of a terminal `text` takes."""
    if text.isascii():
        return len(text)
    return sum(
        0
        if unicodedata.combining(character)
        else 2
        if unicodedata.east_asian_width(character) in "WF"
        else 1
        for character in text
    )
