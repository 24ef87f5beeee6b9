"""The rules of `docker cp`: what is copied, what is there, and where it lands."""

from __future__ import annotations

import pytest

from composer.actions.landing import (
    Landing,
    Source,
    Target,
    beside,
    landing,
    renamed,
    rooted,
    split,
)
from composer.errors import UsageError

FILE, TREE, CONTENTS = Source("/s/f", False), Source("/s/d", True), Source("/s/d/.", True)


@pytest.mark.parametrize(
    ("source", "target", "lands"),
    [
        (FILE, Target("/t/new", None), Landing("/t", "new")),
        (FILE, Target("/t/old", False), Landing("/t", "old")),
        (FILE, Target("/t", True), Landing("/t", "f")),
        (FILE, Target("/t/", True), Landing("/t/", "f")),
        (TREE, Target("/t/new", None), Landing("/t", "new")),
        (TREE, Target("/t/new/", None), Landing("/t", "new")),
        (TREE, Target("/t", True), Landing("/t", "d")),
        (CONTENTS, Target("/t", True), Landing("/t", ".")),
        (CONTENTS, Target("/t/new", None), Landing("/t", "new")),
        (Source("/", True), Target("/t", True), Landing("/t", ".")),
        (Source("/", True), Target("/t/new", None), Landing("/t", "new")),
        (Source("/s/real", False, "link"), Target("/t", True), Landing("/t", "link")),
    ],
)
def test_where_things_land(source: Source, target: Target, lands: Landing) -> None:
    assert landing(source, target) == lands


@pytest.mark.parametrize(
    ("source", "target", "says"),
    [
        (TREE, Target("/t/f", False), "cannot copy directory /s/d onto the file /t/f"),
        (FILE, Target("/t/new/", None), "no such directory: /t/new/"),
        (FILE, Target("/t/new/.", None), "no such directory: /t/new/."),
    ],
)
def test_what_does_not_go_together_is_refused(source: Source, target: Target, says: str) -> None:
    with pytest.raises(UsageError) as refused:
        landing(source, target)
    assert refused.value.message == says


def test_the_end_of_a_path_is_read_as_the_user_meant_it() -> None:
    assert split("a/b/") == ("a", "b")
    assert split("a/b/.") == ("a/b", ".")
    assert split("a") == (".", "a")
    assert split("//") == ("/", "/")


def test_what_a_link_leads_to_keeps_the_name_and_the_end_of_the_link() -> None:
    assert renamed("/a/link", "/b/real") == ("/b/real", "link")
    assert renamed("/a/link/", "/b/real") == ("/b/real/", "link")
    assert renamed("/a/link/.", "/b/real") == ("/b/real/.", "")
    assert renamed("/a/same", "/b/same") == ("/b/same", "")


def test_a_link_leads_from_where_it_is() -> None:
    assert beside("/a/link", "x") == "/a/x"
    assert beside("/a/link", "../x") == "/x"
    assert beside("/a/link", "/x") == "/x"


@pytest.mark.parametrize(
    ("path", "clean"),
    [
        ("..", "/"),
        ("../../etc", "/etc"),
        ("srv/../..", "/"),
        ("srv/", "/srv/"),
        ("/srv/.", "/srv/."),
        (".", "/."),
        ("//a", "/a"),
        ("a", "/a"),
    ],
)
def test_no_path_of_a_container_leads_above_its_root(path: str, clean: str) -> None:
    assert rooted(path) == clean
