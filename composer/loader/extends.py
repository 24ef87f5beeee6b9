"""Resolve `extends`: a service takes over another one, of this file or of another.

The base is taken after its own extends and merged like a file below an override
file.  Paths of a base from another file begin at that file's directory.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection
from typing import Any, Final, TypeAlias

from composer.errors import InvalidProject, Problem, did_you_mean
from composer.loader import paths, tags
from composer.loader.merge import merge_service
from composer.loader.nodes import MarkedMap, deep_copy
from composer.loader.wording import named_at
from composer.record import dataclass, field
from composer.source import Path, SourceFile, SourceMark

Load: TypeAlias = Callable[[str], MarkedMap]
"""From the absolute path of a file to its root: parsed, interpolated, its documents merged."""

_DEEPEST: Final = 50


def extend(
    root: MarkedMap,
    file: SourceFile | None,
    directory: str,
    load_other: Load,
    *,
    resets: Collection[Path] = (),
    overrides: Collection[Path] = (),
    written: bool = False,
    relative: paths.Relative | None = None,
    locate: paths.Locate = paths.local,
) -> MarkedMap:
    """Return `root` with every `extends` resolved.

    `directory` is where a path in `extends.file` begins.  `resets` and
    `overrides` are the tagged paths of `root`: they hold against a base too.
    With `relative`, paths of a base from another file stay relative to `directory`, as it says;
    `written` is that of `merge`; `locate` finds files.
    Raises InvalidProject with every service that cannot be extended.
    """
    services = root.get("services")
    if not isinstance(services, MarkedMap):
        return root
    here = _Source(services, file.name if file is not None else "", directory, resets, overrides)
    reading = _Reading(load_other, locate, written, relative)
    resolved = services.copy()
    for name in services:
        resolved[name] = reading.service(here, name, ())
    if reading.problems:
        raise InvalidProject(reading.problems)
    extended = root.copy()
    extended["services"] = resolved
    return extended


@dataclass(frozen=True, slots=True)
class _Source:
    """The services of one file.  `name` is how the user would name it."""

    services: MarkedMap
    name: str
    directory: str
    resets: Collection[Path] = ()
    overrides: Collection[Path] = ()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The service that an `extends` names; `file` None is the file it stands in."""

    service: str
    file: str | None = None


@dataclass(frozen=True, slots=True)
class _Link:
    """One step of a chain: `service` of file `file` extends another, as said at `mark`."""

    file: str
    service: str
    mark: SourceMark | None

    def __str__(self) -> str:
        return f"{self.service!r} in {self.file}" if self.file else repr(self.service)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was read and found so far.  A service that cannot be extended stays as it is."""

    load: Load
    locate: paths.Locate
    written: bool = False
    relative: paths.Relative | None = None
    problems: list[Problem] = field(default_factory=list)
    files: dict[str, _Source | None] = field(default_factory=dict)
    done: dict[tuple[str, str], Any] = field(default_factory=dict)

    def service(self, source: _Source, name: str, chain: tuple[_Link, ...]) -> Any:
        """Return service `name` of `source` without its extends; `chain` is who asks for it."""
        key = (source.name, name)
        if any((link.file, link.service) == key for link in chain):
            self._circular(chain, key)
            return None
        if len(chain) > _DEEPEST:
            message = f"extends of service {name!r} is nested more than {_DEEPEST} levels deep"
            self.problems.append(Problem(message, chain[-1].mark))
            return None
        if key not in self.done:
            self.done[key] = self._extended(source, name, chain)
        return self.done[key]

    def _extended(self, source: _Source, name: str, chain: tuple[_Link, ...]) -> Any:
        service = source.services[name]
        if not isinstance(service, MarkedMap) or "extends" not in service:
            return service
        rest = service.copy()
        rest.drop("extends")
        wanted = _wanted(service["extends"])
        if wanted is None:
            return rest if service["extends"] is None else service  # the schema words it
        link = _Link(source.name, name, _mark_of_name(service))
        base = self._base(source, wanted, service["extends"], (*chain, link))
        if not isinstance(base, MarkedMap):
            return rest
        base = deep_copy(base)
        tags.drop(base, _below(source.resets, name))
        overrides = _below(source.overrides, name)
        return merge_service(base, rest, overrides, written=self.written)

    def _base(
        self,
        source: _Source,
        wanted: _Wanted,
        written: Any,
        chain: tuple[_Link, ...],
    ) -> Any:
        """Return the service that is extended, None when there is none."""
        origin: _Source | None = source
        if wanted.file is not None:
            origin = self._file(wanted.file, source.directory, written)
        if origin is None:
            return None
        if wanted.service not in origin.services:
            self._missing(wanted, origin, written, chain[-1])
            return None
        base = self.service(origin, wanted.service, chain)
        if wanted.file is not None and isinstance(base, MarkedMap):
            directory = origin.directory
            if self.relative is not None:
                directory = self.relative(directory, source.directory)
            return paths.resolve_service(base, directory)
        return base

    def _file(self, text: str, directory: str, written: Any) -> _Source | None:
        """Return the services of another file; what is wrong with it is reported once."""
        mark = written.mark_of("file") if isinstance(written, MarkedMap) else None
        try:
            path = self.locate(text, directory, mark)
        except InvalidProject as error:
            self.problems.extend(error.problems)
            return None
        if path not in self.files:
            self.files[path] = None
            try:
                root = self.load(path)
            except InvalidProject as error:
                self.problems.extend(named_at(mark, error.problems))
                return None
            services = root.get("services")
            if not isinstance(services, MarkedMap):
                services = MarkedMap(root.mark)
            name = services.mark.file.name if services.mark is not None else path
            self.files[path] = _Source(services, name, posixpath.dirname(path))
        return self.files[path]

    def _missing(self, wanted: _Wanted, origin: _Source, written: Any, link: _Link) -> None:
        name = wanted.file or origin.name
        where = f" in {name}" if name else ""
        message = (
            f"cannot extend service {link.service!r}: service {wanted.service!r} not found{where}"
        )
        mark = written.mark_of("service") if isinstance(written, MarkedMap) else link.mark
        help = did_you_mean(wanted.service, origin.services)
        if help is None and wanted.file is None:
            help = "a service of another file is extended with file: beside service:"
        if not origin.services:
            help = "that file has no services"
        self.problems.append(Problem(message, mark, help))

    def _circular(self, chain: tuple[_Link, ...], key: tuple[str, str]) -> None:
        start = next(at for at, link in enumerate(chain) if (link.file, link.service) == key)
        cycle = chain[start:]
        alone = len({link.file for link in cycle}) == 1
        names = [repr(link.service) if alone else str(link) for link in cycle]
        message = f"service {names[0]} extends itself"
        if len(cycle) > 1:
            circle = " -> ".join(name.replace("'", "") for name in (*names, names[0]))
            message = f"services extend each other in a circle: {circle}"
        following = [*names[1:], names[0]]
        steps = zip(names, following, cycle, strict=True)
        notes = [(f"{one} extends {two}", link.mark) for one, two, link in steps if link.mark]
        self.problems.append(Problem(message, cycle[0].mark, notes=tuple(notes[1:])))


def _mark_of_name(service: MarkedMap) -> SourceMark | None:
    """Return where the service that is extended is named."""
    written = service["extends"]
    if isinstance(written, MarkedMap) and "service" in written:
        return written.mark_of("service")
    return service.mark_of("extends")


def _wanted(written: Any) -> _Wanted | None:
    """Return what `extends` names, None if it is not of a form that can be read."""
    if isinstance(written, str):
        return _Wanted(written)
    if not isinstance(written, MarkedMap) or not isinstance(written.get("service"), str):
        return None
    file = written.get("file")
    if file is not None and not isinstance(file, str):
        return None
    return _Wanted(written["service"], file)


def _below(paths: Collection[Path], name: str) -> list[Path]:
    """Return the paths inside service `name`, as seen from there."""
    here = ("services", name)
    return [path[2:] for path in paths if path[:2] == here and len(path) > 2]
