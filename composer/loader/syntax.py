"""YAML syntax errors in words that help.

The parser says what it was doing; the user wants to know what to change.  Each
rule looks at the parser's complaint and at the text around it.
"""

from __future__ import annotations

import re
from typing import Final

from composer.errors import Problem
from composer.record import dataclass
from composer.source import SourceFile, SourceMark

_FORBIDDEN: Final = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_QUOTE_HELP: Final = "put the text in quotes"


@dataclass(frozen=True, slots=True)
class Fault:
    """The parser's complaint.  Lines and columns count from 1; `start` is what it was reading."""

    complaint: str
    at: tuple[int, int]
    start: tuple[int, int] | None = None


def explain(fault: Fault, file: SourceFile) -> Problem:
    """Return the problem behind a complaint of the parser."""
    line, column = _inside(file, *fault.at)
    text = file.line(line)
    indentation = text[: len(text) - len(text.lstrip())]
    if "\t" in indentation and column <= len(indentation) + 1:
        mark = SourceMark(file, line, indentation.index("\t") + 1)
        return Problem("a tab is used as indentation", mark, help="use spaces")
    here = SourceMark(file, line, column, _word(text, column))
    start = SourceMark(file, *fault.start) if fault.start else None
    return _reword(fault.complaint, here, text, start)


def forbidden_character(file: SourceFile) -> Problem:
    """Return the problem of a text that has characters YAML does not allow."""
    found = _FORBIDDEN.search(file.text)
    if found is None:
        return Problem(f"{file.name} cannot be read as YAML")
    line = file.text.count("\n", 0, found.start()) + 1
    column = found.start() - file.text.rfind("\n", 0, found.start())
    return Problem(f"control character {found[0]!r} is not allowed", SourceMark(file, line, column))


def _inside(file: SourceFile, line: int, column: int) -> tuple[int, int]:
    """Return the place, or the last character before it when it is past the end of the text."""
    lines = file.text.split("\n")
    rest = lines[line - 1 :]
    if any(text.strip() for text in rest):
        return line, column
    filled = [number for number, text in enumerate(lines, 1) if text.strip()]
    last = filled[-1] if filled else 1
    return last, max(len(lines[last - 1].rstrip()), 1)


def _word(text: str, column: int) -> int:
    """Return the width of the word at `column`, at least 1."""
    found = re.match(r"[^\s,\[\]{}]+", text[column - 1 :])
    return found.end() if found else 1


def _reword(complaint: str, here: SourceMark, text: str, start: SourceMark | None) -> Problem:
    character = text[here.column - 1 : here.column]
    if "mapping values are not allowed" in complaint:
        return _misplaced_key(here, text)
    if "cannot start any token" in complaint:
        return Problem(f"a text cannot start with {character!r}", here, help=_QUOTE_HELP)
    if "unexpected end of stream" in complaint and start:
        return Problem("the quote that opens here is never closed", start)
    if "could not find expected ':'" in complaint and start:
        line = start.file.line(start.line)
        mark = start._replace(width=max(len(line.rstrip()) - start.column + 1, 1))
        return Problem("a ':' is missing after this key", mark, help=_missing_colon_help(line))
    if "unknown escape character" in complaint:
        hint = "double the backslash, or use single quotes"
        return Problem("unknown escape in a text in double quotes", here, help=hint)
    if found := re.search(r"expected ',' or '([\]}])'", complaint):
        kind = "list" if found[1] == "]" else "mapping"
        notes = ((f"the {kind} opens here", start),) if start else ()
        return Problem(f"expected ',' or '{found[1]}' in this {kind}", here, notes=notes)
    if character and character in "]}":
        return Problem(f"nothing is open that {character!r} could close", here._replace(width=1))
    if "expected key" in complaint or "<block end>" in complaint or "'-' indicator" in complaint:
        return _misplaced_line(complaint, here, text, start)
    if "document start" in complaint:
        return Problem("text after the end of the document", here, help="start a new one with ---")
    return Problem(f"invalid YAML: {complaint}", here)


def _misplaced_key(here: SourceMark, text: str) -> Problem:
    """Word a ':' where no key can stand."""
    before = text[: here.column - 1]
    if re.search(r":\s", before):
        mark = here._replace(width=1)
        hint = "put the value in quotes if it contains ': '"
        return Problem("a second ': ' in one line", mark, help=hint)
    first = len(before) - len(before.lstrip()) + 1
    mark = here._replace(column=first, width=max(here.column - first, 1))
    above = _line_above(here)
    line = here.file.line(above)
    if above and re.match(r"\s*(?:- )?[\w.-]+:\S", line) and "://" not in line:
        hint = f"is a space missing after the ':' in line {above}?"
    elif above and ":" not in line:
        hint = f"is a ':' missing at the end of line {above}?"
    else:
        hint = "check the indentation: line it up with the keys that belong to the same mapping"
    return Problem("a key is not allowed here", mark, help=hint)


def _missing_colon_help(line: str) -> str | None:
    return "put a space after the ':'" if re.search(r":\S", line) else None


def _line_above(here: SourceMark) -> int:
    """Return the number of the nearest line above that says something, 0 for none."""
    for number in range(here.line - 1, 0, -1):
        line = here.file.line(number).strip()
        if line and not line.startswith("#"):
            return number
    return 0


def _misplaced_line(
    complaint: str, here: SourceMark, text: str, start: SourceMark | None
) -> Problem:
    """Word a line, or the rest of one, that continues nothing."""
    before = text[: here.column - 1]
    if before.strip() not in ("", "-"):
        hint = "put the whole value in one pair of quotes"
        if before.rstrip().endswith("'"):
            hint = "inside single quotes, write '' for a quote"
        return Problem("unexpected text after the value", here, help=hint)
    if "'-' indicator" in complaint or (start and _opens_list(start)):
        notes = (("the list starts here", start),) if start else ()
        hint = "begin every item of a list with '- ', at one indentation"
        return Problem("expected another item of the list", here, help=hint, notes=notes)
    notes = (("the mapping starts here", start),) if start else ()
    hint = "line it up with the keys that belong to the same mapping"
    return Problem("the indentation of this line fits no line above", here, help=hint, notes=notes)


def _opens_list(start: SourceMark) -> bool:
    return start.file.line(start.line)[start.column - 1 :].startswith("- ")
