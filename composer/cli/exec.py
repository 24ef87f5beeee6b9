"""Run a command in a running container"""

from __future__ import annotations

from composer.cli import flags
from composer.cli.interactive import chosen_keys, left, variables, wants_tty
from composer.cli.parser import SUPPRESS, Namespace, Parser, Switch
from composer.cli.session import Session
from composer.cli.terminal import Joint, join, window_of


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
    from composer.model.command import Command
    from composer.model.options import ExecOptions

    text, keys = chosen_keys(session, None)
    environment = variables(options.env, session)
    tty = wants_tty(tty=options.tty, no_tty=options.no_tty)
    command = Command(
        options.command,
        environment=tuple(f"{key}={value}" for key, value in environment.items()),
        interactive=options.interactive and not options.detach,
        privileged=options.privileged,
        tty=tty,
        user=options.user,
        workdir=options.workdir,
        detach_keys=text,
        window=window_of(tty=tty),
    )
    name = session.identify([options.service])
    request = ExecOptions(service=options.service, command=command, index=options.index or None)
    if options.detach:
        exec_detached(name, session.engine, request)
        return 0
    dialogue = exec(name, session.engine, request)
    try:
        joint = Joint(interactive=command.interactive, tty=command.tty, detach_keys=keys)
        code = join(dialogue, session.console, joint)
    finally:
        dialogue.close()
    return left(session) if code is None else code
