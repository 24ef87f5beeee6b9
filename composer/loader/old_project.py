"""What one file of 2014 must know of the others: names, bases, volumes.

In 2014 a service had an image or a build, and the one replaced the other when a service
was extended or overridden; a named volume was called on the engine as in the file, and
nobody declared it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from posixpath import dirname
from typing import TypeAlias

from composer.loader import paths
from composer.loader.documents import Parsed
from composer.loader.migrate_service import Note
from composer.loader.nodes import MarkedList, MarkedMap
from composer.loader.old_format import is_first, old_services
from composer.loader.old_mounts import mounts
from composer.record import dataclass
from composer.source import SourceMark

_Seen: TypeAlias = tuple[tuple[str, str], ...]
"""Files and services on the way of extends, so that a cycle is seen."""


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume to declare.  `directory` is one of its name beside the file, if there is one."""

    name: str
    driver: str | None = None
    mark: SourceMark | None = None
    directory: str | None = None

    def notes(self) -> Iterator[Note]:
        message = f"volume {self.name!r} is declared with its name, and so keeps its data"
        yield Note(message, self.mark)
        if self.directory:
            message = (
                f"until Compose 1.5 {self.name!r} here was the directory {self.directory}: "
                f"if the data is in there, write {self.directory}:…"
            )
            yield Note(message, self.mark)


@dataclass(frozen=True, slots=True)
class OldProject:
    """The services of every file by its path; `order` has the files that override each other.

    `services` are all names, `on_bridge` those that ask for the engine's own network.
    """

    of: Mapping[str, Mapping[str, MarkedMap]]
    order: tuple[str, ...]
    declared: Mapping[str, frozenset[str]]
    directories: frozenset[str]
    services: frozenset[str]
    on_bridge: frozenset[str]

    @classmethod
    def of_files(
        cls, files: Sequence[Parsed], others: Iterable[Parsed], directories: Iterable[str]
    ) -> OldProject:
        every = (*files, *others)
        of = {one.path: _services(one) for one in every}
        bridged = (
            name
            for services in of.values()
            for name, service in services.items()
            if "bridge" in (service.get("net"), service.get("network_mode"))
        )
        return cls(
            of=of,
            order=tuple(one.path for one in files),
            declared={one.path: frozenset(_declared(one)) for one in every},
            directories=frozenset(directories),
            services=frozenset(name for services in of.values() for name in services),
            on_bridge=frozenset(bridged),
        )

    def replaced(self, path: str, name: str) -> str | None:
        """Return image or build, if what this service extends or overrides has the other one."""
        service = self.of[path].get(name, MarkedMap())
        own = _kind(service)
        if own not in ("build", "image"):
            return None
        base = self._base(path, service)
        below = self._inherited(*base, seen=((path, name),)) if base else None
        if below is None:
            earlier = self._earlier(path)
            kinds = (self._inherited(one, name) for one in reversed(earlier))
            below = next((kind for kind in kinds if kind), None)
        return below if below in ("build", "image") and below != own else None

    def volumes(self, path: str, root: MarkedMap) -> tuple[Volume, ...]:
        """Return the volumes that a document has to declare, now that it must."""
        if not is_first(root):
            return ()
        found: dict[str, Volume] = {}
        for service in old_services(root):
            mark = root.keys_at.get(service)
            for one in self._mounted(path, service, mark):
                if one.name not in found or (one.driver and not found[one.name].driver):
                    found[one.name] = one
        known = {name for one in self._earlier(path) for name in self._declared_by(one)}
        return tuple(one for name, one in found.items() if name not in known)

    def _earlier(self, path: str) -> tuple[str, ...]:
        return self.order[: self.order.index(path)] if path in self.order else ()

    def _declared_by(self, path: str) -> Iterator[str]:
        yield from self.declared[path]
        for name in self.of[path]:
            yield from (one.name for one in self._mounted(path, name))

    def _mounted(
        self,
        path: str,
        name: str,
        mark: SourceMark | None = None,
        driver: str | None = None,
        seen: _Seen = (),
    ) -> Iterator[Volume]:
        """Yield the named volumes of a service, then those of its base, with its own driver."""
        service = self.of.get(path, {}).get(name)
        if service is None or (path, name) in seen:
            return
        if driver is None and isinstance(service.get("volume_driver"), str):
            driver = service["volume_driver"]
        written = service.keys_at.get("volumes") or mark
        for volume in mounts(service).named:
            beside = f"./{volume}" if f"{dirname(path)}/{volume}" in self.directories else None
            yield Volume(volume, driver, written, beside)
        if base := self._base(path, service):
            yield from self._mounted(*base, mark, driver, (*seen, (path, name)))

    def _inherited(self, path: str, name: str, seen: _Seen = ()) -> str | None:
        """Return whether a service has an image or a build, by itself or from its base."""
        service = self.of.get(path, {}).get(name)
        if service is None or (path, name) in seen:
            return None
        base = self._base(path, service)
        return _kind(service) or (self._inherited(*base, (*seen, (path, name))) if base else None)

    def _base(self, path: str, service: MarkedMap) -> tuple[str, str] | None:
        """Return the file and the name of what a service extends."""
        extends = service.get("extends")
        if isinstance(extends, str):
            return path, extends
        if not isinstance(extends, MarkedMap) or not isinstance(extends.get("service"), str):
            return None
        file = extends.get("file")
        where = paths.absolute(file, dirname(path)) if isinstance(file, str) else path
        return where, extends["service"]


def references(parsed: Parsed) -> Iterator[str]:
    """Yield the absolute paths of the files that a file extends or includes."""
    directory = dirname(parsed.path)
    for service in _services(parsed).values():
        extends = service.get("extends")
        file = extends.get("file") if isinstance(extends, MarkedMap) else None
        if isinstance(file, str) and not paths.is_remote(file) and "$" not in file:
            yield paths.absolute(file, directory)
    for root in (document.root for document in parsed.documents):
        for file in _included(root):
            if not paths.is_remote(file) and "$" not in file:
                yield paths.absolute(file, directory)


def _included(root: MarkedMap) -> Iterator[str]:
    entries = root.get("include")
    for entry in entries if isinstance(entries, MarkedList) else ():
        listed = entry.get("path") if isinstance(entry, MarkedMap) else entry
        for one in listed if isinstance(listed, MarkedList) else (listed,):
            if isinstance(one, str):
                yield one


def _services(parsed: Parsed) -> Mapping[str, MarkedMap]:
    found: dict[str, MarkedMap] = {}
    for root in (document.root for document in parsed.documents):
        modern = root.get("services")
        entries = modern if isinstance(modern, MarkedMap) else root
        names = modern if isinstance(modern, MarkedMap) else old_services(root)
        for name in names:
            service = entries[name]
            found[name] = service if isinstance(service, MarkedMap) else MarkedMap()
    return found


def _declared(parsed: Parsed) -> Iterator[str]:
    for root in (document.root for document in parsed.documents):
        volumes = root.get("volumes")
        if isinstance(volumes, MarkedMap) and not old_services(root):
            yield from volumes


def _kind(service: MarkedMap) -> str | None:
    """Return whether a service has an image, a build, or both."""
    own = [key for key in ("build", "image") if service.get(key) is not None]
    return "+".join(own) or None
