"""Rewrite the attributes of a service of 2014, each in its place; `services:` comes later.

Which attributes changed, and into what, is told by docker/compose's config_schema_v1.json
and its page on upgrading.  Where a part is inherited through `<<`, what the service has in
the end decides; where it is, the text that is inherited is rewritten, once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from composer.loader.edits import (
    Edit,
    addition,
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
from composer.loader.nodes import MarkedList, MarkedMap
from composer.loader.old_mounts import Source, mounts
from composer.loader.places import Entry, Node, content
from composer.record import dataclass
from composer.source import SourceMark


@dataclass(frozen=True, slots=True)
class Note:
    """What a person should know of a change, and where it is."""

    message: str
    mark: SourceMark | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OldService:
    """A service as it is written, and what it has in the end, `<<` included.

    `services` are the names in all files; `on_bridge` those that ask for that network.
    `replaced` is image or build, if what this service extends or overrides has that.
    """

    name: str
    text: str
    node: Node
    values: MarkedMap
    services: frozenset[str]
    on_bridge: frozenset[str] = frozenset()
    replaced: str | None = None
    unit: str = "  "

    def note(self, key: str, message: str) -> Note:
        return Note(message, self.values.keys_at.get(key))


Change: TypeAlias = Edit | Note

CHANGED: Final = frozenset(
    ("auto_up", "build", "dockerfile", "image", "log_driver", "log_opt", "logging", "net")
) | {"network_mode", "volume_driver", "volumes", "volumes_from"}
"""Attributes that may not be the same afterwards."""


def changes(service: OldService) -> Iterator[Change]:
    """Yield what is to be done to a service, and said of it."""
    for rule in _RULES:
        yield from rule(service)


def _network_mode(service: OldService) -> Iterator[Change]:
    entry = service.node.entry("net")
    if entry is None or "network_mode" in service.values:
        return
    yield Edit(entry.key.start, entry.key.end, like(entry.key, "network_mode"))
    mode = entry.value.text
    kind, _, name = mode.partition(":")
    if kind == "container" and name in service.services:
        at = service.text.index(kind, entry.value.start)
        yield Edit(at, at + len(kind), "service")
    elif "$" in mode:
        yield service.note("net", "look after the variable: a service is service:NAME now")
    elif kind == "container":
        yield service.note("net", f"no service here is called {name!r}: taken for a container")
    elif mode == "bridge":
        yield from _bridge_and_links(service)


def _bridge_and_links(service: OldService) -> Iterator[Note]:
    """Tell of links between the bridge network and that of the project, which fail."""
    apart = [name for name, _ in _links(service) if name not in service.on_bridge]
    if apart:
        message = f"on the bridge network it cannot link to {', '.join(apart)} any more"
        yield service.note("net", f"{message}: take network_mode out, or give it to all of them")


def _build(service: OldService) -> Iterator[Change]:
    if "dockerfile" in service.values and not isinstance(service.values.get("build"), MarkedMap):
        yield from _gather(service, "build", {"build": "context", "dockerfile": "dockerfile"})


def _logging(service: OldService) -> Iterator[Change]:
    if service.node.entry("logging") is None:
        yield from _gather(service, "logging", {"log_driver": "driver", "log_opt": "options"})


def _volumes_from(service: OldService) -> Iterator[Change]:
    entry = service.node.entry("volumes_from")
    for item in entry.value.items if entry else ():
        name = item.text.partition(":")[0]
        if item.kind != "scalar" or name in service.services or name == "container":
            continue
        if "$" in name:
            message = "look after the variable: a container is container:NAME now"
        else:
            message = f"no service here is called {name!r}: taken for a container"
            yield _prefixed(service, item, "container:", quoted=bool(entry and entry.value.style))
        yield service.note("volumes_from", message)


def _mounts(service: OldService) -> Iterator[Change]:
    """Write ./ before a path that could do without until Compose 1.5."""
    entry = service.node.entry("volumes")
    for item in entry.value.items if entry else ():
        if item.kind == "scalar" and Source.of(item.text).is_bare_path:
            yield _prefixed(service, item, "./")
            source = item.text.partition(":")[0]
            yield service.note(
                "volumes", f"{source!r} has a slash, so it is the directory ./{source}"
            )


def _volume_driver(service: OldService) -> Iterator[Change]:
    entry = service.node.entry("volume_driver")
    if entry is None:
        return
    yield removal(service.text, service.node, entry)
    driver = entry.value.text
    for target in mounts(service.values).anonymous:
        message = f"{target} has no name, and without one it cannot have the driver {driver!r} now"
        yield service.note("volume_driver", message)


def _auto_up(service: OldService) -> Iterator[Change]:
    if entry := service.node.entry("auto_up"):
        yield removal(service.text, service.node, entry)
        yield service.note("auto_up", "auto_up had no effect, and is taken out")


def _link_notes(service: OldService) -> Iterator[Change]:
    for _, alias in () if service.name in service.on_bridge else _links(service)[:1]:
        variable = f"{alias.upper().replace('-', '_')}_PORT_…"
        message = f"links set no variables such as {variable} now: use the host name {alias!r}"
        yield service.note("links", message)
    if service.values.get("external_links"):
        message = "external_links reach only containers on a network of this service now"
        yield service.note("external_links", message)


def _image_or_build(service: OldService) -> Iterator[Change]:
    """Take back the image or build that this service's own replaced: today both count."""
    other = service.replaced
    own = {"build": "image", "image": "build"}.get(other or "", "")
    entry = service.node.entry(own)
    if other is None or entry is None:
        return
    yield addition(service.text, service.node, entry, other, "!reset null")
    message = f"{own} replaced the {other} there was: !reset keeps it so, without it both count"
    yield service.note(own, message)


_RULES: Final[tuple[Callable[[OldService], Iterator[Change]], ...]] = (
    _network_mode,
    _build,
    _logging,
    _volumes_from,
    _mounts,
    _volume_driver,
    _auto_up,
    _link_notes,
    _image_or_build,
)


def _links(service: OldService) -> list[tuple[str, str]]:
    """Return the service and the alias of each link."""
    links = service.values.get("links")
    texts = [str(link) for link in links] if isinstance(links, MarkedList) else []
    return [(name, alias or name) for name, _, alias in (text.partition(":") for text in texts)]


def _prefixed(service: OldService, item: Node, prefix: str, *, quoted: bool = False) -> Edit:
    """Return the edit that writes `prefix` before a text, in quotes if it must be."""
    at = content(item, service.text)
    if item.style:
        return Edit(at + 1, at + 1, prefix)
    if quoted:
        return Edit(at, item.end, f"'{prefix}{service.text[at : item.end]}'")
    return Edit(at, at, prefix)


def _gather(service: OldService, parent: str, parts: dict[str, str]) -> Iterator[Change]:
    """Write attributes below one `parent`, where the first of them stands."""
    own = [entry for entry in service.node.entries if entry.key.text in parts]
    if not own:
        return
    written = {entry.key.text for entry in own}
    inherited = {
        new: flow(service.values[old])
        for old, new in parts.items()
        if old in service.values and old not in written
    }
    if service.node.style:
        yield from _gather_flow(service, parent, parts, own, inherited)
    else:
        yield from _gather_block(service, parent, parts, own, inherited)


def _gather_flow(
    service: OldService,
    parent: str,
    parts: dict[str, str],
    own: list[Entry],
    inherited: dict[str, str],
) -> Iterator[Edit]:
    text, first = service.text, own[0]
    inner = {
        like(entry.key, parts[entry.key.text]): text[entry.value.start : entry.value.end]
        for entry in own
    }
    rows = ", ".join(f"{key}: {value}" for key, value in (inner | inherited).items())
    yield Edit(first.key.start, first.end, f"{like(first.key, parent)}: {{{rows}}}")
    for entry in own[1:]:
        yield removal(text, service.node, entry)


def _gather_block(
    service: OldService,
    parent: str,
    parts: dict[str, str],
    own: list[Entry],
    inherited: dict[str, str],
) -> Iterator[Edit]:
    text, first, end = service.text, own[0], line_break(service.text)
    if not all(begins_line(text, entry.key) for entry in own):
        return
    indent = text[line_start(text, first.key.start) : first.key.start]
    body = ""
    for entry in own:
        start, stop = line_start(text, entry.key.start), line_end(text, entry.end)
        above = start if entry is first else with_comments_above(text, start)
        key = like(entry.key, parts[entry.key.text])
        body += text[above : entry.key.start] + key + text[entry.key.end : stop]
        if entry is not first:
            yield Edit(above, stop, "")
    body += "".join(f"{indent}{key}: {value}{end}" for key, value in inherited.items())
    head = f"{indent}{like(first.key, parent)}:{end}"
    start, stop = line_start(text, first.key.start), line_end(text, first.end)
    yield Edit(start, stop, head + indented(body, service.unit))
