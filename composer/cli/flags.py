"""Flags that several commands share, and how their words become values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from composer.cli.parser import Parser, Switch
from composer.errors import Problem, UsageError, service_meant

if TYPE_CHECKING:
    from composer.cli.session import Session
    from composer.model.observed import ObservedContainer


_PULL = ("policy", "always", "missing", "never", "build")


def services(parser: Parser) -> None:
    parser.operand("services", "SERVICE", "*")


def dry_run(parser: Parser) -> None:
    """Take --dry-run behind the command too; it is the only global flag that may stand there."""
    parser.add_argument("--dry-run", action=Switch, help="Show what would be done, and do nothing")


def format(parser: Parser, default: str = "") -> None:
    """Take --format of commands that the Docker CLI formats."""
    parser.add_argument("--format", default=default, metavar="FORMAT",
        help="table, json, or a template such as '{{.Name}}': composer help formats")  # fmt: skip


def listing(parser: Parser) -> None:
    """Take --format of commands that Docker Compose formats itself, to which templates are ours."""
    parser.add_argument("--format", default="table", metavar="FORMAT",
        help="table (default), json, or a template such as '{{.Name}}'")  # fmt: skip


def known_format(format: str) -> None:
    """Raise UsageError for what is neither table nor json nor a template."""
    if format.lower() in ("", "table", "pretty", "json") or "{{" in format:
        return
    raise UsageError(f"there is no format {format!r}", help="table, json or a template")


def filtered(key: str) -> Callable[[str], str]:
    """Return the reader of a filter that knows one key: `key=VALUE`."""

    def read(text: str) -> str:
        name, equals, value = text.partition("=")
        if not equals:
            raise ValueError("bad format of filter (expected name=value)")
        if name.strip().lower() != key:
            raise UsageError(f"invalid filter {name!r}", help=f"the only filter is {key}=…")
        return value.strip()

    return read


def say_missing(
    session: Session, services: Iterable[str], found: Iterable[ObservedContainer]
) -> None:
    """Warn of services that were asked for and have no container: Docker Compose says nothing."""
    there = {container.service for container in found}
    session.warn(
        Problem(f"service {service!r} has no container", severity="warning")
        for service in dict.fromkeys(services)
        if service not in there
    )


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


def assignments(words: Iterable[str], flag: str, form: str = "KEY=VALUE") -> Mapping[str, str]:
    """Return what `KEY=VALUE` words say; the last one wins."""
    found = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise UsageError(f"{flag} takes {form}, not {word!r}")
        found[key] = value
    return found


def pull_policy(parser: Parser) -> None:
    parser.add_argument("--pull", metavar="POLICY", default="policy",
        help=f"When to pull images: policy (that of the file), {', '.join(_PULL[1:])}")  # fmt: skip


def pull(given: str) -> str | None:
    """Return the policy that --pull names, None for those of the file."""
    known = "missing" if given == "if_not_present" else given
    if known not in _PULL:
        raise UsageError(f"--pull: {given!r} is no policy", help=f"one of {', '.join(_PULL)}")
    return None if known == "policy" else known


def scales(words: Iterable[str], flag: str = "--scale") -> Mapping[str, int]:
    """Return what `SERVICE=N` words say."""
    found = {}
    for service, count in assignments(words, flag, "SERVICE=N").items():
        if not count.isdecimal():
            raise UsageError(f"{flag} {service}={count}: {count!r} is not a number of replicas")
        found[service] = int(count)
    return found


def known_services(asked: Iterable[str], known: Iterable[str]) -> None:
    """Raise UsageError for the first service asked for that does not exist."""
    names = tuple(known)
    for service in asked:
        if service not in names:
            hint = service_meant(service, names)
            if service.endswith((".yaml", ".yml")):
                hint = f"a file stands before the command: composer -f {service} …"
            raise UsageError(f"no such service: {service}", help=hint)


def seconds(value: int | None) -> float | None:
    return None if value is None else float(value)


def moment(flag: str, text: str | None) -> str | None:
    """Return what is written after `--since`, as the engine takes it; None for nothing."""
    import time

    from composer.actions.moments import engine_time, parse_moment

    if not text:
        return None
    try:
        return engine_time(parse_moment(text, time.time_ns()))
    except ValueError:
        raise UsageError(
            f"{flag}: {text!r} is no moment", help="write 42m, or 2026-01-31T13:23:37Z"
        ) from None
