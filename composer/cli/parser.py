"""A parser of flags that reads a command line as Docker Compose does.

A value may begin with a dash, `--flag=false` switches a flag off, names are
never abbreviated, and operands are told from flags here.  argparse knows none
of this, and takes a tenth of the time of a short command to import.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace as Namespace
from typing import Any, Final, NoReturn

from composer.errors import UsageError, nearest
from composer.record import dataclass, field

__all__ = ["SUPPRESS", "Flag", "Namespace", "Operand", "Parser", "Switch", "boolean", "columns"]

SUPPRESS: Final = "==SUPPRESS=="
"""The help of a flag that is not shown."""

_UNSAID: Final = object()
_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})


def boolean(text: str) -> bool:
    """Return the truth that `text` spells, as Go's ParseBool; ValueError for anything else."""
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError("neither true nor false")


@dataclass(frozen=True, slots=True)
class Flag:
    """What begins with a dash.  `read` makes a value of its text; ValueError if it cannot.

    `old` is what to say to whoever still uses it.
    """

    names: tuple[str, ...]
    dest: str
    default: Any
    read: Callable[[str], Any]
    repeats: bool
    metavar: str
    help: str
    old: str = ""

    @property
    def is_switch(self) -> bool:
        return self.read is boolean

    @property
    def name(self) -> str:
        """The long name, if there is one."""
        return next((name for name in self.names if name.startswith("--")), self.names[0])


class Switch:
    """The action of a flag that is on when it is named, and may be given as `--flag=false`."""


@dataclass(frozen=True, slots=True)
class Operand:
    """A word that is not a flag.  `count` is "1", "?", "*" or "+"."""

    dest: str
    count: str
    metavar: str


@dataclass(slots=True)
class _Words:
    """A command line, taken apart: flags with their values, and the other words."""

    flags: list[tuple[Flag, str]] = field(default_factory=list)
    operands: list[str] = field(default_factory=list)


class Parser:
    """The flags and operands of one command.

    With `interspersed` flags and operands may be mixed freely; without, the
    first operand ends the flags and everything behind it is an operand.
    `elsewhere` says of a flag that stands in another place where that is.
    """

    def __init__(
        self,
        prog: str,
        summary: str = "",
        *,
        interspersed: bool = True,
        elsewhere: Callable[[str], str | None] = lambda name: None,
    ) -> None:
        self.prog = prog
        self.flags: list[Flag] = []
        self.operands: list[Operand] = []
        self.summary = summary
        self.interspersed = interspersed
        self.elsewhere = elsewhere
        self.footer = ""
        self.outdated: tuple[str, ...] = ()
        self._by_name: dict[str, Flag] = {}
        self.add_argument("-h", "--help", action=Switch, help=SUPPRESS)

    def add_argument(
        self,
        *names: str,
        action: type[Switch] | str | None = None,
        type: Callable[[str], Any] = str,
        default: Any = _UNSAID,
        dest: str = "",
        metavar: str = "",
        help: str = "",
        old: str = "",
    ) -> None:
        """Take a flag.  The action is Switch, or "append" for one that may be repeated.

        After parsing, `outdated` holds what is `old` of the flags that were given.
        """
        switch = action is Switch
        if default is _UNSAID:
            default = False if switch else None
        long = next((name for name in names if name.startswith("--")), names[0])
        dest = dest or long.lstrip("-").replace("-", "_")
        flag = Flag(
            *(names, dest, default, boolean if switch else type, action == "append"),
            *(metavar or dest.upper(), help, old),
        )
        self.flags.append(flag)
        self._by_name.update(dict.fromkeys(names, flag))

    @property
    def names(self) -> frozenset[str]:
        """Every name of a flag, long and short."""
        return frozenset(self._by_name)

    def find(self, name: str) -> Flag | None:
        """Return the flag of that name, with its dashes."""
        return self._by_name.get(name)

    def operand(self, dest: str, metavar: str, count: str = "1") -> None:
        """Take a word that is not a flag: one, perhaps one ("?"), all the rest ("*", "+")."""
        self.operands.append(Operand(dest, count, metavar))

    def parse(self, argv: Sequence[str]) -> Namespace:
        """Return the flags and operands; raises UsageError.  With --help nothing is missing."""
        words = self._take_apart(argv)
        given = {flag.dest: flag.default for flag in reversed(self.flags)}
        for flag, text in words.flags:
            value = self._read(flag, text)
            given[flag.dest] = [*given[flag.dest], value] if flag.repeats else value
        self.outdated = tuple(dict.fromkeys(flag.old for flag, _ in words.flags if flag.old))
        namespace = Namespace(**given)
        self._fill_operands(namespace, words.operands)
        return namespace

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, help=f"see {self.prog} --help")

    def format_help(self) -> str:
        parts = [f"Usage:  {self.usage_line()}"]
        if self.summary:
            parts.append(self.summary)
        if rows := list(self._help_rows()):
            parts.append("Options:\n" + "\n".join(columns(rows)))
        if self.footer:
            parts.append(self.footer)
        return "\n\n".join(parts) + "\n"

    def usage_line(self) -> str:
        marks = {"1": "{}", "?": "[{}]", "*": "[{}...]", "+": "{}..."}
        operands = [marks[operand.count].format(operand.metavar) for operand in self.operands]
        return " ".join([self.prog, "[OPTIONS]", *operands])

    def _help_rows(self) -> Iterator[tuple[str, str]]:
        for flag in self.flags:
            if flag.help == SUPPRESS:
                continue
            short = [name for name in flag.names if not name.startswith("--")]
            value = "" if flag.is_switch else f" {flag.metavar}"
            lead = f"{short[0]}, " if short else "    "
            yield f"  {lead}{flag.name}{value}", flag.help

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

    def _long(self, word: str, rest: list[str]) -> tuple[Flag, str]:
        name, equals, value = word.partition("=")
        flag = self._find(name)
        return flag, value if equals else _value(flag, name, rest)

    def _short(self, word: str, rest: list[str]) -> Iterator[tuple[Flag, str]]:
        """Yield the flags of `word`: -dV are two, -t5, -t=5 and -t 5 are one."""
        for at, letter in enumerate(word[1:], start=1):
            name, tail = f"-{letter}", word[at + 1 :]
            flag = self._find(name, word)
            if flag.is_switch and not tail.startswith("="):
                yield flag, "true"
                continue
            yield (
                flag,
                tail.removeprefix("=") if tail else _value(flag, f"{letter!r} in {word}", rest),
            )
            return

    def _find(self, name: str, word: str = "") -> Flag:
        """Return the flag of that name, a long one or a letter of `word`."""
        if flag := self._by_name.get(name):
            return flag
        unknown = f"unknown flag: {name}"
        if word:
            unknown = f"unknown shorthand flag: {name[1:]!r} in {word}"
        if place := self.elsewhere(name):
            raise UsageError(unknown, help=place)
        shown = [
            word.removeprefix("--")
            for flag in self.flags
            if flag.help != SUPPRESS
            for word in flag.names
            if word.startswith("--")
        ]
        # Without the dashes, which would make any two short names alike.
        near = nearest(name.removeprefix("--"), shown) if name.startswith("--") else None
        hint = f"did you mean '--{near}'?" if near else f"see {self.prog} --help"
        raise UsageError(unknown, help=hint)

    def _read(self, flag: Flag, text: str) -> Any:
        try:
            return flag.read(text)
        except ValueError as error:
            names = ", ".join(sorted(flag.names, key=len))
            self.error(f'invalid argument "{text}" for "{names}" flag: {error}')

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
                raise UsageError(f"{operand.metavar} is missing", help=self.usage_line())
        if words and not namespace.help:
            self.error(f"unexpected argument {words[0]!r}")


def columns(rows: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Yield lines of two columns, the second one wrapped so that it ends within the screen."""
    import textwrap

    from composer.cli.pager import screen_size

    width = min(screen_size()[0], 110)
    left = min(max(len(first) for first, _ in rows), 34) + 3
    for first, second in rows:
        wrapped = textwrap.wrap(second, max(width - left, 30)) or [""]
        if len(first) + 2 > left:
            yield first
        else:
            yield f"{first:<{left}}{wrapped.pop(0)}".rstrip()
        yield from (" " * left + line for line in wrapped)


def _value(flag: Flag, name: str, rest: list[str]) -> str:
    if flag.is_switch:
        return "true"
    if not rest:
        said = f"{flag.name} {flag.metavar}: {flag.help}" if flag.help != SUPPRESS else None
        raise UsageError(f"flag needs an argument: {name}", help=said)
    return rest.pop(0)
