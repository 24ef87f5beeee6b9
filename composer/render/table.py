"""Rows → columns, spaced as the Docker CLI spaces them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

MINIMUM = 10
PADDING = 3


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
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(letter) else 2 if _is_wide(letter) else 1 for letter in text
    )


def ellipsis(text: str, limit: int) -> str:
    """Return `text` cut to `limit` characters, the last of them "…" if any is missing."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _is_wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in ("W", "F")
