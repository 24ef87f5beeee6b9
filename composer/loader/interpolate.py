"""Replace ${…} in the values of a document, and convert texts where numbers belong.

Keys are never touched.  Every problem is located at the very expression; a
variable that is not set is a warning, once a file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from composer.errors import Problem
from composer.loader.nodes import MarkedList, MarkedMap
from composer.loader.rules import Rules
from composer.loader.template import (
    LARGEST_SUM,
    Expression,
    InvalidExpression,
    Lookup,
    MissingVariable,
    TemplateError,
    expand,
    expressions,
)
from composer.loader.wording import name_of
from composer.record import dataclass
from composer.source import Path, SourceMark

__all__ = ["Lookup", "TemplateError", "Variable", "expand", "interpolate", "variables"]


Heard = Callable[[SourceMark, str], None]
"""Told of a text and a variable that it uses."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable that a file uses.  `default` is what :- or - gives, `alternate` what + gives."""

    name: str
    required: bool = False
    default: str = ""
    alternate: str = ""


def interpolate(
    root: MarkedMap, environment: Mapping[str, str], heard: Heard | None = None
) -> tuple[MarkedMap, list[Problem]]:
    """Return the document with its values replaced, errors and warnings in the file's order.

    Containers in which nothing changed are shared with `root`.  A value with an
    error stays as it was written.  `heard` is told of every variable looked up.
    """
    work = _Interpolation(root, environment, heard)
    return work.walk(root, _CASTS, root.mark), work.problems


def variables(root: MarkedMap) -> tuple[Variable, ...]:
    """Return every variable that the values of `root` use, by name."""
    found: dict[str, Variable] = {}
    for text in _texts(root):
        for expression in expressions(text):
            kind, old = expression.operator.removeprefix(":"), found.get(expression.name)
            new = old or Variable(expression.name)
            found[expression.name] = Variable(
                expression.name,
                required=new.required or kind == "?",
                default=new.default or (expression.word if kind == "-" else ""),
                alternate=new.alternate or (expression.word if kind == "+" else ""),
            )
    return tuple(found[name] for name in sorted(found))


class _Interpolation:
    """One walk over one document."""

    def __init__(
        self, root: MarkedMap, environment: Mapping[str, str], heard: Heard | None = None
    ) -> None:
        self._root = root
        self._places: dict[int, Path] = {}
        self.problems: list[Problem] = []
        self._lookup: Lookup = environment.get
        self._heard = heard
        self._warned: set[str] = set()
        self._left = LARGEST_SUM
        self._seen: set[tuple[str, SourceMark | None]] = set()

    def walk(self, node: Any, rules: Rules[_Cast] | None, mark: SourceMark | None) -> Any:
        """Return `node`, or its replacement when something in it changed."""
        if isinstance(node, str):
            cast = rules.value if rules is not None else None
            return self._text(node, cast, mark) if cast or "$" in node else node
        if isinstance(node, MarkedMap):
            return self._map(node, rules)
        if isinstance(node, MarkedList):
            return self._list(node, rules)
        return node

    def _map(self, node: MarkedMap, rules: Rules[_Cast] | None) -> MarkedMap:
        changed: dict[str, Any] = {}
        for key, value in node.items():
            below = rules.step(key) if rules is not None else None
            if value.__class__ is str and "$" not in value and (not below or not below.value):
                continue
            new = self.walk(value, below, node.values_at.get(key))
            if new is not value:
                changed[key] = new
        if not changed:
            return node
        copy = MarkedMap(node.mark)
        copy.update(node)
        copy.update(changed)
        copy.keys_at, copy.values_at = node.keys_at.copy(), node.values_at.copy()
        return copy

    def _list(self, node: MarkedList, rules: Rules[_Cast] | None) -> MarkedList:
        below = rules.step(0) if rules is not None else None
        items = [
            self.walk(item, below, mark) for item, mark in zip(node, node.items_at, strict=True)
        ]
        if all(new is old for new, old in zip(items, node, strict=True)):
            return node
        copy = MarkedList(node.mark)
        copy.extend(items)
        copy.items_at = node.items_at.copy()
        return copy

    def _text(self, text: str, cast: _Cast | None, mark: SourceMark | None) -> Any:
        if self._left < 0:
            return text
        try:
            lookup = self._lookup if self._heard is None else self._listening(self._heard, mark)
            value = expand(text, lookup, lambda part: self._unset(text, part, mark))
        except TemplateError as error:
            for one in _failures(error, text, self._lookup):
                self._report(_problem(one, text, mark))
            return text
        self._left -= len(value)
        if self._left < 0:
            message = f"variables make this file larger than {LARGEST_SUM} characters"
            self._report(Problem(message, mark))
        if cast is None:
            return value
        try:
            converted = cast.convert(value)
        except ValueError:
            self._report(_cast_problem(cast, text, value, self._path_of(mark), mark))
            return text
        if isinstance(converted, bool) and value.lower() != str(converted).lower():
            message = f"{value!r} is read as {str(converted).lower()}"
            hint = "write true or false"
            self._report(Problem(message, mark, hint, "warning", name="boolean-spelling"))
        return converted

    def _listening(self, heard: Heard, mark: SourceMark | None) -> Lookup:
        def look_up(name: str) -> str | None:
            if mark is not None:
                heard(mark, name)
            return self._lookup(name)

        return look_up

    def _unset(self, text: str, part: Expression, mark: SourceMark | None) -> None:
        if part.name in self._warned:
            return
        self._warned.add(part.name)
        message = f"variable {part.name!r} is not set, a blank string is used"
        place = locate(text, part.text, part.start, mark)
        hint = f"set it, or give it a default: ${{{part.name}:-}}"
        self.problems.append(Problem(message, place, hint, "warning", name="unset-variable"))

    def _path_of(self, mark: SourceMark | None) -> Path:
        """Return where in the document a value stands; a walk without faults does without."""
        if not self._places:
            for one, path in _paths(self._root, ()):
                self._places.setdefault(id(one), path)
        return self._places.get(id(mark), ())

    def _report(self, problem: Problem) -> None:
        """Keep `problem`, but not twice when an alias brings its text to two places."""
        if (problem.message, problem.mark) not in self._seen:
            self._seen.add((problem.message, problem.mark))
            self.problems.append(problem)


def _failures(first: TemplateError, text: str, lookup: Lookup) -> Iterator[TemplateError]:
    """Yield what is wrong with `text`, with each required variable that it misses."""
    missing: set[str] = set()
    error: TemplateError | None = first
    while error is not None:
        yield error
        if not isinstance(error, MissingVariable) or error.name in missing:
            return
        missing.add(error.name)
        error = _failure(text, lambda name: "…" if name in missing else lookup(name))


def _failure(text: str, lookup: Lookup) -> TemplateError | None:
    try:
        expand(text, lookup)
    except TemplateError as error:
        return error
    return None


def _problem(error: TemplateError, text: str, mark: SourceMark | None) -> Problem:
    place = locate(text, error.expression, error.start, mark)
    if isinstance(error, MissingVariable):
        hint = f"set {error.name} in the environment or in .env"
        if error.empty:
            hint = f"{error.name} is set, but empty"
        return Problem(str(error), place, help=hint)
    message = f"invalid interpolation: {error}"
    return Problem(message, place, error.help if isinstance(error, InvalidExpression) else None)


def _cast_problem(
    cast: _Cast, text: str, value: str, path: Path, mark: SourceMark | None
) -> Problem:
    seen = f"not {value!r}" if value == text else f"but {text!r} becomes {value!r}"
    hint = None
    if not value and (alone := re.fullmatch(r"\$\{?(\w+)\}?", text)):
        hint = f"set {alone[1]}, or give it a default: ${{{alone[1]}:-{cast.example}}}"
    return Problem(f"{name_of(path)} must be {cast.wanted}, {seen}", mark, help=hint)


def _paths(node: Any, path: Path) -> Iterator[tuple[SourceMark, Path]]:
    """Yield the mark of every value below `node` with its path."""
    entries: list[tuple[str | int, Any, SourceMark | None]]
    if isinstance(node, MarkedMap):
        entries = [(key, value, node.values_at.get(key)) for key, value in node.items()]
    elif isinstance(node, MarkedList):
        marked = zip(node, node.items_at, strict=True)
        entries = [(at, value, mark) for at, (value, mark) in enumerate(marked)]
    else:
        return
    for key, value, mark in entries:
        if mark is not None:
            yield mark, (*path, key)
        yield from _paths(value, (*path, key))


def locate(text: str, expression: str, start: int, mark: SourceMark | None) -> SourceMark | None:
    """Return where `expression`, at `start` of the scalar `text`, was written.

    In a scalar of many lines it is searched for; in a very long one, the scalar will do.
    """
    if mark is None or len(text) > _LONG:
        return mark
    line = mark.file.line(mark.line)
    raw = line[mark.column - 1 : mark.column - 1 + mark.width]
    inner = 0 if raw == text else 1 if raw[1:-1] == text else None
    if inner is not None:
        return mark._replace(column=mark.column + inner + start, width=len(expression))
    occurrence = text.count(expression, 0, start)
    return _search(expression.partition("\n")[0], occurrence, text, mark) or mark


_LONG: Final = 20_000


def _search(expression: str, occurrence: int, text: str, mark: SourceMark) -> SourceMark | None:
    """Return the place of the given occurrence in the lines of a quoted or block scalar."""
    first, lines = mark.column - 1, mark.file.text.split("\n")
    raw = lines[mark.line - 1][first : first + mark.width]
    closed = len(raw) > 1 and raw[0] in "'\"" and raw[-1] == raw[0]
    last = mark.line if closed else mark.line + 2 * len(text) + 2
    for number, line in enumerate(lines[mark.line - 1 : last], mark.line):
        for found in re.finditer(re.escape(expression), line[first:]):
            if occurrence == 0:
                column = first + found.start() + 1
                return SourceMark(mark.file, number, column, len(expression))
            occurrence -= 1
        first = 0
    return None


def _texts(node: Any) -> Iterator[str]:
    """Yield every text value below `node`, in the order of the file."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from _texts(value)
    elif isinstance(node, list):
        for item in node:
            yield from _texts(item)


@dataclass(frozen=True, slots=True)
class _Cast:
    """What a text becomes at some place; `convert` raises ValueError."""

    wanted: str
    example: str
    convert: Callable[[str], Any]


def _to_integer(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,19}", text):
        raise ValueError(text)
    return int(text)


def _to_number(text: str) -> float:
    if not re.fullmatch(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?", text):
        raise ValueError(text)
    return float(text)


def _to_boolean(text: str) -> bool:
    word = text.lower()
    if word in ("true", "y", "yes", "on"):
        return True
    if word in ("false", "n", "no", "off"):
        return False
    raise ValueError(text)


_INTEGER: Final = _Cast("a whole number", "1", _to_integer)
_NUMBER: Final = _Cast("a number", "1", _to_number)
_BOOLEAN: Final = _Cast("true or false", "false", _to_boolean)

_OF_A_CONTAINER: Final = {
    **dict.fromkeys(
        ("cpu_count", "cpu_period", "cpu_quota", "cpu_rt_period", "cpu_rt_runtime", "cpu_shares"),
        _INTEGER,
    ),
    **dict.fromkeys(("oom_score_adj", "pids_limit", "scale", "healthcheck.retries"), _INTEGER),
    **dict.fromkeys(("ports.[].target", "ulimits.*", "ulimits.*.hard", "ulimits.*.soft"), _INTEGER),
    **dict.fromkeys(("build.ulimits.*", "build.ulimits.*.hard", "build.ulimits.*.soft"), _INTEGER),
    **dict.fromkeys(("cpus", "cpu_percent"), _NUMBER),
    **dict.fromkeys(("init", "oom_kill_disable", "privileged", "read_only"), _BOOLEAN),
    **dict.fromkeys(("stdin_open", "tty", "healthcheck.disable"), _BOOLEAN),
    **dict.fromkeys(("depends_on.*.required", "depends_on.*.restart"), _BOOLEAN),
    **dict.fromkeys(("volumes.[].read_only", "volumes.[].volume.nocopy"), _BOOLEAN),
}
_OF_DEPLOY: Final = {
    "replicas": _INTEGER,
    "update_config.parallelism": _INTEGER,
    "update_config.max_failure_ratio": _NUMBER,
    "rollback_config.parallelism": _INTEGER,
    "rollback_config.max_failure_ratio": _NUMBER,
    "restart_policy.max_attempts": _INTEGER,
    "placement.max_replicas_per_node": _INTEGER,
}
_OF_NETWORKS: Final = ("external", "internal", "attachable", "enable_ipv4", "enable_ipv6")

_CASTS: Final = Rules.of(
    {
        **{
            f"{place}.{key}": cast
            for place in ("services.*", "services.*.pre_start.[]", "jobs.*")
            for key, cast in _OF_A_CONTAINER.items()
        },
        **{f"services.*.deploy.{key}": cast for key, cast in _OF_DEPLOY.items()},
        **{f"networks.*.{key}": _BOOLEAN for key in _OF_NETWORKS},
        **{f"{kind}.*.external": _BOOLEAN for kind in ("volumes", "secrets", "configs")},
        "models.*.context_size": _INTEGER,
    }
)
"""Where texts are converted.  compose-go interpolation.go, and what the schema calls a cast."""
