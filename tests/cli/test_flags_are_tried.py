"""Commands, and flags that scripts use, are tried on a real engine: a scenario calls each.

What counts is a call in `tests/scenarios`, or a line of a script there, in which the flag
stands behind its command.  So this finds what was forgotten, and proves nothing of what was not.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest

from support.command_table import facts, flags_of

SCENARIOS = Path(__file__).parent.parent / "scenarios"
UNKNOWN = "…"
"""Stands for a word that only a running test knows."""

Words = tuple[str, ...]


@cache
def calls() -> frozenset[Words]:
    """Return the words of each call of a test, and of each line of a script."""
    found: set[Words] = set()
    for path in sorted(SCENARIOS.glob("test_*.py")):
        tree = ast.parse(path.read_text())
        shared = dict(_names(tree.body))
        for scope in (tree, *(one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef))):
            found |= set(_said_in(scope, {**shared, **dict(_names(ast.walk(scope)))}))
    for path in (SCENARIOS / "ways").iterdir():
        if path.is_file():
            text = path.read_text().replace("\\\n", " ")
            found |= {tuple(line.split()) for line in text.splitlines()}
    return frozenset(words for words in found if words[:1] != ("docker",) or "compose" in words)


def _said_in(scope: ast.AST, names: Mapping[str, ast.expr]) -> Iterator[Words]:
    for node in ast.walk(scope):
        if isinstance(node, ast.Call) and not _is_docker(node):
            yield tuple(word for one in node.args for word in _words(one, names))
        elif isinstance(node, ast.Tuple | ast.List):  # cases, and lines of a loop
            yield tuple(_words(node, names))


def _names(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, ast.expr]]:
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value


def _is_docker(call: ast.Call) -> bool:
    """Say whether it is the docker program that is called, by the function of that name."""
    return isinstance(call.func, ast.Name) and call.func.id == "docker"


def _words(node: ast.expr, names: Mapping[str, ast.expr]) -> Iterator[str]:
    match node:
        case ast.Constant(str(text)):
            yield from text.split()
        case ast.JoinedStr(parts):
            texts = (str(one.value) if isinstance(one, ast.Constant) else UNKNOWN for one in parts)
            yield from "".join(texts).split()
        case ast.Tuple(parts) | ast.List(parts):
            for part in parts:
                yield from _words(part, names)
        case ast.Starred(inner):
            yield from _words(inner, names)
        case ast.Name(name) if name in names:
            yield from _words(names[name], {key: names[key] for key in names if key != name})
        case _:
            yield UNKNOWN


def behind(command: str, words: Sequence[str]) -> Sequence[str]:
    """Return what stands behind a command, for "" what stands before any; nothing without it."""
    if not command:
        firsts = {name.split()[0] for name in facts() if name}
        at = next((at for at, word in enumerate(words) if word in firsts), None)
        return words[:at] if at is not None else ()
    wanted = command.split()
    for at in range(len(words)):
        if list(words[at : at + len(wanted)]) == wanted:
            return words[at + len(wanted) :]
    return ()


def _is(word: str, flag: str, letter: str) -> bool:
    if word.startswith("--"):
        return word.partition("=")[0] == f"--{flag}"
    return bool(letter) and re.fullmatch(rf"-[A-Za-z]*{letter}\S*", word) is not None


@pytest.mark.parametrize("command", facts())
def test_each_flag_that_scripts_use_is_tried(command: str) -> None:
    said = [behind(command, words) for words in calls()]

    forgotten = {
        flag
        for flag, fact in flags_of(command).items()
        if fact["use"] in ("core", "common") and not fact.get("hidden")
        if not any(_is(word, flag, fact.get("short", "")) for words in said for word in words)
    }

    assert forgotten == set()


GROUPS = {name for name in facts() if any(other.startswith(f"{name} ") for other in facts())}


@pytest.mark.parametrize("command", sorted(set(facts()) - GROUPS - {""}))
def test_each_command_is_tried(command: str) -> None:
    wanted = command.split()

    assert any(
        list(words[at : at + len(wanted)]) == wanted
        for words in calls()
        for at in range(len(words))
    )
