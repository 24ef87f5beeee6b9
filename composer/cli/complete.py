"""What may stand at the cursor: the answer to `__complete`, as shells ask it of Go's programs.

The last word is the one at the cursor, perhaps empty.  The answer has a line for each word
that may stand there, with what it means behind a tab, and at the end what the shell is to do
with them, as `:4`.  Nothing else is ever printed: if anything goes wrong, nothing is offered.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from typing import TYPE_CHECKING

from composer.cli import global_flags, main
from composer.cli.candidates import NOTHING, THESE_FILES, Answer, Request, of_flag, of_operand
from composer.cli.global_flags import GlobalOptions
from composer.cli.parser import SUPPRESS, Flag, Parser
from composer.errors import UsageError
from composer.record import dataclass, field

if TYPE_CHECKING:
    from types import FrameType

    from composer.cli.session import Session

_SECONDS = 3
"""After which nothing is offered: nobody waits longer for the tab key."""


class _Late(BaseException):
    """Nobody waits any longer.  No Exception: whoever asks an engine would ask it again."""


@dataclass(slots=True)
class _Walk:
    """How far words lead through a parser: the value of `pending` comes next."""

    flags: list[tuple[Flag, str]] = field(default_factory=list)
    operands: list[str] = field(default_factory=list)
    pending: Flag | None = None
    ended: bool = False


def respond(request: str, words: Sequence[str], session_type: type[Session]) -> int:
    """Print what may stand at the cursor, and return the exit code."""
    try:
        with _in_time(), open(os.devnull, "w") as nowhere, redirect_stderr(nowhere):
            found = answer(words, session_type)
    except (Exception, _Late):  # half a command line, and files as they are while they are written
        found = NOTHING
    described = request == main.COMPLETIONS[0]
    lines = [f"{word}\t{text}" if described and text else word for word, text in found.words]
    sys.stdout.write("".join(f"{line}\n" for line in [*lines, f":{found.directive}"]))
    return 0


def answer(words: Sequence[str], session_type: type[Session]) -> Answer:
    """Return what may stand in place of the last word."""
    *before, current = words or ("",)
    parser, command = global_flags.parser(), ""
    parser.operand("words", "COMMAND", "*")
    walk = _walk(parser, before)
    options = _options(walk)
    while walk.operands and (not command or main.is_group(command)) and walk.pending is None:
        command = f"{command} {walk.operands[0]}".strip()
        command = main.ALIASES.get(command, command)
        if not main.is_group(command) and command not in main.COMMANDS:
            return NOTHING
        parser = main.parser_of(command)
        walk = _walk(parser, walk.operands[1:])
    session = session_type(options, os.environ, os.getcwd())
    request = Request(command, current, tuple(walk.operands), session)
    try:
        return _matching(_at(parser, walk, request), _typed(walk, current))
    finally:
        session.close()


def _at(parser: Parser, walk: _Walk, request: Request) -> Answer:
    """Return all that may stand behind what was walked."""
    current = request.current
    if walk.pending is not None:
        return of_flag(walk.pending, request)
    if not walk.ended and current.startswith("-"):
        name, equals, value = current.partition("=")
        if equals:
            flag = parser.find(name)
            return of_flag(flag, request.with_current(value)) if flag else NOTHING
        return Answer(tuple(_flags(parser, walk, current)))
    if not request.command or main.is_group(request.command):
        return Answer(tuple(main.commands_below(request.command).items()))
    return of_operand(parser.operands, request)


def _typed(walk: _Walk, current: str) -> str:
    """Return the part of the last word that is completed: of `--flag=x` it is the `x`."""
    if walk.pending is None and not walk.ended and current.startswith("-"):
        name, equals, value = current.partition("=")
        return value if equals else name
    return current


def _matching(found: Answer, typed: str) -> Answer:
    if found.directive & THESE_FILES:
        return found
    words = tuple((word, text) for word, text in found.words if word.startswith(typed))
    return Answer(words, found.directive)


def _flags(parser: Parser, walk: _Walk, current: str) -> Iterator[tuple[str, str]]:
    """Yield the flags that may still be given; letters only while there is but a dash."""
    given = {flag.dest for flag, _ in walk.flags if not flag.repeats}
    for flag in sorted(parser.flags, key=lambda flag: flag.name):
        if (flag.help == SUPPRESS and flag.name != "--help") or flag.dest in given:
            continue
        text = flag.help if flag.help != SUPPRESS else "Show what there is to say"
        yield flag.name, text
        if current == "-":
            yield from ((name, text) for name in flag.names if not name.startswith("--"))


def _walk(parser: Parser, words: Sequence[str]) -> _Walk:
    """Go through words that may be wrong, or not finished."""
    walk, rest = _Walk(), list(words)
    while rest and walk.pending is None:
        word = rest.pop(0)
        if word == "--" or not (word.startswith("-") and word != "-"):
            walk.ended = word == "--" or not parser.interspersed
            walk.operands += rest if word == "--" else [word, *(rest if walk.ended else [])]
            if walk.ended:
                break
            continue
        flag, value = _flag(parser, word)
        if flag is None:
            continue
        if value is None and rest:
            value = rest.pop(0)
        if value is None:
            walk.pending = flag
        else:
            walk.flags.append((flag, value))
    return walk


def _flag(parser: Parser, word: str) -> tuple[Flag | None, str | None]:
    """Return the last flag of a word, and its value if that is in the word."""
    name, equals, value = word.partition("=")
    if word.startswith("--"):
        flag = parser.find(name)
        return flag, value if equals else "true" if flag and flag.is_switch else None
    flag = None
    for at, letter in enumerate(word[1:], start=2):
        flag = parser.find(f"-{letter}")
        if flag is not None and not flag.is_switch:
            return flag, word[at:].removeprefix("=") or None
    return flag, "true"


def _options(walk: _Walk) -> GlobalOptions:
    words = [f"{flag.name}={value}" for flag, value in walk.flags if flag.name != "--help"]
    try:
        return global_flags.read(words).options
    except UsageError:
        return GlobalOptions()


@contextmanager
def _in_time() -> Iterator[None]:
    """Raise _Late after a while, wherever the program is then."""
    import signal

    def late(number: int, frame: FrameType | None) -> None:
        raise _Late

    signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, _SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
