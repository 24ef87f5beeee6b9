"""The flags before the command: which files, which engine, and how the output looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from composer.cli.flags import number
from composer.cli.parser import SUPPRESS, Parser, Switch
from composer.cli.spelling import COMPOSER
from composer.errors import UsageError
from composer.record import dataclass

if TYPE_CHECKING:
    from composer.model.engine_choice import EngineChoice

ANSI = ("auto", "always", "never")
LOG_LEVELS = ("trace", "debug", "info", "warn", "error", "fatal", "warning", "panic")
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
    hosts: tuple[str, ...] = ()
    context: str | None = None
    docker_config: str | None = None
    tls: bool | None = None
    tls_verify: bool | None = None
    tls_files: tuple[str | None, str | None, str | None] = (None, None, None)
    insecure_registries: tuple[str, ...] = ()

    @property
    def engine(self) -> EngineChoice:
        """Which engine is asked for."""
        from composer.model.engine_choice import EngineChoice

        ca, cert, key = self.tls_files
        return EngineChoice(
            hosts=self.hosts,
            context=self.context,
            config=self.docker_config,
            tls=self.tls,
            verify=self.tls_verify,
            ca=ca,
            cert=cert,
            key=key,
        )

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
    add("--parallel", type=number("--parallel"), metavar="N",
        help="At most this many engine calls at once, -1 for no limit")  # fmt: skip
    add("--progress", metavar="STYLE", help=f"How progress is shown ({', '.join(PROGRESS)})")
    add("--ansi", metavar="WHEN", help=f"Colours and cursor control ({', '.join(ANSI)})")
    add("--dry-run", action=Switch, help="Show what would be done, and do nothing")
    add("--all-resources", action=Switch,
        help="Keep networks, volumes, configs and secrets that no service uses")  # fmt: skip
    add("--compatibility", action=Switch, default=None,
        help="Names with _ in place of -, as in the first Compose")  # fmt: skip
    _add_flags_of_docker(made)
    add("-v", "--version", action=Switch, help="Show the version")
    _add_hidden(made)
    return made


def read(
    argv: Sequence[str],
    program: str = COMPOSER,
    elsewhere: Callable[[str], str | None] = lambda name: None,
) -> Invocation:
    """Return the command line, its global flags read; raises UsageError.

    `elsewhere` says of a flag that is none of these where it belongs.
    """
    made = parser(program)
    made.elsewhere = elsewhere
    made.operand("words", "COMMAND", "*")
    given = made.parse(_with_version_as_command(argv, made))
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
        verbose=given.verbose or _is_debug(given.log_level),
        hosts=tuple(given.host),
        context=given.context,
        docker_config=given.config,
        tls=given.tls,
        tls_verify=given.tlsverify,
        tls_files=(given.tlscacert, given.tlscert, given.tlskey),
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


def _with_version_as_command(argv: Sequence[str], made: Parser) -> Sequence[str]:
    """Return the words with the command `version` in place of its flag: `-v --short`."""
    words = iter(enumerate(argv))
    for at, word in words:
        if word in ("-v", "--version"):
            return (*argv[:at], "version", *argv[at + 1 :])
        flag = made.find(word)
        if not word.startswith("-") or word == "--":
            break
        if flag is not None and not flag.is_switch:
            next(words, None)
    return argv


def _is_debug(level: str | None) -> bool:
    if level is not None and level.lower() not in LOG_LEVELS:
        raise UsageError(
            f"unable to parse logging level: {level}", help=f"use {_either(LOG_LEVELS[1:6])}"
        )
    return level is not None and level.lower() in ("debug", "trace")


def check(options: GlobalOptions, environment: Mapping[str, str]) -> None:
    """Raise UsageError for styles and limits that make no sense, of flags and of the shell."""
    styles(
        options.ansi or environment.get("COMPOSE_ANSI"),
        options.progress or environment.get("COMPOSE_PROGRESS"),
    )
    if options.parallel is None:
        limit(environment.get("COMPOSE_PARALLEL_LIMIT"))


def limit(text: str | None) -> int | None:
    """Return what COMPOSE_PARALLEL_LIMIT says, None if it says nothing."""
    try:
        return int(text) if text else None
    except ValueError:
        raise UsageError(f"COMPOSE_PARALLEL_LIMIT is {text!r}, not a number") from None


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


def _add_flags_of_docker(made: Parser) -> None:
    """Take what the docker program takes in front of its commands, too."""
    add = made.add_argument
    add("-H", "--host", action="append", metavar="ADDRESS", default=[],
        help="Engine to talk to: unix://, tcp:// or ssh://")  # fmt: skip
    add("-c", "--context", metavar="NAME", help="Docker context to talk to")
    add("--config", metavar="DIR", help="Directory of docker's config.json (default: ~/.docker)")
    add("--tls", action=Switch, default=None, help="Use TLS; implied by --tlsverify")
    add("--tlsverify", action=Switch, default=None, help="Use TLS, and believe no other engine")
    add("--tlscacert", metavar="FILE", help="Believe engines whose certificate this CA signed")
    add("--tlscert", metavar="FILE", help="Certificate to show to the engine")
    add("--tlskey", metavar="FILE", help="Key of that certificate")
    add("-D", "--debug", action=Switch, dest="verbose",
        help="Tell what the engine is asked for")  # fmt: skip
    add("-l", "--log-level", metavar="LEVEL", help=SUPPRESS)


def _add_hidden(made: Parser) -> None:
    made.add_argument("--no-ansi", action=Switch, help=SUPPRESS,
        old="--no-ansi is an old spelling of --ansi never")  # fmt: skip
    made.add_argument("--verbose", action=Switch, help=SUPPRESS)
    made.add_argument("--workdir", help=SUPPRESS,
        old="--workdir is an old spelling of --project-directory")  # fmt: skip
    made.add_argument("--insecure-registry", action="append", default=[], help=SUPPRESS)


def _refuse_old_with_new(old: object, new: object, old_flag: str, new_flag: str) -> None:
    if old and new:
        raise UsageError(f"{old_flag} is the old spelling of {new_flag}: give one of them")


def _either(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"
