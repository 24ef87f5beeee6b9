"""Turn texts in the format of 2014 into the format of today: text → text and notes.

The texts are edited in place, led by the offsets of the parser (`places.py`), and not
written anew from a tree as ruamel.yaml would: what need not change stays to the letter,
comments, blank lines, quotes, odd indents, anchors and line ends, and the diff that a
person is asked to read holds what changed and nothing else.  In return every result is
read again and compared with what it came from, so that no cleverness of YAML can slip
through: a text that this module cannot take apart is refused, not damaged.

First each service is rewritten where it stands (`migrate_service.py`), then the services
move below `services:`.  A text that is modern already loses `version:` and the old form
of `external:`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from composer.errors import InvalidProject, Problem
from composer.loader.document import Document, parse
from composer.loader.documents import Parsed
from composer.loader.edits import Edit, begins_line, edited, line_break, line_start
from composer.loader.migrate_service import CHANGED, Change, Note, OldService, changes
from composer.loader.nodes import MarkedMap, mark_at
from composer.loader.old_format import fills_in_a_service, is_first, old_services
from composer.loader.old_layout import Block, unit, version_out
from composer.loader.old_project import OldProject, Volume
from composer.loader.places import Entry, Layout, Node, layouts
from composer.record import dataclass, replace
from composer.source import Path, SourceFile


@dataclass(frozen=True, slots=True)
class Migration:
    """A file and what it should say, with notes for people.  `services` were at its top level."""

    path: str
    file: SourceFile
    text: str
    notes: tuple[Note, ...] = ()
    services: tuple[str, ...] = ()

    @property
    def is_needed(self) -> bool:
        return self.text != self.file.text


def migrate(
    files: Sequence[Parsed], others: Sequence[Parsed] = (), directories: Iterable[str] = ()
) -> tuple[Migration, ...]:
    """Return what each of `files`, then each of `others`, should say.

    `files` make one project, later ones override earlier ones; `others` are files that
    they extend or include; `directories` are the paths of those beside any of them.
    Raises InvalidProject for a text that cannot be taken apart.
    """
    project = OldProject.of_files(files, others, directories)
    return tuple(_migrated(one, project) for one in (*files, *others))


def _migrated(parsed: Parsed, project: OldProject) -> Migration:
    services = tuple(name for one in parsed.documents for name in old_services(one.root))
    text = parsed.file.text
    closed = text if text.endswith("\n") else text + line_break(text)
    rewritten, notes = _rewritten(closed, parsed, project)
    if rewritten != closed and _read(parsed, rewritten) is None:
        raise _unusual(parsed)
    moved = _moved(rewritten, parsed, project, notes)
    without = moved.removesuffix(line_break(text)) if closed != text else moved
    proven = _proven(parsed, (without, moved))
    notes.sort(key=_place)
    return Migration(parsed.path, parsed.file, proven, tuple(notes), services)


def _place(note: Note) -> tuple[bool, int, int]:
    """Sort notes by place, those without one last."""
    mark = note.mark
    return (mark is None, mark.line if mark else 0, mark.column if mark else 0)


def _rewritten(text: str, parsed: Parsed, project: OldProject) -> tuple[str, list[Note]]:
    """Return the text with every service rewritten where it stands."""
    pairs = zip(layouts(text), parsed.documents, strict=False)
    found = [one for pair in pairs for one in _changes(text, *pair, parsed, project)]
    edits = [one for one in found if isinstance(one, Edit)]
    return edited(text, edits), [one for one in found if isinstance(one, Note)]


def _changes(
    text: str, layout: Layout, document: Document, parsed: Parsed, project: OldProject
) -> Iterator[Change]:
    root = document.root
    names = old_services(root)
    first = is_first(root)
    for entry in layout.root.entries if layout.root else ():
        key = entry.key.text
        if key in _NAMED and key not in names:
            yield from _externals(text, entry)
        elif key == "version" and layout.root and not names:
            yield version_out(text, layout.root, entry)
        elif names and entry.value.kind == "map" and fills_in_a_service(root.get(key)):
            yield from changes(_service(text, entry, root, parsed.path, project, first=first))


def _service(
    text: str, entry: Entry, root: MarkedMap, path: str, project: OldProject, *, first: bool
) -> OldService:
    return OldService(
        name=entry.key.text,
        text=text,
        node=entry.value,
        values=root[entry.key.text],
        services=project.services,
        on_bridge=project.on_bridge,
        replaced=project.replaced(path, entry.key.text) if first else None,
        unit=unit(text, entry),
    )


_NAMED: Final = ("configs", "networks", "secrets", "volumes")


def _externals(text: str, section: Entry) -> Iterator[Edit]:
    """Yield the edits for what somebody else made and that has a name."""
    for resource in section.value.entries:
        external = resource.value.entry("external")
        if external and resource.value.entry("name") is None:
            yield from _external(text, resource.value, external)


def _external(text: str, resource: Node, external: Entry) -> Iterator[Edit]:
    """Yield the edits from `external: {name: x}` to `external: true` and `name: x`."""
    names = external.value.entries
    if external.value.kind != "map" or [one.key.text for one in names] != ["name"]:
        return
    [name] = names
    if external.value.style:
        comma = ", " if resource.style else line_break(text) + _indent(text, external.key)
        row = text[name.key.start : name.end]
        yield Edit(external.value.start, external.value.end, f"true{comma}{row}")
    elif begins_line(text, external.key) and begins_line(text, name.key):
        yield Edit(external.key.end, external.key.end + 1, ": true")
        start = line_start(text, name.key.start)
        yield Edit(start, name.key.start, _indent(text, external.key))


def _indent(text: str, key: Node) -> str:
    return text[line_start(text, key.start) : key.start]


def _moved(text: str, parsed: Parsed, project: OldProject, notes: list[Note]) -> str:
    """Return the text with its services below `services:`, and their volumes declared."""
    edits: list[Edit] = []
    begin = 0
    for layout, document in zip(layouts(text), parsed.documents, strict=False):
        names = old_services(document.root)
        if names and layout.root is not None:
            volumes = project.volumes(parsed.path, document.root)
            notes += (note for volume in volumes for note in volume.notes())
            place = (begin, layout.end)
            block = Block(parsed.file, text, layout.root, frozenset(names), *place)
            edits += block.edits(_declarations(volumes))
        begin = layout.end
    return edited(text, edits)


def _declarations(volumes: Iterable[Volume]) -> Mapping[str, Mapping[str, str]]:
    declared = {}
    for one in volumes:
        attributes = {"name": one.name}
        if one.driver:
            attributes["driver"] = one.driver
        declared[one.name] = attributes
    return declared


def _proven(parsed: Parsed, texts: Iterable[str]) -> str:
    """Return the first of the texts that says of each service what the file says.

    Attributes that are meant to change are left out.  Raises InvalidProject if there is none.
    """
    wrong: list[Path] = []
    for text in texts:
        if text == parsed.file.text:
            return text
        after = _read(parsed, text)
        if after is None or len(after) != len(parsed.documents):
            continue
        pairs = zip(parsed.documents, after, strict=True)
        wrong = [path for one, two in pairs for path in _differences(one.root, two.root)]
        if not wrong:
            return text
    raise _unusual(parsed, *wrong[:1])


def _read(parsed: Parsed, text: str) -> list[Document] | None:
    """Return what `text` says in the place of a file's, None if it says nothing sensible."""
    try:
        return parse(replace(parsed.file, text=text))
    except InvalidProject:
        return None


def _unusual(parsed: Parsed, path: Path = ()) -> InvalidProject:
    mark = mark_at(parsed.documents[0].root, path) if path else None
    what = f"service {path[0]!r}" if path else repr(parsed.file.name)
    hint = "migrate it by hand: composer cannot without changing more than it should"
    return InvalidProject([Problem(f"{what} is written in an unusual way", mark, help=hint)])


def _differences(old: MarkedMap, new: MarkedMap) -> Iterator[Path]:
    """Yield the path of each service or attribute that is not the same in both."""
    names = old_services(old)
    before: Any = {name: old[name] for name in names} if names else old.get("services")
    after = new.get("services")
    if not isinstance(before, dict) or not isinstance(after, dict):
        if before != after:
            yield ()
        return
    if list(before) != list(after):
        yield from ((name,) for name in before.keys() ^ after.keys())
    for name in before.keys() & after.keys():
        if not isinstance(before[name], dict) or not isinstance(after[name], dict):
            if before[name] != after[name]:
                yield (name,)
            continue
        for key in (before[name].keys() | after[name].keys()) - CHANGED:
            if before[name].get(key) != after[name].get(key):
                yield (name, key)
