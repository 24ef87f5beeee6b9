"""What was fetched is whole or not there."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from composer.errors import FetchFailed
from composer.remote.cache import Cache


def cache(directory: Path) -> Cache:
    return Cache({"XDG_CACHE_HOME": str(directory)})


def fill(directory: str) -> None:
    (Path(directory) / "compose.yaml").write_text("x")


def everything(directory: Path) -> list[str]:
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*"))


def test_what_is_kept_is_found_again(tmp_path: Path) -> None:
    assert cache(tmp_path).find("git", "abc") is None

    made = cache(tmp_path).keep("git", "abc", fill)
    assert made == str(tmp_path / "composer" / "git" / "abc")
    assert cache(tmp_path).find("git", "abc") == made
    assert everything(tmp_path / "composer") == ["git", "git/abc", "git/abc/compose.yaml"]


def test_what_could_not_be_made_whole_leaves_nothing(tmp_path: Path) -> None:
    def fail(directory: str) -> None:
        fill(directory)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache(tmp_path).keep("git", "abc", fail)
    assert everything(tmp_path / "composer") == ["git"]


def test_of_two_that_make_the_same_the_first_one_stays(tmp_path: Path) -> None:
    def overtaken(directory: str) -> None:
        cache(tmp_path).keep("git", "abc", fill)
        (Path(directory) / "other").write_text("y")

    made = cache(tmp_path).keep("git", "abc", overtaken)
    assert everything(Path(made)) == ["compose.yaml"]
    assert everything(tmp_path / "composer") == ["git", "git/abc", "git/abc/compose.yaml"]


def test_only_its_owner_may_look_into_the_cache_and_containers_into_what_they_mount(
    tmp_path: Path,
) -> None:
    made = cache(tmp_path).keep("git", "abc", fill)

    assert stat.S_IMODE(os.stat(tmp_path / "composer").st_mode) == 0o700
    assert stat.S_IMODE(os.stat(made).st_mode) == 0o755


@pytest.mark.parametrize("variables", [{}, {"XDG_CACHE_HOME": ""}, {"XDG_CACHE_HOME": "cache"}])
def test_without_an_absolute_variable_the_cache_is_in_the_home(
    tmp_path: Path, variables: dict[str, str]
) -> None:
    made = Cache({"HOME": str(tmp_path), **variables}).keep("oci", "abc", fill)

    assert made == str(tmp_path / ".cache" / "composer" / "oci" / "abc")


def test_what_a_reference_named_last_is_remembered(tmp_path: Path) -> None:
    assert cache(tmp_path).seen("x#main") is None
    cache(tmp_path).remember("x#main", "abc")
    cache(tmp_path).remember("x#main", "def")
    cache(tmp_path).remember("x#v1", "abc")

    assert cache(tmp_path).seen("x#main") == "def"
    assert len(everything(tmp_path / "composer" / "seen")) == 2


def test_a_cache_in_the_way_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "composer").write_text("")

    with pytest.raises(FetchFailed) as caught:
        cache(tmp_path).keep("git", "abc", fill)
    assert caught.value.help == "set XDG_CACHE_HOME to a directory of yours"
    cache(tmp_path).remember("x#main", "abc")
    assert cache(tmp_path).seen("x#main") is None
