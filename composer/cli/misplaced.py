"""Commands that are others', flags on the wrong side of the command, and what to say of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from composer.cli import global_flags
from composer.cli.parser import SUPPRESS
from composer.errors import did_you_mean, nearest

_Hint = Callable[[str], str | None]
_DOCKERS = (
    *("builder", "buildx", "container", "context", "diff", "history", "image", "import", "info"),
    *("init", "inspect", "load", "login", "logout", "network", "rename", "rmi", "save"),
    *("search", "system", "tag", "volume"),
)
"""Commands of the docker program that people look for here."""


def meant(name: str, known: Iterable[str]) -> str:
    """Return what to say of a command that does not exist; words of a group have it before them."""
    group, _, word = name.rpartition(" ")
    if name in _DOCKERS:
        return f"that is a command of docker: docker {name}"
    if not group:
        return did_you_mean(name, known) or "see composer --help"
    begun = f"{group} "
    near = nearest(word, (one.removeprefix(begun) for one in known if one.startswith(begun)))
    return f"did you mean {begun + near!r}?" if near else f"see composer {group} --help"


def before(command: str, program: str) -> _Hint:
    """Return what hints at global flags, for those who write them behind the command."""

    def hint(name: str) -> str | None:
        flag = global_flags.parser().find(name)
        if flag is None or name in ("-h", "--help"):
            return None
        if not name.startswith("--") and flag.help == SUPPRESS:
            return None  # hardly anybody means it
        return f"a global flag stands before the command: {program} {name} … {command}"

    return hint


def behind(argv: Sequence[str], program: str) -> _Hint:
    """Return what hints at flags of the command, for those who write them before it."""

    def hint(name: str) -> str | None:
        from composer.cli import main

        command = next((word for word in argv if word in main.COMMANDS), None)
        if command is None or main.parser_of(command).find(name) is None:
            return None
        return f"a flag of {command!r} stands behind it: {program} {command} {name} …"

    return hint
