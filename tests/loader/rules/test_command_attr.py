from __future__ import annotations

import pytest

from support.trees import complaints, long


@pytest.mark.parametrize("attribute", ["command", "entrypoint"])
def test_a_command_line_is_split_into_words(attribute: str) -> None:
    assert long(f"{attribute}: 'a \"b c\" d'") == {attribute: ["a", "b c", "d"]}


@pytest.mark.parametrize("attribute", ["command", "entrypoint"])
@pytest.mark.parametrize("empty", ["''", "[]"])
def test_an_empty_command_is_kept_and_null_is_not(attribute: str, empty: str) -> None:
    assert long(f"{attribute}: {empty}") == {attribute: []}
    assert long(f"{attribute}: null") == {}


def test_a_list_stays_as_it_is() -> None:
    assert long("command: [a b, 'c && d']") == {"command": ["a b", "c && d"]}


@pytest.mark.parametrize("hook", ["pre_start", "post_start", "pre_stop"])
def test_a_hook_has_a_command_and_an_environment(hook: str) -> None:
    assert long(f"{hook}: [{{command: a b, privileged: 'true', environment: [A=1, B]}}]") == {
        hook: [{"command": ["a", "b"], "privileged": True, "environment": {"A": "1", "B": None}}]
    }


def test_a_hook_before_the_start_may_be_per_replica() -> None:
    assert long("pre_start: [{per_replica: 'no'}]") == {"pre_start": [{"per_replica": False}]}


def test_an_open_quote_is_refused() -> None:
    assert complaints("command: sh -c 'a") == [
        "error compose.yaml:3:20: service 'web': command \"sh -c 'a\" has a ' that is never closed"
        " (close it, or write a list of words)"
    ]


def test_an_operator_is_cut_off_with_a_warning() -> None:
    assert complaints("command: a && b") == [
        "warning compose.yaml:3:14: service 'web': command 'a && b' ends before '&& b':"
        ' no shell reads it (write ["sh", "-c", "…"] to have a shell read it)'
    ]
