"""A small part of Go's templates, as `--format` takes them.

`{{.Field}}`, `{{json .Field}}`, `{{json .}}`, `{{upper .Field}}` and `{{lower
.Field}}`, with text around them.  A leading `table ` asks for columns with headers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence

from composer.errors import UsageError, did_you_mean
from composer.pattern import pattern
from composer.render.table import table

Row = Mapping[str, object]

_ACTION = pattern(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
_FIELD = pattern(r"(?:(\w+)\s+)?\.(\w*)(?:\s+\"([^\"]*)\")?")


def go_json(value: object) -> str:
    """Return `value` as Go prints JSON: compact, with <, > and & escaped."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def render_rows(template: str, rows: Sequence[Row], headers: Mapping[str, str]) -> str:
    """Return one line for each row; raises UsageError for what this cannot read."""
    with_header = template.startswith("table")
    body = template.removeprefix("table").lstrip(" ") if with_header else template
    body = body.replace("\\t", "\t").replace("\\n", "\n")
    lines = [_fill(body, row, headers) for row in rows]
    if not with_header:
        return "".join(line + "\n" for line in lines)
    head = _ACTION.sub(lambda action: _header(action[1], headers), body)
    return table([line.split("\t") for line in [head, *lines]])


def _fill(template: str, row: Row, headers: Mapping[str, str]) -> str:
    return _ACTION.sub(lambda action: _evaluate(action[1], row, headers), template)


def _evaluate(expression: str, row: Row, headers: Mapping[str, str]) -> str:
    match = _FIELD.fullmatch(expression)
    if match is None:
        raise UsageError(f"--format: cannot read {{{{{expression}}}}}", help="use {{.Field}}")
    function, field, argument = match.groups()
    if field == "Label" and argument is not None:
        return _label(row, argument)
    if field and field not in row:
        raise UsageError(f"--format: there is no field {field!r}", help=did_you_mean(field, row))
    value = row[field] if field else dict(row)
    if function is not None and function not in _FUNCTIONS:
        raise UsageError(f"--format: there is no function {function!r}")
    return _FUNCTIONS[function](value) if function else _plain(value)


def _header(expression: str, headers: Mapping[str, str]) -> str:
    match = _FIELD.fullmatch(expression)
    field = match[2] if match else ""
    return headers.get(field, field.upper())


def _label(row: Row, name: str) -> str:
    labels = dict(pair.partition("=")[::2] for pair in str(row.get("Labels", "")).split(","))
    return labels.get(name, "")


def _plain(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case Mapping():
            return "{" + " ".join(_plain(item) for item in value.values()) + "}"
        case list() | tuple():
            return "[" + " ".join(_plain(item) for item in value) + "]"
        case _:
            return str(value)


_FUNCTIONS: Mapping[str, Callable[[object], str]] = {
    "json": go_json,
    "upper": lambda value: _plain(value).upper(),
    "lower": lambda value: _plain(value).lower(),
}
