"""What BuildKit tells while it builds several targets at once: whose step it is, and how it ended.

Its progress is a graph of vertices.  A vertex that several targets need is built once and
told by each of them under its own name, so what it says is passed on for the first of them.
"""

from __future__ import annotations

import base64
import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from composer.model.units import print_bytes
from composer.pattern import pattern
from composer.record import dataclass, field

Say = Callable[[str, str], None]

_NAME = pattern(r"\[([^\s\]]+)(?: ([^\]]*))?\] ?(.*)")
_LAST_LINES = 20
_LARGE = 1 << 20
"""Contexts of less bytes are not worth a line."""


@dataclass(slots=True)
class Vertex:
    """A step of a build.  `names` says for each target that needs it how it is called there."""

    names: dict[str, str] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)
    said: deque[str] = field(default_factory=lambda: deque(maxlen=_LAST_LINES))
    rest: str = ""
    error: str = ""
    completed: bool = False


class Baking:
    """`targets` are built.  `say` hears lines of each, `exported` which of them is there."""

    def __init__(self, targets: Iterable[str], say: Say, exported: Callable[[str], None]) -> None:
        self._targets = tuple(targets)
        self._say = say
        self._exported = exported
        self._vertices: dict[str, Vertex] = {}
        self.complaints: list[str] = []
        """What was printed that is not progress."""

    def hear(self, line: str) -> None:
        """Take one line of output."""
        try:
            told = json.loads(line) if line.startswith("{") else None
        except ValueError:
            told = None
        if not isinstance(told, dict):
            if line.strip():
                self.complaints.append(line.rstrip())
            return
        for one in told.get("vertexes") or ():
            self._vertex(one)
        for one in told.get("statuses") or ():
            self._status(one)
        for one in told.get("logs") or ():
            self._log(one)

    def failed(self) -> dict[str, tuple[str, Vertex]]:
        """Return the targets of which a step failed: how the step is called there, and it."""
        found: dict[str, tuple[str, Vertex]] = {}
        for vertex in self._vertices.values():
            if vertex.error and "context canceled" not in vertex.error:
                for target, name in vertex.names.items():
                    found.setdefault(target, (name, vertex))
        return found

    def _vertex(self, told: Mapping[str, Any]) -> None:
        vertex = self._vertices.setdefault(str(told.get("digest")), Vertex())
        target, name = self._named(str(told.get("name") or ""))
        if not target:
            return
        vertex.names[target] = name
        if told.get("started") and target not in vertex.begun:
            vertex.begun.add(target)
            self._begin(vertex, target, name, cached=bool(told.get("cached")))
        if told.get("error"):
            vertex.error = str(told["error"])
        if told.get("completed") and name == "exporting to image" and not told.get("error"):
            self._exported(target)

    def _begin(self, vertex: Vertex, target: str, name: str, *, cached: bool) -> None:
        if name.startswith("[internal]"):
            return
        others = [other for other in vertex.begun if other != target]
        if cached:
            name = f"CACHED {name}"
        elif others and not name.startswith("exporting"):
            name = f"{name} (as for {min(others)})"
        self._say(target, name)

    def _status(self, told: Mapping[str, Any]) -> None:
        vertex = self._vertices.get(str(told.get("vertex")))
        moved = int(told.get("current") or 0)
        sent = str(told.get("id") or "") == "transferring context:"
        if vertex and sent and told.get("completed") and moved >= _LARGE:
            for target in vertex.names:
                self._say(target, f"sent context: {print_bytes(moved)}")

    def _log(self, told: Mapping[str, Any]) -> None:
        vertex = self._vertices.get(str(told.get("vertex")))
        if vertex is None:
            return
        text = vertex.rest + base64.b64decode(told.get("data") or "").decode(errors="replace")
        *lines, vertex.rest = text.replace("\r\n", "\n").split("\n")
        for line in lines:
            shown = line.rsplit("\r", 1)[-1]
            vertex.said.append(shown)
            if vertex.names:
                self._say(next(iter(vertex.names)), shown)

    def _named(self, text: str) -> tuple[str, str]:
        """Return the target of a vertex, and how it is called there; "" for nobody's."""
        if len(self._targets) == 1:
            return self._targets[0], text
        match = _NAME.fullmatch(text)
        if match is None or match[1] not in self._targets:
            return "", text
        return match[1], f"[{match[2]}] {match[3]}" if match[2] else match[3]
