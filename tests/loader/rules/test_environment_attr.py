from __future__ import annotations

import pytest

from support.trees import complaints, long, stacked_service


@pytest.mark.parametrize("entries", ["[A=1, B=, C, 'D=e f=g']", "{A: 1, B: '', C: , D: e f=g}"])
def test_variables_are_texts_and_a_name_alone_is_null(entries: str) -> None:
    assert long(f"environment: {entries}") == {
        "environment": {"A": "1", "B": "", "C": None, "D": "e f=g"}
    }


def test_numbers_and_truth_are_texts() -> None:
    assert long("environment: {A: 1.0, B: 1000000.0, C: yes, D: true, E: 0x1F}") == {
        "environment": {"A": "1", "B": "1e+06", "C": "yes", "D": "true", "E": "31"}
    }


def test_the_last_of_two_entries_counts() -> None:
    assert stacked_service("environment: [A=1, B=2, A=3]") == {"environment": {"A": "3", "B": "2"}}


def test_a_blank_at_the_end_of_a_name_is_refused_in_a_list_only() -> None:
    assert long("environment: {'A ': 1}") == {"environment": {"A ": "1"}}
    assert complaints("environment: [A=1, B =1]") == [
        "error compose.yaml:3:24: service 'web': variable 'B ' has a blank at the end of its name"
        " (did you mean 'B'?)"
    ]
