"""The commands there are, and the way from a command line to one of them.

A command is a module of this package with a docstring, which is its summary, a
`configure(parser)` and a `run(options, session) -> int`.  It is imported when it
is asked for, so that `composer --help` stays fast.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Protocol

from composer.cli import global_flags
from composer.cli.global_flags import GlobalOptions, Invocation
from composer.cli.parser import Namespace, Parser, columns
from composer.cli.session import Session
from composer.errors import ComposerError, UsageError, did_you_mean
from composer.record import replace

COMMANDS = {
    "build": "Build the images of services",
    "check": "Find errors in the files, and what loads but will hurt",
    "config": "Check the files and print the project they make",
    "convert": "The old name of `config`",
    "create": "Create containers without starting them",
    "down": "Stop and remove containers and networks",
    "exec": "Run a command in a running container",
    "kill": "Send a signal to running containers",
    "logs": "Print the output of containers",
    "migrate": "Turn files of the format of 2014 into modern ones",
    "pause": "Freeze what runs in containers",
    "plan": "Show what `up` would do, and why",
    "ps": "List containers",
    "pull": "Pull the images of services",
    "restart": "Restart containers as they are, without what changed in the file",
    "rm": "Remove stopped containers",
    "scale": "Change how many containers services have",
    "start": "Start containers that exist",
    "stop": "Stop running containers, and keep them",
    "unpause": "Let frozen containers go on",
    "up": "Create and start containers",
    "version": "Show the version",
    "why": "Show what made a service be replaced last, or would now",
}

ABOUT = "Compose files on the local Docker Engine"


class Command(Protocol):
    """What a module of a command offers."""

    def configure(self, parser: Parser) -> None: ...

    def run(self, options: Namespace, session: Session) -> int: ...


def dispatch(argv: Sequence[str], session_type: type[Session] = Session) -> int:
    """Run the command line and return its exit code; errors are shown, not raised."""
    invocation = None
    try:
        invocation = global_flags.read(argv)
        return _run(invocation, session_type)
    except ComposerError as error:
        return _report(error, invocation)


def help_text() -> str:
    parser = global_flags.parser()
    parser.summary = ABOUT
    rows = [(f"  {name}", summary) for name, summary in COMMANDS.items()]
    commands = "\n".join(columns(rows, 100))
    parser.footer = (
        f"Commands:\n{commands}\n\nRun 'composer COMMAND --help' for more about a command."
    )
    parser.operand("command", "COMMAND", "1")
    return parser.format_help()


def _run(invocation: Invocation, session_type: type[Session]) -> int:
    if invocation.version:
        invocation = Invocation(invocation.options, "version", invocation.words)
    name = invocation.words[0] if invocation.words else "-"
    if invocation.command == "help" and not name.startswith("-"):
        invocation = Invocation(invocation.options, name, ("--help",))
    if invocation.help or invocation.command in (None, "help"):
        sys.stdout.write(help_text())
        return 0
    assert invocation.command is not None
    command = _find(invocation.command)
    parser = Parser(
        f"composer {invocation.command}",
        COMMANDS[invocation.command],
        elsewhere=_elsewhere(invocation.command),
    )
    command.configure(parser)
    options = parser.parse(invocation.words)
    if options.help:
        sys.stdout.write(parser.format_help())
        return 0
    global_flags.styles(invocation.options.ansi, invocation.options.progress)
    session = session_type(_with_dry_run(invocation.options, options), os.environ, _directory())
    try:
        return command.run(options, session)
    finally:
        session.close()


def _directory() -> str:
    """Return the working directory as the shell calls it, which may be through a link."""
    said = os.environ.get("PWD", "")
    try:
        if os.path.isabs(said) and os.path.samefile(said, "."):
            return said
    except OSError:
        pass
    try:
        return os.getcwd()
    except OSError as error:
        raise UsageError(
            f"the directory you are in cannot be told: {(error.strerror or '').lower()}",
            help="it may have been removed or made anew: cd into another one, or back into it",
        ) from None


_NOT_YET = """
" alpha attach bridge commit cp events export images ls port publish push run stats top
volumes wait watch
"""
"""Commands of Docker Compose that composer does not have yet."""


def _find(name: str) -> Command:
    if name in _NOT_YET.split():
        raise UsageError(
            f"composer has no {name!r} yet", help="composer --help lists what there is"
        )
    if name not in COMMANDS:
        raise UsageError(
            f"unknown command: {name!r}",
            help=did_you_mean(name, COMMANDS) or "see composer --help",
        )
    module: object = __import__(f"composer.cli.{name}", fromlist=["run"])
    return module  # type: ignore[return-value]


def _elsewhere(command: str) -> Callable[[str], str | None]:
    """Return what hints at global flags, for those who write them behind the command."""

    def hint(name: str) -> str | None:
        if name in ("-h", "--help") or name not in global_flags.parser().names:
            return None
        return f"a global flag stands before the command: composer {name} … {command}"

    return hint


def _with_dry_run(options: GlobalOptions, given: Namespace) -> GlobalOptions:
    return replace(options, dry_run=options.dry_run or getattr(given, "dry_run", False))


def _report(error: ComposerError, invocation: Invocation | None) -> int:
    from composer.cli.failure import report

    return report(error, invocation.options if invocation else GlobalOptions(), os.environ)
