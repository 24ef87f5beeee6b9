"""Rows → a table: drawn to the width of a terminal, in Docker's columns everywhere else.

What a program reads never depends on rich; what a person reads never runs over the edge:
columns that may are folded or cut, and the least important ones left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

from composer.record import dataclass
from composer.render.console import Console
from composer.render.table import MINIMUM, table, width

if TYPE_CHECKING:
    from rich.table import Table

Row = Sequence[str]
Style = Callable[[int, Row], str]
"""Returns how a cell looks, by the number of its column: "red", "dim", "" for as usual."""

_GAP = 2
_LEAST = {"fold": 24, "cut": 12}


@dataclass(frozen=True, slots=True)
class Column:
    """A column, and what becomes of it where there is little room.

    It is folded into several lines, cut short, or nothing; columns with a `drop` are left
    out, the smallest number first.
    """

    title: str
    give: Literal["", "fold", "cut"] = ""
    drop: int = 0
    right: bool = False


def as_usual(column: int, row: Row) -> str:
    return ""


def show(
    console: Console,
    columns: Sequence[Column],
    rows: Sequence[Row],
    *,
    minimum: int = MINIMUM,
    style: Style = as_usual,
) -> None:
    """Print a table.  `minimum` is how wide a column is at least where no terminal is."""
    if console.out.isatty():
        draw(console, drawing(columns, rows, terminal_width(console), style=style))
    else:
        console.print(table([[column.title for column in columns], *rows], minimum))


def drawing(
    columns: Sequence[Column], rows: Sequence[Row], room: int, *, style: Style = as_usual
) -> Table:
    """Return the table as rich draws it in `room` cells."""
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold")
    fitted = fit(columns, rows, room)
    for number, wide in fitted.items():
        column = columns[number]
        drawn.add_column(
            Text(column.title),
            justify="right" if column.right else "left",
            overflow="ellipsis" if column.give == "cut" else "fold",
            no_wrap=column.give == "cut",
            width=wide,
        )
    for row in rows:
        drawn.add_row(*(Text(row[number], style(number, row)) for number in fitted))
    return drawn


def fit(columns: Sequence[Column], rows: Sequence[Row], room: int) -> dict[int, int]:
    """Return the columns that are shown, by number, and how wide each is."""
    wide = {
        number: max([width(column.title), *(_width(row[number]) for row in rows)])
        for number, column in enumerate(columns)
    }
    least = {
        number: min(wide[number], _LEAST.get(column.give, wide[number]))
        for number, column in enumerate(columns)
    }
    for number in sorted(wide, key=lambda number: columns[number].drop):
        if columns[number].drop and _total(least) > room:
            del wide[number], least[number]
    while _total(wide) > room:
        widest = max(wide, key=lambda number: wide[number] - least[number])
        if wide[widest] <= least[widest]:
            return _squeezed(wide, room)
        wide[widest] -= 1
    return wide


def _squeezed(wide: dict[int, int], room: int) -> dict[int, int]:
    """Take from the widest columns, though it cuts them through, what there is no room for."""
    while _total(wide) > room and max(wide.values()) > 1:
        wide[max(wide, key=lambda number: wide[number])] -= 1
    return wide


def _total(wide: dict[int, int]) -> int:
    return sum(wide.values()) + _GAP * (len(wide) - 1)


def _width(cell: str) -> int:
    return max((width(line) for line in cell.split("\n")), default=0)


def terminal_width(console: Console) -> int:
    import os
    import shutil

    try:
        found = os.get_terminal_size(console.out.fileno()).columns
    except (OSError, ValueError):
        found = 0
    return found or shutil.get_terminal_size((100, 24)).columns


def draw(console: Console, *drawn: object) -> None:
    """Print what rich draws, to the width of the terminal."""
    from rich.console import Console as Rich

    rich = Rich(
        file=console.out,
        highlight=False,
        no_color=not console.colour_out,
        color_system="standard" if console.colour_out else None,
        force_terminal=console.colour_out,
        width=terminal_width(console),
        soft_wrap=False,
    )
    for one in drawn:
        rich.print(one)
