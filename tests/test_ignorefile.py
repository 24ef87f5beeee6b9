"""Patterns; what they select in Docker Compose is compared in tests/parity/test_watch.py."""

from __future__ import annotations

import pytest

from composer.ignorefile import Patterns, patterns_of


def selected(patterns: list[str], *paths: str, root: str = "/r") -> list[str]:
    matcher = Patterns(patterns, root)
    return [path for path in paths if matcher.select(f"{root}/{path}".replace("//", "/"))]


def test_a_pattern_selects_what_it_matches_and_all_below() -> None:
    assert selected(["sub"], "sub", "sub/a/b", "other/sub", "subs") == ["sub", "sub/a/b"]


def test_a_star_ends_at_a_slash_and_two_do_not() -> None:
    paths = ("a.py", "d/a.py", "d/e/a.py", "a.txt")
    assert selected(["*.py"], *paths) == ["a.py"]
    assert selected(["**/*.py"], *paths) == ["a.py", "d/a.py", "d/e/a.py"]


def test_of_several_patterns_the_last_one_counts() -> None:
    assert selected(["*.py", "!a.py"], "a.py", "b.py") == ["b.py"]
    assert selected(["!a.py", "*.py"], "a.py", "b.py") == ["a.py", "b.py"]


def test_a_directory_is_taken_away_with_all_below() -> None:
    assert selected(["**", "!sub"], "x", "sub/a") == ["x"]


def test_a_root_with_signs_in_it_is_no_pattern() -> None:
    assert selected(["*.py"], "a.py", root="/r[1]*") == ["a.py"]
    assert not Patterns(["*.py"], "/r*").select("/rx/a.py")


def test_an_absolute_pattern_is_a_path_of_this_machine() -> None:
    assert Patterns(["/elsewhere"], "/r").select("/elsewhere/a")
    assert not Patterns(["/sub"], "/r").select("/r/sub")


def test_dots_lead_out_of_the_root() -> None:
    assert Patterns(["../x"], "/r/sub").select("/r/x/a")
    assert Patterns([".."], "/r/sub").select("/r/sub/a")
    assert Patterns(["."], "/r/sub").select("/r/sub/a")


@pytest.mark.parametrize("wrong", ["[", "a[-b]", "a\\", "[]a]", "[a-]", "x[^"])
def test_a_pattern_that_is_none_is_named(wrong: str) -> None:
    with pytest.raises(ValueError, match="is not a pattern"):
        Patterns(["fine", wrong], "/r")


def test_a_directory_is_passed_by_only_if_nothing_is_taken_away_again() -> None:
    assert Patterns(["node_modules"], "/r").select_all_below("/r/node_modules")
    taken = Patterns(["node_modules", "!node_modules/mine"], "/r")
    assert not taken.select_all_below("/r/node_modules")


def test_an_ignore_file_is_read_as_docker_reads_it() -> None:
    text = "\ufeff# a comment\n\n  /dist/ \n! keep\n #not a comment\n./a/../b\n"
    assert patterns_of(text) == ["dist", "!keep", "#not a comment", "b"]


def test_two_stars_before_an_end_mean_names_that_end_so_in_builds_alone() -> None:
    assert not Patterns(["**ub"], "/r").select("/r/sub/a")
    assert Patterns(["**ub"], "/r").select("/r/ub/a")
    assert Patterns(["**ub"], "/r", ends=True).select("/r/sub/a")
