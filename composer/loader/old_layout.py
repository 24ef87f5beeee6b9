"""Move the services of 2014 below `services:`.

Comments right above a key go where the key goes.  Those right above the first key are the
head of the text, and stay above `services:`, unless there is a head before them or the
other services have comments like these.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final, NamedTuple

from composer.errors import InvalidProject, Problem
from composer.loader.edits import (
    Edit,
    begins_line,
    flow,
    indented,
    like,
    line_break,
    line_end,
    line_start,
    removal,
    with_comments_above,
)
from composer.loader.places import Entry, Node
from composer.record import dataclass
from composer.source import SourceFile, SourceMark

INDENT: Final = "  "

Volumes = Mapping[str, Mapping[str, str]]
"""Top-level volumes and their attributes."""


class _Chunk(NamedTuple):
    """The lines of an entry of the top level, with the comments that go with it."""

    entry: Entry
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Block:
    """A document from `begin` to `end` of a text, and which of its keys are services."""

    file: SourceFile
    text: str
    root: Node
    services: frozenset[str]
    begin: int
    end: int

    def edits(self, volumes: Volumes) -> list[Edit]:
        """Return the edits that make it modern, `volumes` declared."""
        return self._flow_edits(volumes) if self.root.style else self._block_edits(volumes)

    def _block_edits(self, volumes: Volumes) -> list[Edit]:
        chunks = self._chunks()
        places = [n for n, one in enumerate(chunks) if one.entry.key.text in self.services]
        first, last = places[0], places[-1]
        inside = chunks[first : last + 1]
        sections = "".join(self._section(one) for one in inside if not self._is_service(one))
        body = "".join(self.text[one.start : one.end] for one in inside if self._is_service(one))
        indent = self.text[line_start(self.text, self.root.start) : self.root.start]
        end = line_break(self.text)
        content = body.rstrip("\r\n")
        content, blank = content + end, body[len(content) :].partition("\n")[2]
        declared = indented("".join(self._declared(volumes, end)), indent)
        new = f"{sections}{indent}services:{end}{indented(content, self.unit)}{declared}{blank}"
        outside = (*chunks[:first], *chunks[last + 1 :])
        return [
            Edit(inside[0].start, inside[-1].end, new),
            *(version_out(self.text, self.root, one.entry) for one in outside if _is_version(one)),
        ]

    def _flow_edits(self, volumes: Volumes) -> list[Edit]:
        entries = self.root.entries
        versions = [one for one in entries if one.key.text == "version"]
        strange = [one for one in entries if one.key.text not in {*self.services, "version"}]
        if strange or "version" in self.services:
            raise self._stuck(strange[0] if strange else entries[0])
        first = next(one for one in entries if one.key.text in self.services)
        value = json.dumps(volumes) if first.key.style == '"' else flow(volumes)
        declared = f", {like(first.key, 'volumes')}: {value}" if volumes else ""
        return [
            Edit(self.root.start, self.root.start, f"{{{like(first.key, 'services')}: "),
            Edit(self.root.end, self.root.end, declared + "}"),
            *(removal(self.text, self.root, one) for one in versions),
        ]

    @property
    def unit(self) -> str:
        """By how much a service is indented: as its attributes are."""
        for entry in self.root.entries:
            if entry.key.text in self.services and entry.value.entries:
                return unit(self.text, entry)
        return INDENT

    def _chunks(self) -> list[_Chunk]:
        entries = self.root.entries
        for entry in entries:
            if not begins_line(self.text, entry.key):
                raise self._stuck(entry)
        starts = [with_comments_above(self.text, one.key.start) for one in entries]
        keys = [line_start(self.text, one.key.start) for one in entries]
        if starts[1:] == keys[1:] and not self._has_head(starts[0]):
            starts[0] = keys[0]
        ends = [*starts[1:], self.end]
        return [_Chunk(*one) for one in zip(entries, starts, ends, strict=True)]

    def _has_head(self, start: int) -> bool:
        """Say whether anything but `---` and directives stands before `start`."""
        before = self.text[self.begin : start].splitlines()
        return any(not line.startswith(("---", "%", "...")) for line in before)

    def _is_service(self, chunk: _Chunk) -> bool:
        return chunk.entry.key.text in self.services

    def _section(self, chunk: _Chunk) -> str:
        """Return the lines of what stands among services and is none."""
        lines = self.text[chunk.start : chunk.end]
        if not _is_version(chunk):
            return lines
        edit = removal(self.text, self.root, chunk.entry)
        return self.text[chunk.start : edit.start] + self.text[edit.end : chunk.end]

    def _declared(self, volumes: Volumes, end: str) -> list[str]:
        if not volumes:
            return []
        lines = ["", "volumes:"]
        for name, attributes in volumes.items():
            lines.append(f"{self.unit}{flow(name)}:")
            lines += (f"{self.unit * 2}{key}: {flow(one)}" for key, one in attributes.items())
        return [line + end for line in lines]

    def _stuck(self, entry: Entry) -> InvalidProject:
        before = self.text[: entry.key.start]
        column = entry.key.start - line_start(self.text, entry.key.start) + 1
        width = entry.key.end - entry.key.start
        mark = SourceMark(self.file, before.count("\n") + 1, column, width)
        message = f"{entry.key.text!r} cannot be told apart from the services around it"
        hint = "put every key on a line of its own, and try again"
        return InvalidProject([Problem(message, mark, help=hint)])


def unit(text: str, service: Entry) -> str:
    """Return by how much the attributes of a service are indented."""
    if service.value.style or not service.value.entries:
        return INDENT
    key, attribute = service.key.start, service.value.entries[0].key.start
    deeper = (attribute - line_start(text, attribute)) - (key - line_start(text, key))
    return " " * deeper if deeper > 0 else INDENT


def version_out(text: str, root: Node, version: Entry) -> Edit:
    """Return the edit that removes `version`, and the blank line below if none is needed."""
    edit = removal(text, root, version)
    below = line_end(text, edit.end)
    before = text[: edit.start]
    is_alone = not before or before.endswith(("\n\n", "\n\r\n", "---\n", "---\r\n"))
    is_blank = not text[edit.end : below].strip() and text[edit.end - 1 : edit.end] == "\n"
    if not root.style and is_alone and is_blank:
        return Edit(edit.start, below, "")
    return edit


def _is_version(chunk: _Chunk) -> bool:
    return chunk.entry.key.text == "version"
