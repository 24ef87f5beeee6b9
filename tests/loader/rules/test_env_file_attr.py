from __future__ import annotations

import pytest

from support.trees import long, stacked_service


@pytest.mark.parametrize("written", ["a", "[a]", "[{path: a}]", "[{path: a, required: 'true'}]"])
def test_an_env_file_is_required_in_every_form(written: str) -> None:
    assert long(f"env_file: {written}") == {"env_file": [{"path": "a", "required": True}]}


def test_an_env_file_may_be_missing_and_raw() -> None:
    assert long("env_file: [{path: a, required: false, format: raw}]") == {
        "env_file": [{"path": "a", "required": False, "format": "raw"}]
    }


def test_an_override_says_more_about_the_same_file() -> None:
    assert stacked_service("env_file: a", "env_file: [b, {path: a, required: false}]") == {
        "env_file": [{"path": "a", "required": False}, {"path": "b", "required": True}]
    }
