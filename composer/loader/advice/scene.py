"""What advice looks at: the project, what was written, and what lies beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from composer.errors import Problem
from composer.loader.advice import databases
from composer.loader.advice.originals import Originals
from composer.loader.forms import as_text
from composer.model.project import Project
from composer.model.service import Service
from composer.record import dataclass
from composer.source import Path, SourceFile, SourceMark


class Scene:
    """A project under examination.

    `project` still has the resources that nobody uses.  `environment` is what ${…}
    was replaced from; `unset` names the variables that were missing, by file.
    `exists` says whether there is a file or directory at a path.
    """

    def __init__(
        self,
        project: Project,
        environment: Mapping[str, str],
        unset: frozenset[tuple[SourceFile, str]],
        exists: Callable[[str], bool],
    ) -> None:
        self.project = project
        self.environment = environment
        self.unset = unset
        self.exists = exists
        self.originals = Originals()
        self.entries: dict[Path, tuple[Entry, ...]] = {}

    @cached_property
    def services(self) -> Mapping[str, Service]:
        """All services, those switched off by profiles too."""
        return {**self.project.services, **self.project.disabled}

    @cached_property
    def built(self) -> frozenset[str | None]:
        """The names of the images that the project builds."""
        return frozenset(
            name
            for service in self.services.values()
            if service.build is not None
            for name in (service.image, *service.build.tags)
        )

    @cached_property
    def databases(self) -> Mapping[str, tuple[Service, ...]]:
        """The services that run a database, by its kind."""
        found: dict[str, tuple[Service, ...]] = {}
        for service in self.services.values():
            if (kind := databases.kind(service)) is not None:
                found[kind] = (*found.get(kind, ())[:1], service)
        return found


@dataclass(frozen=True, slots=True)
class Entry:
    """One `K=V` entry of a service.  `text` is its value before ${…} was replaced."""

    key: str
    path: Path
    mark: SourceMark
    text: str
    value: str
    in_list: bool


@dataclass(frozen=True, slots=True)
class At:
    """One service of the scene."""

    scene: Scene
    service: Service

    def mark(self, *path: str | int) -> SourceMark | None:
        """Return where the value at `path`, or its nearest ancestor, was written."""
        return self.scene.project.mark("services", self.service.name, *path)

    def own_mark(self, *path: str | int) -> SourceMark | None:
        """Return where the very value at `path` was written, None if nobody wrote it."""
        return self.scene.project.marks.get(("services", self.service.name, *path))

    def original(self, *path: str | int) -> str:
        """Return the text written at `path`, before ${…} was replaced; "" if there is none."""
        text = as_text(self.scene.originals.at(self.own_mark(*path)))
        return text if isinstance(text, str) else ""

    def say(
        self,
        message: str,
        *path: str | int,
        help: str | None = None,
        at: SourceMark | None = None,
        note: tuple[str, SourceMark | None] | None = None,
    ) -> Problem:
        """Return advice about `path` below the service, marked there or `at` a place in it."""
        notes = ((note[0], note[1]),) if note and note[1] else ()
        place = ("services", self.service.name, *path)
        return Problem(message, at or self.mark(*path), help, "warning", notes, path=place)

    def entries(self, *attribute: str) -> tuple[Entry, ...]:
        """Return the entries of an attribute such as `environment` that stand in the files."""
        place = (self.service.name, *attribute)
        if place not in self.scene.entries:  # several rules ask
            self.scene.entries[place] = tuple(self._entries(*attribute))
        return self.scene.entries[place]

    def _entries(self, *attribute: str) -> Iterator[Entry]:
        for key, value in self._mapping(*attribute).items():
            mark = self.own_mark(*attribute, key)
            text = as_text(self.scene.originals.at(mark))
            if mark is None or not isinstance(text, str) or text == key:
                continue  # a name alone, whose value comes from outside
            in_list = text.startswith(f"{key}=")
            text = text.removeprefix(f"{key}=") if in_list else text
            yield Entry(key, (*attribute, key), mark, text, str(value), in_list)

    def _mapping(self, *attribute: str) -> Mapping[str, str | None]:
        found: object = self.service
        for name in attribute:
            found = getattr(found, name, None)
        return found if isinstance(found, Mapping) else {}
