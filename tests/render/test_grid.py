from __future__ import annotations

import pytest

from composer.render.grid import Column, fit

COLUMNS = (
    Column("NAME"),
    Column("COMMAND", "cut", 1),
    Column("STATUS", "fold", 0),
    Column("AGE", "", 2),
)
ROWS = [("demo-web-1", "a" * 40, "b" * 30, "2 days"), ("x", "", "", "")]


@pytest.mark.parametrize(
    ("room", "shown"),
    [
        (200, {0: 10, 1: 40, 2: 30, 3: 6}),
        (80, {0: 10, 1: 28, 2: 30, 3: 6}),
        (60, {0: 10, 1: 13, 2: 25, 3: 6}),
        (50, {0: 10, 2: 30, 3: 6}),
        (40, {0: 10, 2: 28}),
        (20, {0: 9, 2: 9}),
    ],
)
def test_columns_give_way_and_the_least_important_leave(room: int, shown: dict[int, int]) -> None:
    assert fit(COLUMNS, ROWS, room) == shown


def test_a_cell_of_several_lines_is_as_wide_as_its_widest_line() -> None:
    assert fit((Column("A"),), [("bb\ncccc",)], 80) == {0: 4}
