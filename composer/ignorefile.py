"""Patterns that select files, by the rules of .dockerignore.

The rules are those of moby/patternmatcher as Docker Compose uses it: a pattern
selects what it matches and everything below that, `!` takes away again, and the last
one counts.  A pattern begins at the root that it is given with; an absolute one means
a path of this machine.
"""

from __future__ import annotations

import posixpath
import re
import warnings
from collections.abc import Iterable
from typing import Final

_MEANINGLESS: Final = frozenset(".+()|{}$")
"""What means something to regular expressions and nothing in a pattern."""

_SPECIAL: Final = frozenset("*?[]\\")


class Patterns:
    """`patterns` below the directory `root`.  Raises ValueError, naming the one that is wrong.

    With `ends`, `**x` selects each name that ends in x, as in `docker build`; to Docker Compose,
    which puts the root before each pattern, that is only the name x.
    """

    def __init__(self, patterns: Iterable[str], root: str, *, ends: bool = False) -> None:
        rules = [_rule(text.strip(), root, ends) for text in patterns if text.strip()]
        self.exclusions = any(taken_away for _, taken_away in rules)
        if not self.exclusions and len(rules) > 1:
            together = "|".join(f"(?:{text})" for text, _ in rules)
            rules = [(together, False)]
        self._rules = [(_compiled(text, text), taken_away) for text, taken_away in rules]
        self._above: dict[str, frozenset[int]] = {"": frozenset()}

    def __bool__(self) -> bool:
        return bool(self._rules)

    def select(self, path: str) -> bool:
        """Say whether an absolute path is selected, by itself or with a directory above it."""
        if not self._rules:
            return False
        above = self._matching(posixpath.dirname(path.rstrip("/")))
        selected = False
        for number, (rule, taken_away) in enumerate(self._rules):
            if taken_away == selected and (number in above or rule.match(path)):
                selected = not taken_away
        return selected

    def walk(self, path: str, above: tuple[bool, ...] = ()) -> tuple[bool, tuple[bool, ...]]:
        """Say whether a path is selected, for who walks down as `docker build` does.

        `above` is the second half of the answer for its directory, nothing at the root.  What
        takes away counts for what is in a directory only if it took that away.
        """
        selected = False
        matching = []
        for number, (rule, taken_away) in enumerate(self._rules):
            matches = bool(above) and above[number]
            if not matches and taken_away == selected:
                matches = rule.match(path) is not None
            matching.append(matches)
            if matches:
                selected = not taken_away
        return selected, tuple(matching)

    def select_all_below(self, directory: str) -> bool:
        """Say whether nothing in a directory can be anything but selected."""
        return not self.exclusions and self.select(directory)

    def _matching(self, directory: str) -> frozenset[int]:
        """Return the rules that match a directory, or one above it."""
        if directory == "/":
            directory = ""
        known = self._above.get(directory)
        if known is None:
            above = self._matching(posixpath.dirname(directory))
            own = (n for n, (rule, _) in enumerate(self._rules) if rule.match(directory))
            known = self._above[directory] = above.union(own)
        return known


def patterns_of(text: str) -> list[str]:
    """Return the patterns that an ignore file holds: its lines, without comments."""
    found = []
    for line in text.removeprefix("\ufeff").splitlines():
        if line.startswith("#"):
            continue
        pattern = line.strip()
        taken_away = pattern.startswith("!")
        if taken_away:
            pattern = pattern[1:].strip()
        if pattern:
            pattern = _clean(pattern)
            if len(pattern) > 1:
                pattern = pattern.removeprefix("/")  # the root of the context is meant
        if pattern or taken_away:
            found.append(f"!{pattern}" if taken_away else pattern)
    return found


def _rule(text: str, root: str, ends: bool) -> tuple[str, bool]:
    """Return the regular expression for a pattern, and whether it takes away."""
    pattern = _clean(text)
    taken_away = pattern.startswith("!")
    if taken_away:
        pattern = pattern[1:]
    if fault := _fault(pattern):
        raise ValueError(f"{text!r} is not a pattern: {fault}")
    expression = _expression(pattern, root.rstrip("/"), ends)
    _compiled(expression, text)
    return expression, taken_away


def _expression(pattern: str, root: str, ends: bool) -> str:
    if pattern.startswith("/"):
        return _translated(pattern, ends)
    parts = [part for part in posixpath.normpath(pattern).split("/") if part != "."]
    while parts and parts[0] == "..":
        root = posixpath.dirname(root) if root != "/" else root
        del parts[0]
    base = re.escape(root.rstrip("/"))
    return f"{base}/{_translated('/'.join(parts), ends)}" if parts else f"{base or '/'}\\Z"


def _translated(pattern: str, ends: bool) -> str:
    """Return a pattern as a regular expression that matches from beginning to end."""
    if ends and pattern.startswith("**") and not _SPECIAL.intersection(pattern[2:]):
        rest = pattern[2:]  # an end, which may be that of a name
        return ("(?:.*/)?" if rest[:1] == "/" else ".*") + re.escape(rest.removeprefix("/")) + "\\Z"
    out: list[str] = []
    plain = True
    at = 0
    while at < len(pattern):
        letter = pattern[at]
        at += 1
        if letter == "*" and pattern[at : at + 1] == "*":
            at += 1
            at += pattern[at : at + 1] == "/"
            if at == len(pattern):
                return re.escape(pattern[:-2]) if plain else "".join(out) + ".*\\Z"
            out.append("(?:.*/)?")
            plain = False
        elif letter in "*?":
            out.append("[^/]*" if letter == "*" else "[^/]")
            plain = False
        elif letter == "\\":
            out.append(letter + pattern[at : at + 1])
            at += 1
            plain = False
        else:
            plain = plain and letter not in "[]"
            out.append(f"\\{letter}" if letter in _MEANINGLESS else letter)
    text = "".join(out)
    return (re.escape(pattern) if plain else text) + "\\Z"


def _compiled(expression: str, pattern: str) -> re.Pattern[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a set in a set means to Go what it means here
        try:
            return re.compile(expression, re.ASCII)
        except re.error:
            raise ValueError(f"{pattern!r} is not a pattern: it cannot be matched") from None


def _clean(text: str) -> str:
    cleaned = posixpath.normpath(text)
    return cleaned[1:] if cleaned.startswith("//") else cleaned


def _fault(pattern: str) -> str:
    """Return what is wrong with a pattern, "" if nothing is: what Go's filepath.Match refuses."""
    at = 0
    while at < len(pattern):
        letter = pattern[at]
        at += 1
        if letter == "\\":
            if at == len(pattern):
                return "nothing stands behind the last \\"
            at += 1
        elif letter == "[":
            at = _behind_set(pattern, at)
            if at < 0:
                return "a [ is not closed as it should be"
    return ""


def _behind_set(pattern: str, at: int) -> int:
    """Return where a set of characters is over that begins at `at`, -1 if it is none."""
    at += pattern[at : at + 1] == "^"
    count = 0
    while True:
        if count and pattern[at : at + 1] == "]":
            return at + 1
        at = _behind_character(pattern, at)
        if at > 0 and pattern[at : at + 1] == "-":
            at = _behind_character(pattern, at + 1)
        if at < 0:
            return -1
        count += 1


def _behind_character(pattern: str, at: int) -> int:
    """Return where a character of a set is over, -1 where none may stand, or none follows."""
    if pattern[at : at + 1] in ("", "-", "]"):
        return -1
    at += pattern[at] == "\\"
    at += 1
    return at if at < len(pattern) else -1
