from __future__ import annotations

import pytest

from composer.cli.detach_keys import DetachKeys, parse_keys
from composer.errors import UsageError


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("ctrl-p,ctrl-q", b"\x10\x11"),
        ("a", b"a"),
        ("ctrl-@,ctrl-z", b"\x00\x1a"),
        ("ctrl-[,ctrl-\\,ctrl-],ctrl-^,ctrl-_,DEL", b"\x1b\x1c\x1d\x1e\x1f\x7f"),
    ],
)
def test_keys_are_called_as_the_docker_cli_calls_them(text: str, keys: bytes) -> None:
    assert parse_keys(text) == keys


@pytest.mark.parametrize("text", ["", "ctrl-", "ctrl-1", "ab", "ctrl-p,", "é"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no key to detach with"):
        parse_keys(text)


@pytest.mark.parametrize(
    ("typed", "passed", "seen"),
    [
        ([b"abc"], b"abc", False),
        ([b"ab\x10\x11c"], b"ab", True),
        ([b"a\x10", b"\x11"], b"a", True),
        ([b"\x10", b"b"], b"\x10b", False),
        ([b"\x10\x10\x11"], b"\x10", True),
        ([b"a\x10"], b"a", False),
        ([b"\x11\x10"], b"\x11", False),
    ],
)
def test_the_keys_are_found_however_they_are_typed(
    typed: list[bytes], passed: bytes, seen: bool
) -> None:
    keys = DetachKeys(b"\x10\x11")

    assert b"".join(keys.pass_on(data) for data in typed) == passed
    assert keys.seen is seen


def test_keys_that_begin_again_in_the_middle_are_found() -> None:
    keys = DetachKeys(b"aab")

    assert keys.pass_on(b"aaab") == b"a"
    assert keys.seen


def test_who_types_lines_has_never_sent_what_a_terminal_keeps_to_itself() -> None:
    keys = DetachKeys(b"\x10\x11", lines=True)

    assert keys.pass_on(b"a\x10b\x11\n") == b"a\x10b\n"
    assert not keys.seen


def test_without_keys_everything_is_passed_on() -> None:
    assert DetachKeys(b"").pass_on(b"\x10\x11") == b"\x10\x11"
