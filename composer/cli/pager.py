"""Long texts, shown page by page on a terminal, and as they are anywhere else."""

from __future__ import annotations

import os
import sys

_LESS = "FRX"
"""What less is told: end at once if all fits, keep colours, leave the text on the screen."""


def show(text: str) -> None:
    """Print `text`; through $PAGER, or less, if a person reads it and the screen is too small."""
    if not (sys.stdin and sys.stdin.isatty() and sys.stdout.isatty() and _is_long(text)):
        sys.stdout.write(text)
        return
    if not _paged(text, os.environ.get("PAGER", "less")):
        sys.stdout.write(text)


def _is_long(text: str) -> bool:
    return text.count("\n") >= screen_size()[1]


def screen_size() -> tuple[int, int]:
    """Return columns and lines of the screen, 100 and 24 if there is none.

    shutil does the same, and takes longer to import than a help takes to print.
    """
    try:
        columns, lines = os.get_terminal_size(sys.__stdout__.fileno() if sys.__stdout__ else 1)
    except (OSError, ValueError):
        columns, lines = 0, 0
    said = os.environ.get("COLUMNS", "")
    return int(said) if said.isdecimal() and int(said) else columns or 100, lines or 24


def _paged(text: str, pager: str) -> bool:
    """Say whether a pager has shown the text; "" and `cat` are none."""
    if pager.strip() in ("", "cat") or os.environ.get("TERM", "dumb") == "dumb":
        return False
    import signal
    import subprocess

    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the pager's
    try:
        done = subprocess.run(
            pager, shell=True, input=text, text=True, env={"LESS": _LESS, **os.environ}, check=False
        )
    except OSError:
        return False
    finally:
        signal.signal(signal.SIGINT, before)
    return done.returncode not in (126, 127)  # there is no such program
