"""YAML syntax errors in words that help.

The parser says what it was doing; the user wants to know what to change.  Each
rule looks at the parser's complaint and at the text around it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from composer.errors import Problem, did_you_mean
from composer.pattern import pattern
from composer.record import dataclass
from composer.source import SourceFile, SourceMark

MAX_DEPTH: Final = 100

_FORBIDDEN: Final = pattern(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_CONFLICT: Final = pattern(r"^<{7} \S.*$", re.MULTILINE)
_KEY: Final = pattern(r"\s*(?:- )?(?P<key>[\w.-]+):(?:\s|$)")
_BLOCK: Final = pattern(r".*:\s+(?P<sign>[|>][-+0-9]*)\s*(?:#.*)?")
_QUOTE_HELP: Final = "put the text in quotes"
_IN_SINGLE_QUOTES: Final = "inside single quotes, write '' for a quote"


@dataclass(frozen=True, slots=True)
class Fault:
    """The parser's complaint.  Lines and columns count from 1; `start` is what it was reading."""

    complaint: str
    at: tuple[int, int]
    start: tuple[int, int] | None = None


def explain(fault: Fault, file: SourceFile) -> Problem:
    """Return the problem behind a complaint of the parser."""
    if conflict := _CONFLICT.search(file.text):
        return _conflict(conflict, file)
    line, column = _inside(file, *fault.at)
    text = file.line(line)
    indentation = text[: len(text) - len(text.lstrip())]
    if "\t" in indentation and column <= len(indentation) + 1:
        mark = SourceMark(file, line, indentation.index("\t") + 1)
        return Problem("a tab is used as indentation", mark, help="use spaces")
    here = SourceMark(file, line, column, _word(text, column))
    start = SourceMark(file, *fault.start) if fault.start else None
    if start and (found := re.search(r"expected ',' or '([\]}])'", fault.complaint)):
        return _open_bracket(found[1], here, start, ended=(line, column) != fault.at)
    return _reword(fault.complaint, here, text, start)


def forbidden_character(file: SourceFile) -> Problem:
    """Return the problem of a text that has characters YAML does not allow."""
    found = _FORBIDDEN.search(file.text)
    if found is None:
        return Problem(f"{file.name} cannot be read as YAML")
    line = file.text.count("\n", 0, found.start()) + 1
    column = found.start() - file.text.rfind("\n", 0, found.start())
    return Problem(f"control character {found[0]!r} is not allowed", SourceMark(file, line, column))


def unusable_key(written: str, kind: str, mark: SourceMark, *, item: bool) -> Problem:
    """Return the problem of a key that is no text; `item` when an item of a list begins with it."""
    line = mark.file.line(mark.line)
    port = re.fullmatch(r":\s+(\d\S*)\s*", line[mark.column - 1 + mark.width :])
    hint: str | None = f"put it in quotes: {written!r}"
    if item and port:
        hint = f"for a port, leave out the space: {written}:{port[1]}"
    elif not written:
        template = line[mark.column - 2 : mark.column] == "{{"
        hint = "if this is a template, fill it in; variables are ${NAME}" if template else None
    what = f"key {written}" if written else "a key"
    seen = f"not {kind}" if kind.startswith("a ") else f"but is read as {kind}"
    return Problem(f"{what} must be a text, {seen}", mark, help=hint)


def duplicate_key(key: str, mark: SourceMark, first: SourceMark) -> Problem:
    """Return the problem of a key that stands twice in one mapping."""
    hint = "merge several at once: <<: [*one, *other]" if key == "<<" else None
    notes = (("first defined here", first),)
    return Problem(f"key {key!r} is defined twice in one mapping", mark, hint, notes=notes)


def too_deep(mark: SourceMark) -> Problem:
    """Return the problem of what is nested deeper than anybody writes by hand."""
    return Problem(f"nested more than {MAX_DEPTH} levels deep", mark)


def unknown_anchor(name: str, known: Iterable[str], mark: SourceMark) -> Problem:
    """Return the problem of an alias without an anchor above it."""
    below = re.compile(rf"(?<!\S)&{re.escape(name)}(?![^\s,\]}}])").search(mark.file.text)
    if below:
        line = mark.file.text.count("\n", 0, below.start()) + 1
        hint: str | None = f"it stands below, in line {line}: move it up"
    else:
        hint = did_you_mean(name, known)
    return Problem(f"anchor {name!r} is not defined above", mark, help=hint)


def _conflict(found: re.Match[str], file: SourceFile) -> Problem:
    line = file.text.count("\n", 0, found.start()) + 1
    mark = SourceMark(file, line, 1, len(found[0]))
    hint = "keep one side, and remove the lines that begin with <<<<<<<, ======= and >>>>>>>"
    return Problem("a merge conflict of Git was left in this file", mark, help=hint)


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
    if "maximum nesting depth" in complaint:  # libyaml from 0.2.6 on looks ahead that far
        return too_deep(here)
    if "cannot start any token" in complaint:
        return Problem(f"a text cannot start with {character!r}", here, help=_QUOTE_HELP)
    if "alphabetic or numeric character" in complaint and start:
        begun = start.file.line(start.line)
        mark = start._replace(width=_word(begun, start.column))
        sign = begun[start.column - 1]
        return Problem(f"a text cannot start with {sign!r}", mark, help=_QUOTE_HELP)
    if "unexpected end of stream" in complaint and start:
        return Problem("the quote that opens here is never closed", start)
    if "could not find expected ':'" in complaint and start:
        line = start.file.line(start.line)
        mark = start._replace(width=max(len(line.rstrip()) - start.column + 1, 1))
        return Problem("a ':' is missing after this key", mark, help=_missing_colon_help(line))
    if "unknown escape character" in complaint or "hexdecimal number" in complaint:
        begin = here.file.line(here.line).rfind("\\", 0, here.column) + 1
        mark = here._replace(column=begin or here.column, width=2)
        hint = "double the backslash, or use single quotes"
        return Problem("unknown escape in a text in double quotes", mark, help=hint)
    if character and character in "]}":
        message = f"nothing is open that {character!r} could close"
        return Problem(message, here._replace(width=1), help=f"remove it, or {_QUOTE_HELP}")
    if "expected key" in complaint or "<block end>" in complaint or "'-' indicator" in complaint:
        return _misplaced_line(complaint, here, text, start)
    if "document start" in complaint:
        return Problem("text after the end of the document", here, help="start a new one with ---")
    return Problem(f"invalid YAML: {complaint}", here)


def _open_bracket(closing: str, here: SourceMark, start: SourceMark, *, ended: bool) -> Problem:
    """Word a list or mapping in brackets that goes on in a way it cannot."""
    kind, opening = ("list", "[") if closing == "]" else ("mapping", "{")
    character = here.file.line(here.line)[here.column - 1 : here.column]
    if not ended and character in "]}" and character != closing:
        message = f"{character!r} cannot close a {kind}"
        note = (f"the {kind} opens here", start)
        return Problem(message, here._replace(width=1), f"close it with {closing!r}", notes=(note,))
    left = here.line > start.line and _indentation(here) <= _indentation(start)
    if ended or left:
        note = (f"the {kind} still goes on here", _first_word(here))
        notes = (note,) if left and not ended else ()
        message = f"the {opening!r} that opens here is never closed"
        return Problem(message, start, help=f"end the {kind} with {closing!r}", notes=notes)
    note = (f"the {kind} opens here", start)
    quote = here.file.line(here.line)[here.column - 2 : here.column - 1]
    hint = {'"': 'inside double quotes, write \\" for a quote', "'": _IN_SINGLE_QUOTES}.get(quote)
    return Problem(f"a ',' or {closing!r} is missing before this", here, hint, notes=(note,))


def _misplaced_key(here: SourceMark, text: str) -> Problem:
    """Word a ':' where no key can stand."""
    before = text[: here.column - 1]
    if re.search(r":\s", before):
        mark = here._replace(width=1)
        hint = "put the value in quotes if it contains ': '"
        return Problem("a second ': ' in one line", mark, help=hint)
    above = _line_above(here)
    if above and (problem := _fault_above(above)):
        return problem
    mark = _first_word(here)
    mark = mark._replace(width=max(here.column - mark.column, 1))
    if above and _KEY.match(above.file.line(above.line)) and above.column < mark.column:
        hint = f"indent it by {above.column - 1} spaces, like line {above.line}"
        return Problem("this key is indented further than the one above it", mark, help=hint)
    hint = "check the indentation: line it up with the keys that belong to the same mapping"
    return Problem("a key is not allowed here", mark, help=hint)


def _fault_above(above: SourceMark) -> Problem | None:
    """Return what is wrong with the line above a key, which explains why none can stand there."""
    line, before = above.file.line(above.line), _line_above(above)
    inner = before is not None and _indentation(before) < _indentation(above)
    if before and inner and re.search(r":\s+[^\s#&!|>]", before.file.line(before.line)):
        return None  # the text of the line before goes on
    if found := re.fullmatch(r"\s*(?:- +)?(?P<key>[\w.-]+)\s*(?:#.*)?", line):
        mark = above._replace(column=found.start("key") + 1, width=len(found["key"]))
        return Problem("a ':' is missing after this key", mark)
    found = re.match(r"\s*[A-Za-z][\w.-]*(:)[^\s/]", line)
    if found:
        mark = above._replace(column=found.start(1) + 1, width=1)
        return Problem("a space is missing after this ':'", mark)
    return None


def _missing_colon_help(line: str) -> str | None:
    return "put a space after the ':'" if re.search(r":\S", line) else None


def _line_above(here: SourceMark) -> SourceMark | None:
    """Return the first word of the nearest line above that says something."""
    for number in range(here.line - 1, 0, -1):
        line = here.file.line(number).strip()
        if line and not line.startswith("#"):
            return _first_word(here._replace(line=number))
    return None


def _first_word(here: SourceMark) -> SourceMark:
    """Return the first word of the line of `here`."""
    column = _indentation(here) + 1
    return here._replace(column=column, width=_word(here.file.line(here.line), column))


def _indentation(here: SourceMark) -> int:
    text = here.file.line(here.line)
    return len(text) - len(text.lstrip())


def _quote_before(here: SourceMark) -> SourceMark | None:
    """Return where the quote opens that ends right before `here`, if in a line above."""
    text = here.file.line(here.line)[: here.column - 1].rstrip()
    if text[-1:] not in ("'", '"'):
        return None
    before = "\n".join(here.file.line(number) for number in range(1, here.line))
    opening = before.rfind(text[-1])
    if opening < 0 or text.count(text[-1]) != 1:
        return None
    line = before.count("\n", 0, opening) + 1
    return SourceMark(here.file, line, opening - before.rfind("\n", 0, opening))


def _misplaced_line(
    complaint: str, here: SourceMark, text: str, start: SourceMark | None
) -> Problem:
    """Word a line, or the rest of one, that continues nothing."""
    before = text[: here.column - 1]
    if before.strip() not in ("", "-"):
        if opening := _quote_before(here):
            quote = opening.file.line(opening.line)[opening.column - 1]
            note = (f"the {quote} before it closes what opens here", opening)
            hint = f"close the text that begins in line {opening.line}"
            return Problem("unexpected text after the value", here, help=hint, notes=(note,))
        hint = "put the whole value in one pair of quotes"
        if before.rstrip().endswith("'"):
            hint = _IN_SINGLE_QUOTES
        return Problem("unexpected text after the value", here, help=hint)
    if "'-' indicator" in complaint or (start and _opens_list(start)):
        notes = (("the list starts here", start),) if start else ()
        hint = "begin every item of a list with '- ', at one indentation"
        return Problem("expected another item of the list", here, help=hint, notes=notes)
    if block := _block_above(here):
        whole = here._replace(width=max(len(text.rstrip()) - here.column + 1, 1))
        hint = "indent all lines of the text at least as far as its first"
        note = ("the text starts here", block)
        return Problem(
            "this line is indented less than the text it belongs to",
            whole,
            help=hint,
            notes=(note,),
        )
    if start and start.column == here.column and text[here.column - 1 :].startswith("- "):
        hint = "give the list a key of its own, and indent its items below it"
        return Problem("an item of a list stands among the keys of a mapping", here, help=hint)
    hint = f"indent it by {_levels(here)} spaces, not by {here.column - 1}"
    return Problem("the indentation of this line fits no line above", here, help=hint)


def _block_above(here: SourceMark) -> SourceMark | None:
    """Return the | or > of the text that the line of `here` would go on with, if it is one."""
    above = _line_above(here)
    while above and _indentation(above) >= _indentation(here):
        above = _line_above(above)
    found = _BLOCK.fullmatch(above.file.line(above.line)) if above else None
    if above is None or found is None:
        return None
    return above._replace(column=found.start("sign") + 1, width=len(found["sign"]))


def _levels(here: SourceMark) -> str:
    """Return how far the open mappings above `here` are indented: "4, 2 or 0"."""
    levels: list[int] = []
    above = _line_above(here)
    while above:
        if not levels or _indentation(above) < levels[-1]:
            levels.append(_indentation(above))
        above = _line_above(above)
    words = [str(level) for level in levels or (0,)]
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _opens_list(start: SourceMark) -> bool:
    return start.file.line(start.line)[start.column - 1 :].startswith("- ")
