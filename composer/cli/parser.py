"""A parser of flags that reads a command line as Docker Compose does.

argparse converts and stores the flags; what it reads otherwise is settled
before it sees a word: a value may begin with a dash, `--flag=false` switches a
flag off, names are never abbreviated, and operands are told from flags here.
"""

from __future__ import annotations

import shutil
import textwrap
from argparse import SUPPRESS, Action, ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from composer.errors import UsageError, did_you_mean
from composer.record import dataclass, field

_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})


def boolean(text: str) -> bool:
    """Return the truth that `text` spells, as Go's ParseBool; ValueError for anything else."""
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError(f"{text!r} is neither true nor false")


class Switch(Action):
    """A flag that is on when it is named, and may be given as `--flag=false`."""

    def __init__(self, option_strings: Sequence[str], dest: str, **settings: Any) -> None:
        settings.setdefault("default", False)
        super().__init__(option_strings, dest, type=boolean, metavar="BOOL", **settings)

    def __call__(
        self, parser: ArgumentParser, namespace: Namespace, values: Any, option: str | None = None
    ) -> None:
        setattr(namespace, self.dest, values)


@dataclass(frozen=True, slots=True)
class Operand:
    """A word that is not a flag.  `count` is "1", "?", "*" or "+"."""

    dest: str
    count: str
    metavar: str


@dataclass(slots=True)
class _Words:
    """A command line, taken apart: flags as `--name=value`, the other words, and what is left."""

    flags: list[str] = field(default_factory=list)
    operands: list[str] = field(default_factory=list)


class Parser(ArgumentParser):
    """The flags and operands of one command.

    With `interspersed` flags and operands may be mixed freely; without, the
    first operand ends the flags and everything behind it is an operand.
    `elsewhere` names flags that stand in another place, and says where.
    """

    def __init__(
        self,
        prog: str,
        summary: str = "",
        *,
        interspersed: bool = True,
        elsewhere: dict[str, str] | None = None,
    ) -> None:
        self.operands: list[Operand] = []
        self.summary = summary
        self.interspersed = interspersed
        self.elsewhere = elsewhere or {}
        self.footer = ""
        super().__init__(prog=prog, add_help=False, allow_abbrev=False)
        self.add_argument("-h", "--help", action=Switch, help=SUPPRESS)

    def operand(self, dest: str, metavar: str, count: str = "1") -> None:
        """Take a word that is not a flag: one, perhaps one ("?"), all the rest ("*", "+")."""
        self.operands.append(Operand(dest, count, metavar))

    def parse(self, argv: Sequence[str]) -> Namespace:
        """Return the flags and operands; raises UsageError.  With --help nothing is missing."""
        words = self._take_apart(argv)
        namespace = self.parse_args(words.flags)
        self._fill_operands(namespace, words.operands)
        return namespace

    def error(self, message: str) -> NoReturn:
        text = message.removeprefix("argument ")
        raise UsageError(text, help=f"see {self.prog} --help")

    def format_help(self) -> str:
        width = min(shutil.get_terminal_size((100, 24)).columns, 110)
        parts = [f"Usage:  {self.usage_line()}"]
        if self.summary:
            parts.append(self.summary)
        if rows := list(self._help_rows()):
            parts.append("Options:\n" + "\n".join(columns(rows, width)))
        if self.footer:
            parts.append(self.footer)
        return "\n\n".join(parts) + "\n"

    def usage_line(self) -> str:
        marks = {"1": "{}", "?": "[{}]", "*": "[{}...]", "+": "{}..."}
        operands = [marks[operand.count].format(operand.metavar) for operand in self.operands]
        return " ".join([self.prog, "[OPTIONS]", *operands])

    def _help_rows(self) -> Iterator[tuple[str, str]]:
        for action in self._actions:
            if action.help == SUPPRESS:
                continue
            short = [name for name in action.option_strings if not name.startswith("--")]
            long = [name for name in action.option_strings if name.startswith("--")]
            value = "" if isinstance(action, Switch) else f" {_metavar(action)}"
            lead = f"{short[0]}, " if short else "    "
            yield f"  {lead}{long[0]}{value}", _described(action)

    def _take_apart(self, argv: Sequence[str]) -> _Words:
        words = _Words()
        rest = list(argv)
        while rest:
            word = rest.pop(0)
            if word == "--":
                words.operands += rest
                break
            if word.startswith("--"):
                words.flags.append(self._long(word, rest))
            elif word.startswith("-") and word != "-":
                words.flags += self._short(word, rest)
            elif self.interspersed:
                words.operands.append(word)
            else:
                words.operands += [word, *rest]
                break
        return words

    def _long(self, word: str, rest: list[str]) -> str:
        name, equals, value = word.partition("=")
        action = self._find(name)
        return f"{_canonical(action)}={value if equals else _value(action, name, rest)}"

    def _short(self, word: str, rest: list[str]) -> Iterator[str]:
        """Yield the flags of `word`: -dV are two, -t5, -t=5 and -t 5 are one."""
        for at, letter in enumerate(word[1:], start=1):
            name, tail = f"-{letter}", word[at + 1 :]
            action = self._find(name)
            if isinstance(action, Switch) and not tail.startswith("="):
                yield f"{_canonical(action)}=true"
                continue
            value = tail.removeprefix("=") if tail else _value(action, name, rest)
            yield f"{_canonical(action)}={value}"
            return

    def _find(self, name: str) -> Action:
        if action := self._option_string_actions.get(name):
            return action
        if place := self.elsewhere.get(name):
            raise UsageError(f"unknown flag: {name}", help=place)
        shown = [
            word
            for action in self._actions
            if action.help != SUPPRESS
            for word in action.option_strings
            if word.startswith("--")
        ]
        hint = did_you_mean(name, shown) if name.startswith("--") else None
        raise UsageError(f"unknown flag: {name}", help=hint or f"see {self.prog} --help")

    def _fill_operands(self, namespace: Namespace, words: list[str]) -> None:
        for operand in self.operands:
            if operand.count == "*" or (operand.count == "+" and (words or namespace.help)):
                setattr(namespace, operand.dest, tuple(words))
                words = []
            elif words:
                setattr(namespace, operand.dest, words[0])
                words = words[1:]
            elif operand.count == "?" or namespace.help:
                setattr(namespace, operand.dest, None)
            else:
                self.error(f"{operand.metavar} is missing")
        if words and not namespace.help:
            self.error(f"unexpected argument {words[0]!r}")


def columns(rows: Sequence[tuple[str, str]], width: int) -> Iterator[str]:
    """Yield lines of two columns, the second one wrapped so that it ends at `width`."""
    left = min(max(len(first) for first, _ in rows), 34) + 3
    for first, second in rows:
        wrapped = textwrap.wrap(second, max(width - left, 30)) or [""]
        if len(first) + 2 > left:
            yield first
        else:
            yield f"{first:<{left}}{wrapped.pop(0)}".rstrip()
        yield from (" " * left + line for line in wrapped)


def _canonical(action: Action) -> str:
    long = [name for name in action.option_strings if name.startswith("--")]
    return (long or list(action.option_strings))[0]


def _value(action: Action, name: str, rest: list[str]) -> str:
    if isinstance(action, Switch):
        return "true"
    if not rest:
        raise UsageError(f"flag needs a value: {name}")
    return rest.pop(0)


def _metavar(action: Action) -> str:
    return str(action.metavar or action.dest.upper())


def _described(action: Action) -> str:
    text = action.help or ""
    if action.choices:
        text += f" ({', '.join(str(choice) for choice in action.choices)})"
    return text
