"""A mark can be narrowed to a word of what it spans."""

from __future__ import annotations

from composer.errors import nearest
from composer.source import SourceFile, SourceMark

MARK = SourceMark(SourceFile("c.yaml", 'a: ["80:80"]'), 1, 5, 7)


def test_a_word_of_the_span_is_found_first_or_last() -> None:
    assert MARK.on("80") == MARK._replace(column=6, width=2)
    assert MARK.on("80", last=True) == MARK._replace(column=9, width=2)


def test_without_the_word_the_whole_span_stays() -> None:
    assert MARK.on("81") is MARK
    assert MARK.on("") is MARK


def test_a_word_of_a_block_is_found_in_its_lines() -> None:
    block = SourceMark(SourceFile("c.yaml", "a: >\n  one\n\n  two one\nb: one\n"), 1, 4)

    assert block.on("one") == block._replace(line=2, column=3, width=3)
    assert block.on("one", last=True) == block._replace(line=4, column=7, width=3)
    assert block.on("three") is block


def test_the_nearest_word_may_have_its_letters_in_another_order() -> None:
    assert nearest("bd", ["web", "db"]) == "db"
    assert nearest("first-start", ["stop-first", "start-first"]) == "start-first"
    assert nearest("zzz", ["web", "db"]) is None
