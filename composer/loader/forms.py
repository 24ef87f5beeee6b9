"""The written forms that several passes read: lists, entries, names, text.

Each function brings one form to the long one and leaves alone what it does not
know: the tree it works on may not have met the schema yet.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

from composer.errors import Problem
from composer.loader.nodes import MarkedList, MarkedMap
from composer.loader.scalars import go_number
from composer.loader.wording import name_of
from composer.source import Path, SourceMark

Form: TypeAlias = Callable[[Any, SourceMark | None], Any]
"""Value and mark in, the same value in another form out."""


class Problems(list[Problem]):
    """What one walk finds.  `ports_left` is how many ports its ranges may still make."""

    ports_left = 100_000


class Place:
    """Where a pass stands: `path` in the model, `mark` in the text.  Collects `problems`.

    Not a dataclass, because a large file has tens of thousands of places.
    """

    __slots__ = ("mark", "path", "problems")

    def __init__(self, path: Path, mark: SourceMark | None, problems: Problems) -> None:
        self.path = path
        self.mark = mark
        self.problems = problems

    def refuse(
        self,
        message: str,
        *,
        help: str | None = None,
        word: str = "",
        last: bool = False,
        note: tuple[str, SourceMark] | None = None,
    ) -> None:
        """Report an error, at a `word` of what was written, its `last` one if it is there twice."""
        mark = self.mark and self.mark.on(word, last=last)
        notes = (note,) if note else ()
        text = f"{self._owner}{message}"
        self.problems.append(Problem(text, mark, help, notes=notes, path=self.path))

    def expect(self, wanted: str, value: object) -> None:
        """Report that a text is not what is wanted here."""
        self.problems.append(
            Problem(
                f"{name_of(self.path)} must be {wanted}, not {value!r}", self.mark, path=self.path
            )
        )

    def warn(self, name: str, message: str, *, help: str | None = None) -> None:
        text = f"{self._owner}{message}"
        self.problems.append(Problem(text, self.mark, help, "warning", name=name, path=self.path))

    def at(self, mark: SourceMark | None) -> Place:
        """Return this place, pointing at one item of it."""
        return Place(self.path, mark or self.mark, self.problems)

    @property
    def _owner(self) -> str:
        """The resource that the user must look at: "service 'web': "."""
        if len(self.path) < 2:
            return ""
        return f"{str(self.path[0]).removesuffix('s')} {self.path[1]!r}: "


def as_text(value: Any) -> Any:
    """Return a scalar as the text that Go prints for it; anything else as it is."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return go_number(value)
    return value


def as_list(value: Any, mark: SourceMark | None = None) -> Any:
    """Return a single scalar as a list of one."""
    if value is None or isinstance(value, dict | list):
        return value
    one = MarkedList(mark)
    one.add(value, mark)
    return one


def as_names(value: Any, new: Callable[[], Any]) -> Any:
    """Return a list of names as a map of each name to a `new()` value."""
    if not isinstance(value, MarkedList) or not all(isinstance(item, str) for item in value):
        return value
    names = MarkedMap(value.mark)
    for name, mark in zip(value, value.items_at, strict=True):
        names.put(name, new(), mark, mark)
    return names


def as_references(value: Any, mark: SourceMark | None = None) -> Any:
    """Return names, in list form, as a map of each name to nothing in particular."""
    return as_names(value, lambda: None)


def as_dependencies(value: Any, mark: SourceMark | None = None) -> Any:
    """Return a list of services as a map of each to the plainest condition, written out."""
    return as_names(value, started)


def started() -> MarkedMap:
    """Return the condition that a bare name in depends_on stands for."""
    condition = MarkedMap()
    condition.put("condition", "service_started")
    condition.put("required", True)
    return condition


def as_entries(bare: str | None) -> Form:
    """Return the form that reads `[K=V, K]` as a map, where K alone is `bare`."""

    def entries(value: Any, mark: SourceMark | None = None) -> Any:
        if isinstance(value, str):
            value = as_list(value, mark)
        if not isinstance(value, MarkedList) or not all(isinstance(item, str) for item in value):
            return value
        found = MarkedMap(value.mark)
        for item, at in zip(value, value.items_at, strict=True):
            key, equals, text = item.partition("=")
            found.put(key, text if equals else bare, at, at)
        return found

    return entries


def as_pairs(value: Any, mark: SourceMark | None = None) -> Any:
    """Return a map of entries as the list `K=V`, sorted by key; K alone for null."""
    if not isinstance(value, MarkedMap):
        return as_list(value, mark)
    pairs = MarkedList(value.mark)
    for key in sorted(value):
        text = as_text(value[key])
        pairs.add(key if text is None else f"{key}={text}", value.mark_of(key))
    return pairs


def as_build(value: Any, mark: SourceMark | None = None) -> Any:
    """Return a build that is only a context as a map."""
    if not isinstance(value, str):
        return value
    build = MarkedMap(mark)
    build.put("context", value, mark, mark)
    return build


def as_hosts(value: Any, mark: SourceMark | None = None) -> Any:
    """Return a map of hosts to addresses as the list `host=address`."""
    if not isinstance(value, MarkedMap):
        return value
    hosts = MarkedList(value.mark)
    for host, addresses in value.items():
        at = value.mark_of(host)
        if isinstance(addresses, MarkedList):
            for address, item_at in zip(addresses, addresses.items_at, strict=True):
                hosts.add(f"{host}={as_text(address)}", item_at or at)
        else:
            hosts.add(host if addresses is None else f"{host}={as_text(addresses)}", at)
    return hosts


def as_device_requests(value: Any, mark: SourceMark | None = None) -> Any:
    """Return `all` as one request for everything there is."""
    if value != "all":
        return value
    request = MarkedMap(mark)
    request.put("count", -1, mark, mark)
    return as_list_of(request, mark)


def as_list_of(node: Any, mark: SourceMark | None) -> MarkedList:
    one = MarkedList(mark)
    one.add(node, mark)
    return one


def clean_path(text: str) -> str:
    """Return `text` without doubled slashes, `.` and `..`, as Go's path.Clean does."""
    rooted = text.startswith("/")
    parts: list[str] = []
    for part in re.split("/+", text):
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part not in ("", ".") and not (part == ".." and rooted):
            parts.append(part)
    return ("/" if rooted else "") + "/".join(parts) or "."
