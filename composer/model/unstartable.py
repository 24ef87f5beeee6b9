"""What engines and shells say of a program, or a container, that they cannot start."""

from __future__ import annotations

import re

from composer.pattern import pattern

_NO_FILE = pattern(
    r'exec: "([^"]+)": (?:executable file not found in \$PATH|stat \S+: no such file or directory)'
)
_NO_COMMAND = pattern(
    r"^(?:\S*/)?[a-z]*sh: (?:line )?(?:\d+: )?([^\s:]+): (?:command )?not found$", re.MULTILINE
)
"""How a shell says so: busybox, dash, bash."""

_NOT_ALLOWED = pattern(r'exec: "([^"]+)": (?:permission denied|is a directory)')

_CLASH = pattern(
    r'mounting "([^"]+)" to rootfs at "([^"]+)".*(?:not a directory|is a directory|onto a file)'
)


def missing_program(text: str) -> str | None:
    """Return the program that `text` says does not exist, None if it does not say so."""
    found = _NO_FILE.search(text) or _NO_COMMAND.search(text)
    return found[1] if found else None


def forbidden_program(text: str) -> str | None:
    """Return the program that `text` says is none that may be executed."""
    found = _NOT_ALLOWED.search(text)
    return found[1] if found else None


def _clash(text: str) -> str | None:
    """Return which mount fails since one of its ends is a file and the other a directory."""
    found = _CLASH.search(text)
    return found and (
        f"{found[1]!r} cannot be mounted at {found[2]!r}: one is a file, the other a directory"
    )


def why_unstartable(text: str) -> str | None:
    """Return in our words why a container could not be started, None for what has none."""
    if program := missing_program(text):
        return f"the command {program!r} does not exist in the image"
    if program := forbidden_program(text):
        return f"the command {program!r} is not executable in the image"
    return _clash(text)
