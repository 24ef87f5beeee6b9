"""The flags before the command: which files, which engine, and how the output looks."""

from __future__ import annotations

from collections.abc import Sequence

from composer.cli.flags import number
from composer.cli.parser import SUPPRESS, Parser, Switch
from composer.cli.spelling import COMPOSER
from composer.errors import UsageError
from composer.record import dataclass

ANSI = ("auto", "always", "never")
PROGRESS = ("auto", "tty", "plain", "json", "quiet")


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalOptions:
    """What stands before the command.  None and empty: the flag was not given."""

    program: str = COMPOSER
    files: tuple[str, ...] = ()
    env_files: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    project_name: str | None = None
    project_directory: str | None = None
    ansi: str | None = None
    progress: str | None = None
    parallel: int | None = None
    dry_run: bool = False
    all_resources: bool = False
    compatibility: bool | None = None
    verbose: bool = False
    host: str | None = None
    context: str | None = None
    insecure_registries: tuple[str, ...] = ()
    outdated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Invocation:
    """A command line: what stands before the command, the command, and its own words."""

    options: GlobalOptions
    command: str | None
    words: tuple[str, ...]
    help: bool = False
    version: bool = False


def parser(program: str = COMPOSER) -> Parser:
    made = Parser(program, interspersed=False)
    add = made.add_argument
    add("-f", "--file", action="append", metavar="FILE", default=[],
        help="Compose file: a path, - or a reference; later ones override earlier")  # fmt: skip
    add("-p", "--project-name", metavar="NAME", help="Name of the project")
    add("--project-directory", metavar="DIR",
        help="Base of relative paths (default: the directory of the first file)")  # fmt: skip
    add(
        "--profile",
        action="append",
        metavar="NAME",
        default=[],
        help="Switch on a profile; repeatable",
    )
    add("--env-file", action="append", metavar="FILE", default=[],
        help="Read variables from this file instead of .env; repeatable")  # fmt: skip
    add("-H", "--host", metavar="ADDRESS", help="Engine to talk to")
    add("--context", metavar="NAME", help="Docker context to talk to")
    add("--parallel", type=number("--parallel"), metavar="N",
        help="At most this many engine calls at once, -1 for no limit")  # fmt: skip
    add("--progress", metavar="STYLE", help=f"How progress is shown ({', '.join(PROGRESS)})")
    add("--ansi", metavar="WHEN", help=f"Colours and cursor control ({', '.join(ANSI)})")
    add("--dry-run", action=Switch, help="Show what would be done, and do nothing")
    add("--all-resources", action=Switch,
        help="Keep networks, volumes, configs and secrets that no service uses")  # fmt: skip
    add("--compatibility", action=Switch, default=None,
        help="Names with _ in place of -, as in the first Compose")  # fmt: skip
    add("-v", "--version", action=Switch, help="Show the version")
    _add_hidden(made)
    return made


def read(argv: Sequence[str], program: str = COMPOSER) -> Invocation:
    """Return the command line, its global flags read; raises UsageError."""
    made = parser(program)
    made.operand("words", "COMMAND", "*")
    given = made.parse(argv)
    _refuse_old_with_new(given.no_ansi, given.ansi, "--no-ansi", "--ansi")
    _refuse_old_with_new(given.workdir, given.project_directory, "--workdir", "--project-directory")
    options = GlobalOptions(
        program=program,
        files=tuple(given.file),
        env_files=tuple(given.env_file),
        profiles=tuple(given.profile),
        project_name=given.project_name,
        project_directory=given.project_directory or given.workdir,
        ansi="never" if given.no_ansi else given.ansi,
        progress=given.progress,
        parallel=given.parallel,
        dry_run=given.dry_run,
        all_resources=given.all_resources,
        compatibility=given.compatibility,
        verbose=given.verbose,
        host=given.host,
        context=given.context,
        insecure_registries=tuple(given.insecure_registry),
        outdated=made.outdated,
    )
    words: tuple[str, ...] = given.words
    return Invocation(
        options,
        words[0] if words else None,
        words[1:],
        help=given.help,
        version=given.version,
    )


def styles(ansi: str | None, progress: str | None) -> tuple[str, str]:
    """Return how the output looks, from flags or COMPOSE_ANSI and COMPOSE_PROGRESS."""
    ansi = ansi or "auto"
    progress = {"none": "quiet"}.get(progress or "auto", progress or "auto")
    for flag, value, known in (("--ansi", ansi, ANSI), ("--progress", progress, PROGRESS)):
        if value not in known:
            raise UsageError(f"unsupported {flag} value {value!r}", help=f"use {_either(known)}")
    if (ansi, progress) in (("never", "tty"), ("always", "plain")):
        raise UsageError(f"--ansi {ansi} and --progress {progress} are not possible together")
    return ansi, progress


def _add_hidden(made: Parser) -> None:
    made.add_argument("--no-ansi", action=Switch, help=SUPPRESS,
        old="--no-ansi is an old spelling of --ansi never")  # fmt: skip
    made.add_argument("--verbose", action=Switch, help=SUPPRESS)
    made.add_argument("-D", "--debug", dest="verbose", action=Switch, help=SUPPRESS)
    made.add_argument("--workdir", help=SUPPRESS,
        old="--workdir is an old spelling of --project-directory")  # fmt: skip
    made.add_argument("--insecure-registry", action="append", default=[], help=SUPPRESS)


def _refuse_old_with_new(old: object, new: object, old_flag: str, new_flag: str) -> None:
    if old and new:
        raise UsageError(f"{old_flag} is the old spelling of {new_flag}: give one of them")


def _either(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"
