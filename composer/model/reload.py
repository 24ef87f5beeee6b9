"""What `x-composer: {reload: SIGHUP}` says: which signal tells a container of new content.

It may stand in a service, in a config or secret, or where a service uses one; the
nearest to the use counts.  `false` means that a new container is wanted after all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from composer.pattern import pattern

KEY: Final = "x-composer"
RELOAD: Final = "reload"

# fmt: off
_NAMES: Final = (
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
    "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
    "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
)
# fmt: on
"""Linux' signals, from 1 on: the engine's, wherever composer runs."""

_REAL_TIME = pattern(r"RTMIN(\+([1-9]|1[0-5]))?|RTMAX(-([1-9]|1[0-4]))?")

DEADLY: Final = ("SIGKILL", "SIGSTOP")
"""No program hears of these two."""


def said_in(extensions: Mapping[str, object]) -> object:
    """Return the word that `extensions` have on reloading, None if they have none."""
    said = extensions.get(KEY)
    return said.get(RELOAD) if isinstance(said, Mapping) else None


def signal_named(said: object) -> str | None:
    """Return the signal that `said` names, such as "SIGHUP" for "hup" or 1; None for no signal."""
    text = str(said).upper().removeprefix("SIG")
    if text.isdecimal() and 0 < int(text) <= len(_NAMES):
        return f"SIG{_NAMES[int(text) - 1]}"
    known = text in _NAMES or _REAL_TIME.fullmatch(text)
    return f"SIG{text}" if known else None


def signals() -> tuple[str, ...]:
    """Return the names of all signals that a program can hear of."""
    return tuple(name for name in (f"SIG{text}" for text in _NAMES) if name not in DEADLY)
