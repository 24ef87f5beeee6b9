"""Each broken file is refused by both, and composer's words for it are kept beside it."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from support.parity import ROOT, Case, cases

CASES = cases("refused")
_PLACE = re.compile(r"^ *--> \S.*:\d+:\d+$", re.MULTILINE)
NO_LINE = "# no line: "


def said_by_composer(case: Case) -> str:
    """Return what composer prints of a broken file; it must refuse it."""
    ran = case.composer("config", "-q")
    assert ran.code == 1, f"exit code {ran.code}\n{ran.err}"
    assert ran.out == ""
    return ran.err.rstrip("\n") + "\n"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_composer_says_what_is_wrong_and_where(case: Case, request: pytest.FixtureRequest) -> None:
    said, golden = said_by_composer(case), case.path.with_suffix(".txt")
    if request.config.getoption("--write-goldens", default=False):
        golden.write_text(said)

    assert said == golden.read_text()
    if NO_LINE.encode() not in case.path.read_bytes():
        assert _PLACE.search(said), "no file:line:column"


@pytest.mark.parity
@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=str)
def test_docker_compose_refuses_it_too(case: Case, verdict: Counter[str]) -> None:
    ran = case.docker("config", "-q")
    verdict["refused by both"] += ran.code != 0

    assert ran.code != 0, ran.err


_JARGON = re.compile(r"(?<![\w!])(anyOf|oneOf|instance|dict|NoneType|None|object|array|str|int)\b")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_message_is_in_words_of_the_user(case: Case) -> None:
    golden = case.path.with_suffix(".txt").read_text()
    ours = [line for line in golden.splitlines() if line.startswith(("error:", "note:", "   ="))]

    assert [line for line in ours if _JARGON.search(line) or str(ROOT) in line] == []


def test_each_golden_belongs_to_a_file() -> None:
    goldens = {path.with_suffix("") for case in CASES for path in case.path.parent.glob("*.txt")}

    assert goldens == {case.path.with_suffix("") for case in CASES}
