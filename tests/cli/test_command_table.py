"""The parser beside what Docker Compose has: nothing missing, nothing extra that is not marked."""

from __future__ import annotations

import pytest

from support.command_table import (
    EVERYWHERE,
    PAGE,
    as_fact,
    facts,
    flags_of,
    is_hidden,
    is_ours,
    long_names,
    parsers,
    short_of,
    takes,
    with_table,
)

SHARED = sorted(set(facts()) & set(parsers()))
FLAGS = [(command, flag) for command in SHARED for flag in sorted(flags_of(command))]

REPEATED = {("build", "ssh"), ("ls", "filter")}
"""What may be given more than once, where the facts do not say so."""

DECIDED_LATER = {("convert", "format")}
"""Flags whose default depends on what else is asked for."""

NOT_HIDDEN = {("", "version")}
"""What --help shows, and that of Docker Compose does not."""


def test_every_command_is_there() -> None:
    assert set(facts()) - set(parsers()) == set()


@pytest.mark.parametrize("command", sorted(parsers()))
def test_every_command_is_one_of_docker_compose_or_marked_as_ours(command: str) -> None:
    assert (command in facts()) is not is_ours(command, "*")


@pytest.mark.parametrize("command", SHARED)
def test_every_flag_of_docker_compose_is_there(command: str) -> None:
    assert set(flags_of(command)) - set(long_names(command)) - EVERYWHERE == set()


@pytest.mark.parametrize("command", SHARED)
def test_every_other_flag_is_marked_as_ours(command: str) -> None:
    extra = set(long_names(command)) - set(flags_of(command))

    assert {flag for flag in extra if not is_ours(command, flag)} == set()


@pytest.mark.parametrize(("command", "flag"), FLAGS)
def test_a_flag_has_the_letter_the_kind_and_the_default_of_docker_compose(
    command: str, flag: str
) -> None:
    fact, ours = flags_of(command)[flag], long_names(command)[flag]

    assert short_of(ours, flag) == fact.get("short", "")
    kind = {"list": "stringArray", "bytes": "string", "filter": "string"}
    if (command, flag) not in REPEATED:
        assert takes(ours) == kind.get(fact["type"], fact["type"])
    shown = (command, flag) in NOT_HIDDEN or not fact.get("hidden", False)
    assert is_hidden(ours, flag) is not shown
    default = fact.get("default", "")
    if not ours.default and (default == "0" or "env" in fact or (command, flag) in DECIDED_LATER):
        return
    assert as_fact(ours.default) == default


def test_the_table_says_what_the_parser_and_the_facts_say() -> None:
    text = PAGE.read_text()

    assert text == with_table(text), "python -m support.command_table, in tests/, writes it"


def test_the_table_has_a_row_for_each_command_and_each_of_its_flags() -> None:
    rows = [line.split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("|")]
    told = {(row[0].strip("|* `"), row[1].strip("`-")) for row in rows if len(row) == 9}

    for command in facts():
        assert (command or "before the command", "") in told
        assert {(command, flag) for flag in set(flags_of(command)) - EVERYWHERE} <= told
