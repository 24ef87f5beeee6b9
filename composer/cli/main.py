"""The commands there are, and the way from a command line to one of them.

A command is a module of this package with a docstring, which is its summary, a
`configure(parser)` and a `run(options, session) -> int`.  It is imported when it
is asked for, so that `composer --help` stays fast.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Protocol

from composer.cli import flags, global_flags, misplaced
from composer.cli.global_flags import GlobalOptions, Invocation
from composer.cli.pager import show
from composer.cli.parser import SUPPRESS, Namespace, Parser, Switch, columns
from composer.cli.session import Session
from composer.cli.spelling import COMPOSER
from composer.cli.topics import TOPICS
from composer.errors import ComposerError, Problem, UsageError
from composer.record import replace

COMMANDS = {
    "alpha dry-run": "The old form of --dry-run",
    "alpha generate": "Write a compose file of containers that exist",
    "alpha publish": "The old form of `publish`",
    "alpha scale": "The old form of `scale`",
    "alpha viz": "Print the services as a graph in the language of Graphviz",
    "alpha watch": "The old form of `watch`",
    "attach": "Join what a container runs",
    "bridge convert": "Turn the project into Kubernetes manifests or something else",
    "bridge transformations create": "Begin a transformation of your own, from another one",
    "bridge transformations list": "List the transformation images that are here",
    "build": "Build the images of services",
    "bundle": "Put the project with its images into one file, for a machine without a network",
    "check": "Find errors in the files, and what loads but will hurt",
    "commit": "Make an image of a container",
    "completion": "Print what makes a shell complete commands, flags and names",
    "config": "Check the files and print the project they make",
    "convert": "The old name of `config`",
    "cp": "Copy files between this machine and the containers of a service",
    "create": "Create containers without starting them",
    "down": "Stop and remove containers and networks",
    "events": "Print what happens to containers",
    "exec": "Run a command in a running container",
    "export": "Write the file system of a container as a tar archive",
    "help": "Show help on a command or on a topic",
    "images": "List the images that containers have",
    "kill": "Send a signal to running containers",
    "lock": "Write the digests of all images into compose.lock",
    "logs": "Print the output of containers",
    "ls": "List the projects of the engine",
    "migrate": "Turn files of the format of 2014 into modern ones",
    "outdated": "List images that are behind what their registries have",
    "pause": "Freeze what runs in containers",
    "plan": "Show what `up` would do, and why",
    "plugin install": "Let `docker compose` be composer",
    "plugin status": "Show who `docker compose` and `docker-compose` are",
    "plugin uninstall": "Take composer away from `docker compose`, and give back what was there",
    "port": "Print where a port of a service is on the host",
    "ps": "List containers",
    "publish": "Publish the project as an artifact in a registry",
    "pull": "Pull the images of services",
    "push": "Push the images of services that are built here",
    "restart": "Restart containers as they are, without what changed in the file",
    "rm": "Remove stopped containers",
    "run": "Run a service once, with another command",
    "scale": "Change how many containers services have",
    "start": "Start containers that exist",
    "stats": "Show what containers use, as it changes",
    "stop": "Stop running containers, and keep them",
    "top": "List the processes in containers",
    "unbundle": "Take a project with its images out of a file that `bundle` has made",
    "unpause": "Let frozen containers go on",
    "update": "Pull newer images, and replace the containers that get one",
    "up": "Create and start containers",
    "version": "Show the version",
    "viz": "Draw the services, networks, volumes and ports of the project",
    "volumes": "List volumes",
    "wait": "Wait until containers of services have stopped",
    "watch": "Watch files, and bring what changes into containers",
    "why": "Show what made a service be replaced last, or would now",
}

DAILY = ("up", "down", "ps", "logs", "exec", "run", "build", "plan", "restart", "stop")
"""What `composer --help` shows first."""

GROUPS = {
    "alpha": "Old and early forms of commands",
    "bridge": "Turn the project into Kubernetes manifests and other formats",
    "plugin": "Put composer behind the names of Docker Compose",
    "bridge transformations": "List and begin the images that `bridge` converts with",
}
"""What stands before commands of several words.  A group without commands is none."""

ALIASES = {"bridge transformations ls": "bridge transformations list"}

HIDDEN = frozenset({"alpha", "convert"})
"""What `composer --help` does not show."""

COMPLETIONS = ("__complete", "__completeNoDesc")
"""What shells ask, by the scripts of `completion`, and the docker program of its plugin."""

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
    if argv and argv[0] in COMPLETIONS:
        from composer.cli.complete import respond

        return respond(argv[0], argv[1:], session_type)
    invocation = None
    try:
        hint = misplaced.behind(argv, program)
        invocation = global_flags.read(argv, program, hint)
        return _run(invocation, session_type)
    except ComposerError as error:
        return _report(error, invocation.options if invocation else GlobalOptions(program=program))


def help_text(program: str = COMPOSER) -> str:
    parser = global_flags.parser(program)
    parser.summary = ABOUT
    parser.footer = (
        f"{_tables('')}Run '{program} COMMAND --help' for more about a command, and\n"
        f"'{program} help TOPIC' for more about one of\n"
        + "\n".join(columns([("", ", ".join(TOPICS))]))
    )
    parser.operand("command", "COMMAND", "1")
    return parser.format_help()


def module_of(name: str) -> str:
    """Return the module of a command: that of `alpha scale` is composer.cli.alpha_scale."""
    return "composer.cli." + name.replace(" ", "_").replace("-", "_")


def parser_of(name: str, program: str = COMPOSER) -> Parser:
    """Return the parser of a command, or of what stands between a group and its command."""
    hint = misplaced.before(name, program)
    if is_group(name):
        parser = Parser(f"{program} {name}", GROUPS[name], interspersed=False, elsewhere=hint)
        flags.dry_run(parser)
        parser.footer = f"{_tables(name)}Run '{program} {name} COMMAND --help' for more."
        return parser
    parser = Parser(f"{program} {name}", COMMANDS[name], elsewhere=hint)
    _module(name).configure(parser)
    if "--dry-run" not in parser.names:
        parser.add_argument("--dry-run", action=Switch, help=SUPPRESS)
    return parser


def is_group(name: str) -> bool:
    return any(command.startswith(f"{name} ") for command in COMMANDS)


def commands_below(group: str) -> dict[str, str]:
    """Return the groups and commands in `group`, "" for all there are, with what they are for."""
    before = f"{group} " if group else ""
    found: dict[str, str] = {}
    for name, summary in COMMANDS.items():
        word, _, deeper = name.removeprefix(before).partition(" ")
        if name.startswith(before) and before + word not in HIDDEN:
            found[word] = GROUPS[before + word] if deeper else summary
    return found


def _tables(group: str) -> str:
    """Return the tables of a help text: what is needed daily, other commands, and groups."""
    before = f"{group} " if group else ""
    below = {before + word: (f"  {word}", text) for word, text in commands_below(group).items()}
    text = ""
    for title, names in (
        ("Every day", [name for name in DAILY if name in below]),
        ("Commands", [name for name in below if name not in DAILY and not is_group(name)]),
        ("Groups of commands", [name for name in below if is_group(name)]),
    ):
        if rows := [below[name] for name in names]:
            text += f"{title}:\n" + "\n".join(columns(rows)) + "\n\n"
    return text


def _run(invocation: Invocation, session_type: type[Session]) -> int:
    program = invocation.options.program
    if invocation.version:
        invocation = Invocation(invocation.options, "version", invocation.words)
    words = () if invocation.command is None else (invocation.command, *invocation.words)
    if invocation.help:
        words = (*_named(words).split(), "--help")
    if words in ((), ("--help",)):
        show(help_text(program))
        return 0
    return run_command(words, invocation.options, session_type)


def _named(words: Sequence[str]) -> str:
    """Return the command or group that `words` begin with, "" if they begin with none."""
    name = ""
    for word in words:
        longer = f"{name} {word}".strip()
        longer = ALIASES.get(longer, longer)
        if longer not in COMMANDS and not is_group(longer):
            break
        name = longer
    return name


def run_command(
    words: Sequence[str], options: GlobalOptions, session_type: type[Session] = Session
) -> int:
    """Run the command that begins `words`; `options` are what stood before it.  Raises."""
    name, rest, options = _in_groups(words[0], words[1:], options)
    _check(name, options.program)
    parser = parser_of(name, options.program)
    if is_group(name):
        parser.operand("command", "COMMAND", "1")
    given = parser.parse(["--help"] if is_group(name) else rest)
    if given.help:
        show(parser.format_help())
        return 0
    global_flags.check(options, os.environ)
    session = session_type(_with_dry_run(options, given), os.environ, _directory())
    outdated = (*options.outdated, *parser.outdated)
    session.warn(Problem(text, severity="warning") for text in outdated)
    try:
        return _module(name).run(given, session)
    finally:
        session.close()


def _in_groups(
    name: str, words: Sequence[str], options: GlobalOptions
) -> tuple[str, Sequence[str], GlobalOptions]:
    """Go from a group to the command in it; a group alone, or with --help, stays what it is."""
    while is_group(name):
        parser = parser_of(name, options.program)
        parser.operand("words", "COMMAND", "*")
        given = parser.parse(words)
        options = _with_dry_run(options, given)
        if given.help:
            name, words = _named((*name.split(), *given.words)), ("--help",)
        if given.help or not given.words:
            break
        name, words = f"{name} {given.words[0]}", given.words[1:]
        name = ALIASES.get(name, name)
    return name, words, options


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


def _check(name: str, program: str) -> None:
    """Raise UsageError if there is no such command or group."""
    if name in COMMANDS or is_group(name):
        return
    message = f"unknown command: {name!r}"
    if program != COMPOSER:  # as Docker Compose says it, in both of its spellings
        sys.stdout.write(help_text(program))
        message = f'unknown docker command: "compose {name}"'
    raise UsageError(message, help=misplaced.meant(name, COMMANDS))


def _module(name: str) -> Command:
    module: object = __import__(module_of(name), fromlist=["run"])
    return module  # type: ignore[return-value]


def _with_dry_run(options: GlobalOptions, given: Namespace) -> GlobalOptions:
    return replace(options, dry_run=options.dry_run or getattr(given, "dry_run", False))


def _report(error: ComposerError, options: GlobalOptions) -> int:
    from composer.cli.failure import report

    return report(error, options, os.environ)
