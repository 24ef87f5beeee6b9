"""Flags on the wrong side of the command, and what to say of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from composer.cli import global_flags

_Hint = Callable[[str], str | None]


def before(command: str, program: str) -> _Hint:
    """Return what hints at global flags, for those who write them behind the command."""

    def hint(name: str) -> str | None:
        if name in ("-h", "--help") or name not in global_flags.parser().names:
            return None
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
