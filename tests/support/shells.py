"""A shell on a terminal, in which a text and the tab key are typed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from composer.cli.completion import SHELLS
from support.terminal import Terminal

HERE = [shell for shell in SHELLS if shutil.which(shell)]
"""The shells that this machine has."""

Complete = Callable[[str], str]

_START = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}
_READY = {
    "bash": "PS1='ready> '",
    "zsh": "PS1='ready> '; autoload -U compinit; compinit -D -u",
    "fish": "function fish_prompt; echo -n 'ready> '; end",
}


@contextmanager
def typing(
    shell: str, directory: Path, variables: Mapping[str, str], *scripts: str
) -> Iterator[Complete]:
    """Give what types a text and the tab key, and returns the line as it is then.

    The `scripts`, paths as seen from `directory`, are what the shell has been told of programs.
    """
    environment = {"HOME": str(directory), "INPUTRC": "/dev/null", **variables}
    terminal = Terminal(_START[shell], directory, environment)
    sourced = "; ".join([_READY[shell], *(f"source {path}" for path in scripts)])
    terminal.type(f"{sourced}\n")
    terminal.await_screen("ready> ")
    count = 0

    def line_after_tab(typed: str) -> str:
        nonlocal count
        count += 1
        # The line is not run: what is typed around it makes a text of it.
        terminal.type(f"{typed}\t\x01echo '<\x05>''{count}'\n")
        terminal.await_screen(f">{count}")
        [line] = [one for one in terminal.screen if one.endswith(f">{count}") and one[0] == "<"]
        return line.removeprefix("<").removesuffix(f">{count}")

    yield line_after_tab
    terminal.type("\x03\nexit\n")
    terminal.end()


def expected(shell: str, lines: Mapping[str, str]) -> dict[str, str]:
    """Return the lines as this shell shows them: zsh takes back the blank behind a word."""
    return {typed: line.rstrip() if shell == "zsh" else line for typed, line in lines.items()}
