from __future__ import annotations

import pytest

from support.trees import long


def test_a_text_is_run_by_a_shell() -> None:
    assert long("healthcheck: {test: 'curl x || exit 1'}") == {
        "healthcheck": {"test": ["CMD-SHELL", "curl x || exit 1"]}
    }


@pytest.mark.parametrize("test", ["[CMD, a, b]", "[NONE]", "[]"])
def test_a_list_stays_as_it_is(test: str) -> None:
    assert long(f"healthcheck: {{test: {test}, disable: true, interval: 1m30s}}") == {
        "healthcheck": {
            "test": [word for word in test.strip("[]").split(", ") if word],
            "disable": True,
            "interval": "1m30s",
        }
    }
