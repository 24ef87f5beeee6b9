"""Rows → columns, spaced as the Docker CLI spaces them."""

from __future__ import annotations

from collections.abc import Sequence

MINIMUM = 10
PADDING = 3


def columns(text: str, minimum: int = MINIMUM, padding: int = PADDING) -> str:
    """Return `text` with its tabs made into columns, as Go's tabwriter makes them.

    A tab ends a cell.  Cells that stand below each other without a gap are one column,
    `minimum` wide and `padding` wider than the widest; what follows the last tab of a
    line is in none.
    """
    lines = [line.split("\t") for line in text.split("\n")]
    widths: list[list[int]] = [[] for _ in lines]
    _measure(lines, widths, 0, len(lines), minimum, padding)
    return "\n".join(
        "".join(cell + " " * (wide - width(cell)) for cell, wide in zip(line, wides, strict=False))
        + line[-1]
        for line, wides in zip(lines, widths, strict=True)
    )


def _measure(
    lines: Sequence[Sequence[str]],
    widths: list[list[int]],
    first: int,
    stop: int,
    minimum: int,
    padding: int,
) -> None:
    """Add the widths of the next columns of lines `first` to `stop`."""
    at = first
    while at < stop:
        column = len(widths[at])
        end = at
        while end < stop and len(lines[end]) - 1 > column:
            end += 1
        if end == at:
            at += 1
            continue
        wide = max(minimum, max(width(line[column]) for line in lines[at:end]) + padding)
        for line in widths[at:end]:
            line.append(wide)
        _measure(lines, widths, at, end, minimum, padding)
        at = end


def table(rows: Sequence[Sequence[str]], minimum: int = MINIMUM) -> str:
    """Return the rows in columns at least `minimum` wide; the last one is not filled up."""
    if not rows:
        return ""
    widths = [
        max(minimum, max(width(row[column]) for row in rows) + PADDING)
        for column in range(len(rows[0]) - 1)
    ]
    return "".join(
        "".join(cell + " " * (wide - width(cell)) for cell, wide in zip(row, widths, strict=False))
        + row[-1]
        + "\n"
        for row in rows
    )


def width(text: str) -> int:
    """Return how many terminal cells `text` takes."""
    if text.replace("…", ".").isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def cut(text: str, columns: int, *, tail: bool = False) -> str:
    """Return `text` in at most so many cells, with "…" where some is missing.

    `tail` keeps the end of it instead of the beginning.
    """
    if width(text) <= columns:
        return text
    if columns < 1:
        return ""
    kept, used = [], 1
    for letter in reversed(text) if tail else text:
        used += width(letter)
        if used > columns:
            break
        kept.append(letter)
    return "…" + "".join(reversed(kept)) if tail else "".join(kept) + "…"


def ellipsis(text: str, limit: int) -> str:
    """Return `text` cut to `limit` characters, the last of them "…" if any is missing."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
