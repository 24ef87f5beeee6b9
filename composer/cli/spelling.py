"""The three ways in: `composer …`, `docker compose …` and `docker-compose …`.

The docker program calls its plugin with its own flags in front, and with the name
of the plugin among them: `docker-compose --context far compose up`.  What is passed
on from here is the same for all spellings: flags, a command, and its words.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from composer.record import dataclass

if TYPE_CHECKING:
    from composer.errors import Problem

COMPOSER = "composer"
PLUGIN = "docker compose"
STANDALONE = "docker-compose"

_NAME = "compose"
_BEFORE = ("help", "__complete", "__completeNoDesc")
"""What the docker program puts before the name of a plugin."""

_TAKE_A_VALUE = frozenset(
    {
        *("-H", "--host", "-c", "--context", "--config", "-l", "--log-level"),
        *("--tlscacert", "--tlscert", "--tlskey"),
    }
)
_SWITCHES = frozenset({"-D", "--debug", "--tls", "--tlsverify", "-v", "--version", "-h", "--help"})
"""The flags of the docker program: no other may stand before the name of a plugin."""


@dataclass(frozen=True, slots=True)
class Call:
    """`program` is how the user calls us; `words` are flags, the command and what follows it."""

    program: str
    words: tuple[str, ...]


def read(path: str, argv: Sequence[str]) -> Call:
    """Return how the program at `path` was called with `argv`.

    What its plugin is told by docker in DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND is not asked for:
    it would be passed on to whatever a plugin starts, and the word `compose` tells the same.
    """
    words = tuple(argv)
    if os.path.basename(path) != STANDALONE:
        return Call(COMPOSER, words)
    at = _place_of_the_name(words)
    if at is None:
        return Call(STANDALONE, words)
    return Call(PLUGIN, words[:at] + words[at + 1 :])


def respelled(problem: Problem, program: str) -> Problem:
    """Return a problem whose help, which may name our commands, has the user's spelling."""
    if program == COMPOSER or COMPOSER not in (problem.help or ""):
        return problem
    import re

    from composer.record import replace

    command = rf"\b{COMPOSER}(?= (?:-|[a-z]+\b|COMMAND\b|…))"
    return replace(problem, help=re.sub(command, program, problem.help or ""))


def _place_of_the_name(words: Sequence[str]) -> int | None:
    """Return where `compose` stands before any command, None if it does not."""
    at = 0
    while at < len(words):
        word = words[at]
        name, equals, _ = word.partition("=")
        if word == _NAME:
            return at
        if name in _TAKE_A_VALUE:
            at += not equals
        elif name not in _SWITCHES and word not in _BEFORE and word[:2] not in _TAKE_A_VALUE:
            return None
        at += 1
    return None
