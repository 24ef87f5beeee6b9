"""What `ls` and `images` print: a table, JSON, or a template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from composer.render.console import Console
from composer.render.grid import Column, Style
from composer.render.grid import show as show_grid

_WIDE = 20
"""How wide a column of these commands is at least."""


def show(
    console: Console,
    format: str,
    columns: Sequence[Column],
    fields: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    style: Style,
    values: Sequence[Mapping[str, object]] | None = None,
) -> None:
    """Print rows in the `format` asked for.

    `fields` are what the columns are called in JSON; `values` are the fields of each row,
    where these are others than what the table has.
    """
    if format.lower() in ("", "table", "pretty"):
        show_grid(console, columns, rows, minimum=_WIDE, style=style)
        return
    from composer.render.template import Struct, go_json, render_rows

    told = [Struct(zip(fields, row, strict=True)) for row in rows]
    if values is not None:
        told = [Struct(one) for one in values]
    if format.lower() == "json":
        console.print(go_json(told, escape=False))
        return
    titles = {field: column.title for field, column in zip(fields, columns, strict=True)}
    console.print(render_rows(format, told, titles))
