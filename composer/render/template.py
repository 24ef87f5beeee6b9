"""`--format` of the Docker CLI: rows → lines, columns with headers, or JSON.

A format is `table`, `json`, `raw` where a command has one, `table TEMPLATE` for columns
with headers, or a template of Go's.  `\\t` and `\\n` in it stand for a tab and a new line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from composer.errors import UsageError
from composer.pattern import pattern
from composer.render.gotemplate.functions import FUNCTIONS, HEADER_FUNCTIONS, NAMES
from composer.render.gotemplate.parse import parse
from composer.render.gotemplate.run import Filling
from composer.render.gotemplate.values import Row, Struct, go_json
from composer.render.gotemplate.words import BadTemplate
from composer.render.table import columns
from composer.source import SourceFile, SourceMark

__all__ = ["Row", "Struct", "go_json", "render_rows"]

JSON = "{{json .}}"

_ESCAPES = pattern(r"\\[tn]")
_WORD_BEGINS = pattern(r"(?<=[a-z])(?=[A-Z])")


def render_rows(
    template: str,
    rows: Sequence[Mapping[str, object]],
    headers: Mapping[str, str],
    *,
    origin: str = "--format",
) -> str:
    """Return the rows as `template` wants them; raises UsageError with a mark in `origin`.

    `headers` are those of fields that are not called by their name in capitals.
    """
    body, begins = _body(template)
    try:
        parsed = parse(body, NAMES)
        filling = Filling(parsed, FUNCTIONS)
        lines = [filling.fill(row if isinstance(row, Row) else Row(row)) for row in rows]
        if not template.startswith("table"):
            return "".join(f"{line}\n" for line in lines)
        heading = Filling(parsed, HEADER_FUNCTIONS)
        return columns("".join(f"{line}\n" for line in (_head(heading, headers), *lines)))
    except BadTemplate as error:
        raise _told(error, template, begins, origin) from None


def _body(template: str) -> tuple[str, int]:
    """Return the template that a format holds, and where in it that begins."""
    if template == "json":
        return JSON, 0
    rest = template.removeprefix("table")
    begins = len(template) - len(rest.lstrip(" "))
    text = rest.strip(" ")
    return _ESCAPES.sub(lambda match: "\t" if match[0] == r"\t" else "\n", text), begins


class _Headers(Struct):
    """The headers by field; of a field that has none, its name."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__(headers)
        self["Label"] = _label_header

    def __missing__(self, name: str) -> object:
        return _Heading(_WORD_BEGINS.sub(" ", name).upper())

    def __contains__(self, name: object) -> bool:
        return True


class _Heading(str):
    """A header that Docker has not: it is printed, and empty for whoever asks."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False


def _head(filling: Filling, headers: Mapping[str, str]) -> str:
    """Return the line of headers, as far as texts will do in place of the fields."""
    try:
        return filling.fill(_Headers(headers))
    except BadTemplate:
        return filling.text


def _label_header(name: str) -> str:
    return name.rpartition(".")[2].replace("-", " ").replace("_", " ")


def _told(error: BadTemplate, template: str, begins: int, origin: str) -> UsageError:
    """Return the error with its place in what the user wrote, where \\t is two characters."""
    at = begins
    for _ in range(error.at):
        at += 2 if template[at : at + 2] in (r"\t", r"\n") else 1
    before = template[:at]
    line = before.count("\n") + 1
    column = at - (before.rfind("\n") + 1) + 1
    told = UsageError(error.message, help=error.help)
    told.mark = SourceMark(SourceFile(origin, template), line, column, error.width)
    return told
