"""What commands that join a process have in common: flags, terminals, and how it is left."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from composer.cli.detach_keys import DEFAULT, parse_keys
from composer.cli.session import Session
from composer.cli.terminal import is_terminal
from composer.errors import UsageError


def configured_keys(session: Session) -> str:
    """Return `detachKeys` of the Docker CLI's configuration, or what it has without."""
    from composer.engine.docker.docker_config import read_settings

    settings = read_settings(session.docker_directory)
    return str(settings.get("detachKeys") or DEFAULT)


def chosen_keys(session: Session, flag: str | None) -> tuple[str, bytes]:
    """Return the keys that leave a process, as they are written and as they are typed.

    Those of the configuration that mean nothing are warned of, and the usual ones count.
    """
    if flag:
        return flag, parse_keys(flag)
    text = configured_keys(session)
    try:
        return text, parse_keys(text)
    except UsageError as error:
        session.console.say(f"warning: detachKeys of config.json: {error.message}")
        return DEFAULT, parse_keys(DEFAULT)


def wants_tty(*, tty: bool | None, no_tty: bool | None) -> bool:
    """Say whether a process gets a terminal: by default when the user has one."""
    if tty and no_tty:
        raise UsageError("--tty and --no-tty cannot be combined")
    if tty is False or no_tty:
        return False
    return is_terminal()


def forced_tty(*, interactive: bool, tty: bool | None, no_tty: bool | None) -> bool:
    """Say the same for a command whose --tty gives a terminal to a process in any case."""
    if not (tty or no_tty is False):
        return wants_tty(tty=tty, no_tty=no_tty)
    if no_tty:
        raise UsageError("--tty and --no-tty cannot be combined")
    if interactive and not (sys.stdin is not None and sys.stdin.isatty()):
        raise UsageError(
            "the input device is not a terminal", help="leave --tty out, or add --interactive=false"
        )
    return True


def variables(words: Iterable[str], session: Session) -> dict[str, str]:
    """Return what `KEY=VALUE` and `KEY` say; one without a value has that of the shell or .env."""
    found = {}
    for word in words:
        key, equals, value = word.partition("=")
        if equals:
            found[key] = value
        elif (known := session.variable(key)) is not None:
            found[key] = known
    return found


def left(session: Session) -> int:
    """Tell that a process was left, and return Docker Compose's exit code for it."""
    session.console.say("read escape sequence")
    return 1
