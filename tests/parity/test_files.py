"""Each small file means the same to Docker Compose and to composer: JSON, YAML and hashes."""

from __future__ import annotations

from collections import Counter

import pytest

from support.parity import Case, cases, differences, on_purpose

CASES = cases("files")


@pytest.mark.parity
@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=str)
def test_both_read_a_file_alike(case: Case, verdict: Counter[str]) -> None:
    found = differences(case)
    reason = on_purpose().get(case.id)
    verdict[("differ on purpose" if reason else "differ") if found else "agree"] += 1

    if reason:
        assert found, f"docs/compatibility.md lists {case.id}, but the two agree"
    else:
        assert not found, "\n".join(found)


def test_each_difference_on_purpose_is_that_of_a_file() -> None:
    assert sorted(on_purpose()) == sorted({case.id for case in CASES} & set(on_purpose()))


def test_no_two_files_are_the_same() -> None:
    texts = Counter(case.path.read_bytes() for case in CASES)

    assert [text for text, count in texts.items() if count > 1] == []
