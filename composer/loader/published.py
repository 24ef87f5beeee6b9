"""The files of a project as they are published: side by side, under names that tell nothing.

A file that another one names goes along under the hash of its path, as Docker Compose
calls it, and is named so.  Everything else in a file stays what it was.
"""

from __future__ import annotations

import os.path
from collections.abc import Collection, Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any, Final

from composer.errors import InvalidProject, Problem
from composer.loader import dotenv, paths
from composer.loader.edits import Edit, edited, flow
from composer.loader.files import STDIN, is_remote
from composer.loader.pipeline import Loaded
from composer.loader.places import Node, layouts
from composer.loader.sources import Sources
from composer.loader.template import TemplateError, expand
from composer.model.project import Project
from composer.model.service import Service
from composer.record import dataclass, replace
from composer.source import SourceFile, SourceMark

COMPOSE, NAMED, VARIABLES = "compose", "named", "variables"

_CONTAINERS: Final = ("services", "jobs")
_NOT_ENTERED: Final = ("environment", "labels", "args", "options")
_SUFFIX: Final = {NAMED: ".yaml", VARIABLES: ".env"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFile:
    """A file that goes along under `name`; `source` is the one it is made of.

    `kind` is compose (one that the command line names), named (by another one), or variables.
    """

    kind: str
    name: str
    text: str
    source: SourceFile


def published(
    loaded: Loaded, others: Iterable[str] = (), *, variables: bool = True
) -> tuple[PublishedFile, ...]:
    """Return the files of a project, those that others name after these.

    `others` are the paths of env files and label files that the project has: they must be
    found.  Without `variables`, env files of includes do not go along.  Raises InvalidProject
    for a file that is named in a way that cannot be changed, or would be missed.
    """
    project, sources = loaded.project, loaded.sources
    work = _Publishing(sources, loaded.environment, with_variables=variables)
    for path in project.files:
        name = os.path.basename(path) if path != STDIN else "compose.yaml"
        work.compose(path, name, project.directory)
    work.follow()
    needed = {*others, *(path for path in sources.seen if not _is_default(path))}
    lost = sorted(needed - work.known - {*project.env_files})
    if problems := [*work.problems, *(_unreachable(path, sources) for path in lost)]:
        raise InvalidProject(problems)
    return tuple(work.files)


def without_lost_builds(project: Project, directories: Collection[str]) -> Project:
    """Return `project` with images in place of builds whose contexts were not published.

    `directories` are those of artifacts, in which there are compose files and env files only.
    """

    def kept(service: Service) -> Service:
        build = service.build
        if build is None or not service.image or build.dockerfile_inline is not None:
            return service
        home = build.context or ""
        lost = any(home == one or home.startswith(f"{one}/") for one in directories)
        return replace(service, build=None) if lost else service

    return replace(project, services={name: kept(one) for name, one in project.services.items()})


def hashed(path: str, kind: str) -> str:
    """Return the name under which the file at `path` is published."""
    return sha256(path.encode()).hexdigest() + _SUFFIX[kind]


def env_file_left_out(
    who: str, mark: SourceMark | None, *, does: str = "publishes it too", reader: str = "everybody"
) -> Problem:
    return Problem(
        f"{who} reads an env file, which would not be there",
        mark,
        help=f"--with-env {does}: make sure that {reader} may read it",
    )


def _is_default(path: str) -> bool:
    return os.path.basename(path) == ".env"


def _unreachable(path: str, sources: Sources) -> Problem:
    return Problem(
        f"file {sources.read(path).name!r} cannot be published: it is named through an alias",
        help="write its name out where it is used",
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a text stands: paths in it begin at `directory`, ${…} are those of `variables`."""

    file: SourceFile
    directory: str
    variables: Mapping[str, str]

    @property
    def text(self) -> str:
        return self.file.text

    def mark(self, node: Node) -> SourceMark:
        before = self.text[: node.start]
        column = node.start - (before.rfind("\n") + 1) + 1
        return SourceMark(self.file, before.count("\n") + 1, column, node.end - node.start)


class _Publishing:
    """Follows the names of files from one to the other; `known` are the paths that were met."""

    def __init__(
        self, sources: Sources, variables: Mapping[str, str], *, with_variables: bool
    ) -> None:
        self.files: list[PublishedFile] = []
        self.problems: list[Problem] = []
        self._with_variables = with_variables
        self.known: set[str] = set()
        self._sources = sources
        self._variables = variables
        self._left: list[tuple[str, str, str, Mapping[str, str]]] = []

    def compose(self, path: str, name: str, directory: str) -> None:
        self.known.add(path)
        self._take(COMPOSE, path, name, directory, self._variables)

    def follow(self) -> None:
        """Take all files that are named by now, and those that they name."""
        variables: list[str] = []
        while self._left:
            kind, path, directory, values = self._left.pop(0)
            if kind == VARIABLES:
                variables.append(path)
            else:
                self._take(kind, path, hashed(path, kind), directory, values)
        for path in filter(os.path.exists, variables):  # one that need not be there may not be
            file = self._sources.read(path)
            name = hashed(path, VARIABLES)
            self.files.append(PublishedFile(kind=VARIABLES, name=name, text=file.text, source=file))

    def _take(
        self, kind: str, path: str, name: str, directory: str, variables: Mapping[str, str]
    ) -> None:
        file = self._sources.read(path)
        place = _Place(file, directory, variables)
        edits = [
            edit
            for layout in layouts(file.text)
            if layout.root is not None
            for edit in self._document(layout.root, place)
        ]
        text = edited(file.text, edits)
        self.files.append(PublishedFile(kind=kind, name=name, text=text, source=file))

    def _document(self, root: Node, place: _Place) -> Iterator[Edit]:
        for key, value in root.entries:
            if key.text == "include":
                for item in value.items:
                    yield from self._include(item, place)
            elif key.text in _CONTAINERS:
                for _, service in value.entries:
                    yield from self._service(service, place)
            elif key.text.startswith("x-"):
                yield from self._anything(value, place)

    def _service(self, service: Node, place: _Place) -> Iterator[Edit]:
        for key, value in service.entries:
            yield from self._entry(key.text, value, place)

    def _entry(self, key: str, value: Node, place: _Place) -> Iterator[Edit]:
        """Yield the edits of what stands under `key` in a service."""
        match key:
            case "extends":
                if (file := value.entry("file")) is not None:
                    yield from self._named(file.value, place)
            case "env_file" | "label_file":
                for one in _scalars(value):
                    yield from self._file_of_variables(one, place)
            case "<<":
                yield from self._service(value, place)

    def _anything(self, node: Node, place: _Place) -> Iterator[Edit]:
        """Yield the edits of what may become a part of a service through an alias."""
        for key, value in node.entries:
            if key.text in ("extends", "env_file", "label_file"):
                yield from self._entry(key.text, value, place)
            elif key.text not in _NOT_ENTERED:
                yield from self._anything(value, place)
        for item in node.items:
            yield from self._anything(item, place)

    def _include(self, item: Node, place: _Place) -> Iterator[Edit]:
        """Yield the edit that names the files of an include; a project from elsewhere stays one."""
        written = item if item.kind == "scalar" else _value(item, "path")
        nodes = tuple(_scalars(written)) if written is not None else ()
        found = [self._path(node, place) for node in nodes]
        local = [path for path in found if path is not None]
        if not local:
            return
        home = self._home(item, local[0], place)
        files = self._env_files(item, home, place)
        variables = {**self._values(files), **place.variables}
        if not self._with_variables:
            self.known |= {*files}  # and left out
            files = []
        for path in local:
            self._queue(NAMED, path, home, variables)
        for path in files:
            self._queue(VARIABLES, path, home, variables)
        names = [
            hashed(path, NAMED) if path is not None else node.text
            for node, path in zip(nodes, found, strict=True)
        ]
        if item.kind == "scalar" and not files:
            yield _renamed(item, place.text, names[0])
            return
        entry: dict[str, Any] = {"path": names}
        if files:
            entry["env_file"] = [hashed(path, VARIABLES) for path in files]
        yield Edit(item.start, item.end, flow(entry))

    def _home(self, item: Node, first: str, place: _Place) -> str:
        """Return the directory of an included project."""
        node = _value(item, "project_directory")
        text = self._expanded(node.text, place) if node is not None else ""
        return paths.absolute(text, place.directory) if text else os.path.dirname(first)

    def _env_files(self, item: Node, home: str, place: _Place) -> list[str]:
        node = _value(item, "env_file")
        named = tuple(_scalars(node)) if node is not None else ()
        found = [path for one in named if (path := self._path(one, place)) is not None]
        if found and node is not None and not self._with_variables:
            self.problems.append(env_file_left_out("an include", place.mark(node)))
        default = os.path.join(home, ".env")
        return found or ([default] if os.path.isfile(default) else [])

    def _named(self, node: Node, place: _Place) -> Iterator[Edit]:
        path = self._path(node, place)
        if path is not None:
            self._queue(NAMED, path, os.path.dirname(path), place.variables)
            yield _renamed(node, place.text, hashed(path, NAMED))

    def _file_of_variables(self, node: Node, place: _Place) -> Iterator[Edit]:
        path = self._path(node, place)
        if path is not None:
            self._queue(VARIABLES, path, "", place.variables)
            yield _renamed(node, place.text, hashed(path, VARIABLES))

    def _queue(self, kind: str, path: str, directory: str, variables: Mapping[str, str]) -> None:
        if path not in self.known:
            self.known.add(path)
            self._left.append((kind, path, directory, variables))

    def _path(self, node: Node, place: _Place) -> str | None:
        """Return the path that is written, None if it is no text, or names something elsewhere."""
        if node.kind != "scalar":
            return None
        text = self._expanded(node.text, place)
        return None if not text or is_remote(text) else paths.absolute(text, place.directory)

    def _expanded(self, text: str, place: _Place) -> str:
        try:
            return expand(text, place.variables.get)
        except TemplateError:  # of a part of the file that no service uses
            return ""

    def _values(self, files: Iterable[str]) -> Mapping[str, str]:
        """Return the variables that an include adds."""
        values: dict[str, str] = {}
        for path in filter(os.path.exists, files):
            file = self._sources.read(path)
            values |= dotenv.parse(file, self._variables.get, earlier=values)
        return values


def _value(node: Node, key: str) -> Node | None:
    entry = node.entry(key)
    return entry.value if entry is not None else None


def _scalars(node: Node) -> Iterator[Node]:
    """Yield the names of files: one, several, or below `path`."""
    if node.kind == "map":
        entry = node.entry("path")
        yield from _scalars(entry.value) if entry is not None else ()
    elif node.kind == "list":
        for item in node.items:
            yield from _scalars(item)
    elif node.text:
        yield node


def _renamed(node: Node, text: str, name: str) -> Edit:
    """Return the edit that writes `name` in place of a scalar, a comment behind it left alone."""
    end = node.end if node.style else node.start + len(text[node.start : node.end].rstrip())
    return Edit(node.start, end, name)
