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

from composer.cli import flags, global_flags
from composer.cli.global_flags import GlobalOptions, Invocation
from composer.cli.parser import SUPPRESS, Namespace, Parser, Switch, columns
from composer.cli.session import Session
from composer.cli.spelling import COMPOSER
from composer.errors import ComposerError, Problem, UsageError, did_you_mean
from composer.record import replace

COMMANDS = {
    "alpha dry-run": "The old form of --dry-run",
    "alpha publish": "The old form of `publish`",
    "alpha scale": "The old form of `scale`",
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
    "publish": "Publish the project as an artifact in a registry",
    "pull": "Pull the images of services",
    "push": "Push the images of services that are built here",
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

GROUPS = {
    "alpha": "Old and early forms of commands",
    "bridge": "Turn the project into Kubernetes manifests and other formats",
    "bridge transformations": "List and begin the images that `bridge` converts with",
}
"""What stands before commands of several words.  A group without commands is none."""

ALIASES = {"bridge transformations ls": "bridge transformations list"}

HIDDEN = frozenset({"alpha", "convert"})
"""What `composer --help` does not show."""

ABOUT = "Compose files on the local Docker Engine"


class Command(Protocol):
    """What a module of a command offers."""

    def configure(self, parser: Parser) -> None: ...

    def run(self, options: Namespace, session: Session) -> int: ...


def dispatch(
    argv: Sequence[str], session_type: type[Session] = Session, program: str = COMPOSER
) -> int:
    """Run the command line and return its exit code; errors are shown, not raised.

    `program` is how the user has spelled us.
    """
    invocation = None
    try:
        invocation = global_flags.read(argv, program)
        return _run(invocation, session_type)
    except ComposerError as error:
        return _report(error, invocation.options if invocation else GlobalOptions(program=program))


def help_text(program: str = COMPOSER) -> str:
    parser = global_flags.parser(program)
    parser.summary = ABOUT
    commands = _commands_below("")
    parser.footer = f"{commands}Run '{program} COMMAND --help' for more about a command."
    parser.operand("command", "COMMAND", "1")
    return parser.format_help()


def module_of(name: str) -> str:
    """Return the module of a command: that of `alpha scale` is composer.cli.alpha_scale."""
    return "composer.cli." + name.replace(" ", "_").replace("-", "_")


def is_group(name: str) -> bool:
    return any(command.startswith(f"{name} ") for command in COMMANDS)


def _commands_below(group: str) -> str:
    """Return the tables of a help text: groups and commands in `group`, "" for all there are."""
    before = f"{group} " if group else ""
    groups: dict[str, str] = {}
    commands: dict[str, str] = {}
    for name, summary in COMMANDS.items():
        word, _, deeper = name.removeprefix(before).partition(" ")
        if not name.startswith(before) or before + word in HIDDEN:
            continue
        (groups if deeper else commands)[word] = GROUPS[before + word] if deeper else summary
    text = ""
    for title, rows in (("Groups of commands", groups), ("Commands", commands)):
        if rows:
            lines = columns([(f"  {word}", summary) for word, summary in rows.items()], 100)
            text += f"{title}:\n" + "\n".join(lines) + "\n\n"
    return text


def _run(invocation: Invocation, session_type: type[Session]) -> int:
    program = invocation.options.program
    if invocation.version:
        invocation = Invocation(invocation.options, "version", invocation.words)
    name = invocation.words[0] if invocation.words else "-"
    if invocation.command == "help" and not name.startswith("-"):
        invocation = Invocation(invocation.options, name, (*invocation.words[1:], "--help"))
    if invocation.help or invocation.command in (None, "help"):
        sys.stdout.write(help_text(program))
        return 0
    assert invocation.command is not None
    return run_command((invocation.command, *invocation.words), invocation.options, session_type)


def run_command(
    words: Sequence[str], options: GlobalOptions, session_type: type[Session] = Session
) -> int:
    """Run the command that begins `words`; `options` are what stood before it.  Raises."""
    name, rest, options = _in_groups(words[0], words[1:], options)
    if is_group(name):
        sys.stdout.write(_group(name, "1", options.program).format_help())
        return 0
    command = _find(name, options.program)
    hint = _elsewhere(name, options.program)
    parser = Parser(f"{options.program} {name}", COMMANDS[name], elsewhere=hint)
    command.configure(parser)
    if "--dry-run" not in parser.names:
        parser.add_argument("--dry-run", action=Switch, help=SUPPRESS)
    given = parser.parse(rest)
    if given.help:
        sys.stdout.write(parser.format_help())
        return 0
    global_flags.styles(options.ansi, options.progress)
    session = session_type(_with_dry_run(options, given), os.environ, _directory())
    outdated = (*options.outdated, *parser.outdated)
    session.warn(Problem(text, severity="warning") for text in outdated)
    try:
        return command.run(given, session)
    finally:
        session.close()


def _in_groups(
    name: str, words: Sequence[str], options: GlobalOptions
) -> tuple[str, Sequence[str], GlobalOptions]:
    """Go from a group to the command in it; a group alone, or with --help, stays what it is."""
    while is_group(name):
        given = _group(name, "*", options.program).parse(words)
        options = _with_dry_run(options, given)
        if given.help or not given.words:
            break
        name, words = f"{name} {given.words[0]}", given.words[1:]
        name = ALIASES.get(name, name)
    return name, words, options


def _group(name: str, count: str, program: str) -> Parser:
    """Return the parser of what stands between a group and its command."""
    hint = _elsewhere(name, program)
    parser = Parser(f"{program} {name}", GROUPS[name], interspersed=False, elsewhere=hint)
    parser.operand("words", "COMMAND", count)
    flags.dry_run(parser)
    parser.footer = f"{_commands_below(name)}Run '{program} {name} COMMAND --help' for more."
    return parser


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
" attach bridge commit cp events export images ls port run stats top
volumes wait watch
"""
"""Commands of Docker Compose that composer does not have yet."""


def _find(name: str, program: str) -> Command:
    if name in _NOT_YET.split():
        raise UsageError(
            f"composer has no {name!r} yet", help="composer --help lists what there is"
        )
    if name not in COMMANDS:
        message = f"unknown command: {name!r}"
        if program != COMPOSER:  # as Docker Compose says it, in both of its spellings
            sys.stdout.write(help_text(program))
            message = f'unknown docker command: "compose {name}"'
        raise UsageError(message, help=did_you_mean(name, COMMANDS) or "see composer --help")
    module: object = __import__(module_of(name), fromlist=["run"])
    return module  # type: ignore[return-value]


def _elsewhere(command: str, program: str) -> Callable[[str], str | None]:
    """Return what hints at global flags, for those who write them behind the command."""

    def hint(name: str) -> str | None:
        if name in ("-h", "--help") or name not in global_flags.parser().names:
            return None
        return f"a global flag stands before the command: {program} {name} … {command}"

    return hint


def _with_dry_run(options: GlobalOptions, given: Namespace) -> GlobalOptions:
    return replace(options, dry_run=options.dry_run or getattr(given, "dry_run", False))


def _report(error: ComposerError, options: GlobalOptions) -> int:
    from composer.cli.failure import report

    return report(error, options, os.environ)
