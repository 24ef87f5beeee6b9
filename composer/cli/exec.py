"""Run a command in a running container"""

from __future__ import annotations

import sys

from composer.cli import flags
from composer.cli.parser import SUPPRESS, Namespace, Parser, Switch
from composer.cli.session import Session
from composer.errors import UsageError


def configure(parser: Parser) -> None:
    parser.interspersed = False
    parser.operand("service", "SERVICE")
    parser.operand("command", "COMMAND", "+")
    add = parser.add_argument
    add("-d", "--detach", action=Switch, help="Start the command and return")
    add("-e", "--env", action="append", default=[], metavar="KEY=VALUE",
        help="Set a variable; KEY alone takes the shell's value; repeatable")  # fmt: skip
    add("--index", type=flags.number("--index"), metavar="N",
        help="The replica (default: the lowest that runs)")  # fmt: skip
    add("-T", "--no-tty", "--no-TTY", action=Switch, help="No terminal for the command")
    add("--privileged", action=Switch, help="Give the command extended privileges")
    add("-u", "--user", metavar="USER", help="The user that runs the command")
    add("-w", "--workdir", metavar="DIR", help="The directory that the command starts in")
    add("-i", "--interactive", action=Switch, default=True, help=SUPPRESS)
    add("-t", "--tty", action=Switch, default=None, help=SUPPRESS)
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.actions.exec import exec, exec_detached
    from composer.cli.terminal import join
    from composer.model.command import Command
    from composer.model.options import ExecOptions

    name = session.identify([options.service])
    command = Command(
        options.command,
        environment=_environment(options.env, session),
        interactive=options.interactive and not options.detach,
        privileged=options.privileged,
        tty=_wants_tty(options),
        user=options.user,
        workdir=options.workdir,
    )
    request = ExecOptions(service=options.service, command=command, index=options.index or None)
    if options.detach:
        exec_detached(name, session.engine, request)
        return 0
    running = exec(name, session.engine, request)
    try:
        return join(running, session.console, interactive=command.interactive, tty=command.tty)
    finally:
        running.close()


def _wants_tty(options: Namespace) -> bool:
    """Say whether the command gets a terminal: by default when the user has one."""
    if options.tty and options.no_tty:
        raise UsageError("--tty and --no-tty cannot be combined")
    if options.tty is False:
        return False
    return not options.no_tty and sys.stdin.isatty() and sys.stdout.isatty()


def _environment(words: list[str], session: Session) -> tuple[str, ...]:
    found = []
    for word in words:
        if "=" in word:
            found.append(word)
        elif word in session.environment:
            found.append(f"{word}={session.environment[word]}")
    return tuple(found)
