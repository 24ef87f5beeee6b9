from __future__ import annotations

from composer.render.table import columns, table, width


def test_a_column_is_three_wider_than_its_widest_cell_and_at_least_ten_wide() -> None:
    assert columns("a\tb\nlonger than that\tc\n") == (
        "a                  b\nlonger than that   c\n"
    )
    assert columns("a\tb\n") == "a         b\n"


def test_a_line_without_a_tab_parts_the_columns_above_it_from_those_below() -> None:
    assert columns("a long first cell\tb\nno tab\na\tb\n") == (
        "a long first cell   b\nno tab\na         b\n"
    )


def test_lines_may_have_more_cells_than_others() -> None:
    assert columns("a\tb\tc\nd\te\n") == "a         b         c\nd         e\n"


def test_rows_are_the_same_columns() -> None:
    assert table([["NAME", "STATUS"], ["x" * 20, "up"]]) == (
        f"NAME{' ' * 19}STATUS\n{'x' * 20}   up\n"
    )


def test_a_wide_letter_takes_two_cells() -> None:
    assert [width(text) for text in ("ab…", "日本", "é")] == [3, 4, 1]
