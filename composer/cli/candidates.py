"""What flags and operands may be: tables of words, and of what has to be looked up.

What is not in a table goes by how the value is called in the help: FILE, DIR, SERVICE.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from composer.cli import global_flags, known
from composer.cli.parser import Flag, Operand
from composer.record import dataclass, replace

if TYPE_CHECKING:
    from composer.cli.session import Session

NO_SPACE: Final = 2
NO_FILES: Final = 4
THESE_FILES: Final = 8
"""The words are endings of names."""
FOLDERS: Final = 16


@dataclass(frozen=True, slots=True)
class Answer:
    """Words with what they mean, and what the shell is to do; 0 is to offer files if none fits."""

    words: tuple[tuple[str, str], ...] = ()
    directive: int = NO_FILES


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked: behind which command and operands, and what stands at the cursor."""

    command: str
    current: str
    operands: tuple[str, ...]
    session: Session

    def with_current(self, current: str) -> Request:
        return replace(self, current=current)


NOTHING: Final = Answer()
FILES: Final = Answer(directive=0)
_Source = Callable[[Request], Answer]


def of_flag(flag: Flag, request: Request) -> Answer:
    """Return what the value of `flag` may be."""
    found = FLAGS.get(f"{request.command} {flag.name}") or FLAGS.get(flag.name)
    if found is None:
        found = METAVARS.get(flag.metavar, NOTHING)
    return found if isinstance(found, Answer) else found(request)


def of_operand(operands: Sequence[Operand], request: Request) -> Answer:
    """Return what the next operand may be."""
    at = len(request.operands)
    repeated = next((n for n, one in enumerate(operands) if one.count in "*+"), len(operands))
    if at >= len(operands) and repeated == len(operands):
        return NOTHING
    operand = operands[min(at, repeated)]
    found = OPERANDS.get(request.command) or METAVARS.get(operand.metavar, NOTHING)
    return found if isinstance(found, Answer) else found(request)


def _words(*words: str) -> Answer:
    return Answer(tuple((word, "") for word in words))


def _services(request: Request) -> Answer:
    found = known.services(request.session)
    return Answer(tuple((one, text) for one, text in found if one not in request.operands))


def _services_and(ending: str, directive: int) -> _Source:
    def source(request: Request) -> Answer:
        if ending in request.current:
            return Answer(directive=directive & ~NO_SPACE)
        found = known.services(request.session)
        return Answer(tuple((one + ending, text) for one, text in found), directive)

    return source


def _looked_up(look: Callable[[Session], Iterable[tuple[str, str]]]) -> _Source:
    return lambda request: Answer(tuple(look(request.session)))


def _ports(request: Request) -> Answer:
    return Answer(tuple(known.ports(request.session, request.operands[0])))


def _compose_files(request: Request) -> Answer:
    return Answer((("yaml", ""), ("yml", "")), THESE_FILES)


def _help(request: Request) -> Answer:
    from composer.cli import main
    from composer.cli.topics import TOPICS

    group = " ".join(request.operands)
    if group and not main.is_group(group):
        return NOTHING
    topics = {} if group else TOPICS
    return Answer(tuple({**main.commands_below(group), **topics}.items()))


_SIGNALS = _words(
    *(
        "SIGHUP",
        "SIGINT",
        "SIGQUIT",
        "SIGKILL",
        "SIGUSR1",
        "SIGUSR2",
        "SIGTERM",
        "SIGSTOP",
        "SIGCONT",
    )
)
_FOLDERS: Final = Answer(directive=FOLDERS)
_LISTS: Final = _words("table", "json")

FLAGS: Mapping[str, Answer | _Source] = {
    "--ansi": _words(*global_flags.ANSI),
    "--context": _looked_up(known.contexts),
    "--file": _compose_files,
    "--format": _LISTS,
    "--hash": _services,
    "--ignore": _looked_up(known.warnings),
    "--log-level": _words("debug", "info", "warn", "error", "fatal"),
    "--oci-version": _words("1.0", "1.1"),
    "--policy": _words("missing", "always"),
    "--profile": _looked_up(known.profiles),
    "--progress": _words(*global_flags.PROGRESS),
    "--project-name": _looked_up(known.projects),
    "--protocol": _words("tcp", "udp"),
    "--pull": _words("always", "missing", "never", "policy"),
    "--rmi": _words("local", "all"),
    "--scale": _services_and("=", NO_FILES | NO_SPACE),
    "--signal": _SIGNALS,
    "--status": _words(
        *("created", "dead", "exited", "paused", "removing", "restarting", "running")
    ),
    "--tail": _words("all"),
    "--workdir": _FOLDERS,
    "alpha generate --format": _words("yaml", "json"),
    "check --format": _words("text", "json"),
    "config --format": _words("yaml", "json"),
    "convert --format": _words("yaml", "json"),
    "create --pull": _words("always", "missing", "never", "policy", "build"),
    "exec --workdir": NOTHING,
    "ls --filter": Answer((("name=", "Part of the name"),), NO_FILES | NO_SPACE),
    "logs --level": _words("trace", "debug", "info", "notice", "warning", "error", "fatal"),
    "ps --filter": Answer((("status=", "State of the container"),), NO_FILES | NO_SPACE),
    "run --workdir": NOTHING,
    "version --format": _words("pretty", "json"),
}

METAVARS: Mapping[str, Answer | _Source] = {
    "COMMAND": FILES,
    "DIR": _FOLDERS,
    "FILE": FILES,
    "PRIVATE_PORT": _ports,
    "SERVICE": _services,
    "SERVICE=N": _services_and("=", NO_FILES | NO_SPACE),
    "SERVICES": _services,
}

OPERANDS: Mapping[str, Answer | _Source] = {
    "completion": _words("bash", "zsh", "fish"),
    "cp": _services_and(":", NO_SPACE),
    "help": _help,
}
"""Those of commands that are called otherwise."""
