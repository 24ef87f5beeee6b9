"""What engines and shells say of a program that they cannot start."""

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


def missing_program(text: str) -> str | None:
    """Return the program that `text` says does not exist, None if it does not say so."""
    found = _NO_FILE.search(text) or _NO_COMMAND.search(text)
    return found[1] if found else None


def forbidden_program(text: str) -> str | None:
    """Return the program that `text` says is none that may be executed."""
    found = _NOT_ALLOWED.search(text)
    return found[1] if found else None
