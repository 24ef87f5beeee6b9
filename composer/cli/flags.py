"""Flags that several commands share, and how their words become values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from composer.cli.parser import Parser, Switch
from composer.errors import UsageError, did_you_mean


def services(parser: Parser) -> None:
    parser.operand("services", "SERVICE", "*")


def dry_run(parser: Parser) -> None:
    """Take --dry-run behind the command too; it is the only global flag that may stand there."""
    parser.add_argument("--dry-run", action=Switch, help="Show what would be done, and do nothing")


def timeout(parser: Parser) -> None:
    parser.add_argument(
        "-t",
        "--timeout",
        type=number("--timeout"),
        metavar="SECONDS",
        help="How long a container may take to stop",
    )


def switches(parser: Parser, table: Mapping[str, str]) -> None:
    """Add a switch for each name, "--no-color" or "-d --detach", with its help."""
    for names, help_text in table.items():
        parser.add_argument(*names.split(), action=Switch, help=help_text)


def refuse_together(given: Mapping[str, bool], *pairs: tuple[str, str]) -> None:
    """Raise UsageError for the first pair of flags of which both were given."""
    for first, second in pairs:
        if given[first] and given[second]:
            raise UsageError(f"{first} and {second} cannot be combined")


def number(name: str) -> Callable[[str], int]:
    """Return the reader of a whole number for the flag `name`, which the parser names."""

    def read(text: str) -> int:
        try:
            return int(text)
        except ValueError:
            raise ValueError("not a whole number") from None

    return read


def assignments(words: Iterable[str], flag: str) -> Mapping[str, str]:
    """Return what `KEY=VALUE` words say; the last one wins."""
    found = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise UsageError(f"{flag} takes KEY=VALUE, not {word!r}")
        found[key] = value
    return found


def scales(words: Iterable[str], flag: str = "--scale") -> Mapping[str, int]:
    """Return what `SERVICE=N` words say."""
    found = {}
    for service, count in assignments(words, flag).items():
        if not count.isdecimal():
            raise UsageError(f"{flag} {service}={count}: {count!r} is not a number of replicas")
        found[service] = int(count)
    return found


def known_services(asked: Iterable[str], known: Iterable[str]) -> None:
    """Raise UsageError for the first service asked for that does not exist."""
    names = tuple(known)
    for service in asked:
        if service not in names:
            hint = did_you_mean(service, names)
            if service.endswith((".yaml", ".yml")):
                hint = f"a file stands before the command: composer -f {service} …"
            raise UsageError(f"no such service: {service}", help=hint)


def seconds(value: int | None) -> float | None:
    return None if value is None else float(value)
