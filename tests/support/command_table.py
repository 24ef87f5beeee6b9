"""The table that ends docs/compatibility.md: a row for each command and flag.

It is made of the facts and of the parser.  The facts are tests/parity/commands.toml: what
Docker Compose has.  What of the parser is not in there must be in OURS.
`python -m support.command_table` in tests/ writes the table.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from composer.cli import global_flags
from composer.cli.main import COMMANDS, GROUPS, HIDDEN, is_group, module_of
from composer.cli.parser import SUPPRESS, Flag, Parser
from composer.errors import ComposerError

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "compatibility.md"

OURS: Mapping[str, str] = {
    "bridge convert": "yes",
    "bundle": "*",
    "": "host context debug config tls tlsverify tlscacert tlscert tlskey log-level",
    "check": "*",
    "completion": "*",
    "config": "origin",
    "convert": (
        "networks lock-image-digests variables origin no-env-resolution models "
        "no-path-resolution environment"
    ),
    "build": "why",
    "help": "*",
    "images": "digests layers",
    "lock": "*",
    "logs": "grep json level",
    "migrate": "*",
    "outdated": "*",
    "plan": "*",
    "plugin": "*",
    "plugin install": "*",
    "plugin status": "*",
    "plugin uninstall": "*",
    "run": "labels volumes",
    "unbundle": "*",
    "up": "locked no-rollback plan",
    "update": "*",
    "viz": "*",
    "why": "*",
}
"""What Docker Compose does not have: flags by command, "*" for a command that is all ours."""

NOTES: Mapping[tuple[str, str], str] = {
    **{("", name): "of the Docker CLI" for name in OURS[""].split()},
    **{("build", name): "no effect" for name in ("compress", "force-rm", "no-rm", "parallel")},
    **{("pull", name): "no effect" for name in ("no-parallel", "parallel")},
    ("rm", "all"): "no effect",
    **{("run", name): "a spelling that Docker Compose takes too" for name in ("labels", "volumes")},
}

EVERYWHERE = frozenset({"help", "dry-run"})
"""Flags that every command has."""

_BEGIN = """## Every command and flag

<!-- What follows is written by `python -m support.command_table`, in tests/. -->

In the column *of*, `5` is what Docker Compose 5 has and 2.40 has not, **ours** is what neither has.
The column *use* says how often a flag is met in scripts. *hidden* flags are accepted and not shown
by `--help`: old spellings, most of them. `--help` and `--dry-run` may stand behind every command. A
variable says what its flag would, and the flag counts. `tests/cli/test_command_table.py` holds the
table against the parser and against what is known of Docker Compose.

| command | flag | short | takes | default | variable | use | of | |
|---|---|---|---|---|---|---|---|---|
"""


@cache
def facts() -> Mapping[str, Mapping[str, Any]]:
    """Return what Docker Compose has: commands, "" for what stands before them."""
    return tomllib.loads((ROOT / "tests" / "parity" / "commands.toml").read_text())


def flags_of(command: str) -> Mapping[str, Mapping[str, Any]]:
    return facts().get(command, {}).get("flags", {})


@cache
def parsers() -> Mapping[str, Parser]:
    """Return the parser of each command, of each group, and of what stands before them."""
    found = {"": global_flags.parser()}
    found |= {group: Parser(f"composer {group}") for group in GROUPS if is_group(group)}
    for name in COMMANDS:
        found[name] = Parser(f"composer {name}", COMMANDS[name])
        module: Any = __import__(module_of(name), fromlist=["configure"])
        module.configure(found[name])
    return found


def long_names(command: str) -> Mapping[str, Flag]:
    """Return the flags of our parser by each of their long names, without what all have."""
    return {
        name.removeprefix("--"): flag
        for flag in parsers()[command].flags
        for name in flag.names
        if name.startswith("--") and (not command or name.removeprefix("--") not in EVERYWHERE)
        if name != "--help"
    }


def short_of(flag: Flag, long: str) -> str:
    """Return the letter of a flag, "" if it has none or `long` is not its first name."""
    letters = [name[1:] for name in flag.names if not name.startswith("--")]
    return letters[0] if letters and flag.name == f"--{long}" else ""


def is_hidden(flag: Flag, long: str) -> bool:
    """Say whether --help leaves it out: of several long names it shows the first."""
    return flag.help == SUPPRESS or flag.name != f"--{long}"


def takes(flag: Flag) -> str:
    """Return what kind of value a flag takes, in the words of the facts."""
    if flag.is_switch:
        return "bool"
    if flag.repeats:
        return "stringArray"
    try:
        flag.read("x")
    except (ComposerError, ValueError):
        return "int"
    return "string"


def is_ours(command: str, flag: str) -> bool:
    marked = OURS.get(command, "")
    return marked == "*" or flag in marked.split()


def with_table(text: str) -> str:
    """Return the text of the page with the table at its end."""
    before = text.partition(_BEGIN.partition("\n")[0])[0]
    return before + _BEGIN + "".join(f"| {' | '.join(row)} |\n" for row in _rows())


def _rows() -> Iterator[tuple[str, ...]]:
    order = [name for name in facts() if name in parsers()]
    for command in [*order, *sorted(set(parsers()) - set(order))]:
        theirs = facts().get(command)
        hidden = "hidden" if command in HIDDEN or command.partition(" ")[0] in HIDDEN else ""
        use, of = (theirs["use"], "") if theirs else ("", "**ours**")
        yield (f"**`{command}`**" if command else "*before the command*",
               "", "", "", "", "", use, of, hidden)  # fmt: skip
        for name, flag in sorted(long_names(command).items()):
            yield _flag_row(command, name, flag)


def _flag_row(command: str, name: str, flag: Flag) -> tuple[str, ...]:
    fact = flags_of(command).get(name)
    default = (fact or {}).get("default") or _default(flag)
    letter = short_of(flag, name)
    notes = [NOTES.get((command, name), ""), "hidden" if is_hidden(flag, name) else ""]
    of = "**ours**" if fact is None else "5" if fact.get("new") else ""
    return (
        f"`{command}`" if command else "",
        f"`--{name}`",
        f"`-{letter}`" if letter else "",
        takes(flag) if fact is None else fact["type"],
        f"`{default}`" if default else "",
        f"`{fact['env']}`" if fact and "env" in fact else "",
        fact["use"] if fact else "",
        of,
        ", ".join(filter(None, notes)),
    )


def as_fact(default: object) -> str:
    """Return a default in the words of the facts, "" for none."""
    if default is True:
        return "true"
    return str(default) if default else ""


def _default(flag: Flag) -> str:
    return as_fact(flag.default) if not flag.repeats else ""


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text()))
