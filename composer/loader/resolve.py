"""What stands outside the files: variables without a value, env_file, label_file, contents.

`variables` fills in names without a value while the model is still nodes; `files`
reads the files of the services that are left when all selecting is done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

from composer.errors import InvalidProject, Problem
from composer.loader import dotenv
from composer.loader.nodes import MarkedMap
from composer.loader.wording import named_at
from composer.model.project import FileObject, Project
from composer.model.service import EnvFile, Service
from composer.record import replace
from composer.source import SourceFile, SourceMark

Variables = Mapping[str, str | None]

Contents: TypeAlias = dict[tuple[str, str, str], str]
"""From section, name and variable of a config or secret to its content."""

Read: TypeAlias = Callable[[str, str], SourceFile]
"""From the path of a file, and the directory from where it is called, to its text."""

_ABSENT = "correct the path, or create the file"


def variables(root: MarkedMap, environment: Mapping[str, str]) -> None:
    """Give variables without a value the one they have in `environment`, in place.

    Not found, one stays without a value, which takes it away from the image's.
    """
    for service in _containers(root):
        own = service.get("environment") or {}
        for name in [name for name, value in own.items() if value is None]:
            if name in environment:
                own[name] = environment[name]


def arguments(root: MarkedMap, environment: Mapping[str, str]) -> None:
    """Do the same for arguments of builds; one that is not found is dropped."""
    for service in _containers(root):
        build = service.get("build")
        arguments = build.get("args") if isinstance(build, MarkedMap) else None
        if not isinstance(arguments, MarkedMap):
            continue
        for name in [name for name, value in arguments.items() if value is None]:
            if name in environment:
                arguments[name] = environment[name]
            else:
                arguments.drop(name)


def _containers(root: MarkedMap) -> Iterator[MarkedMap]:
    for section in ("services", "jobs"):
        yield from (one for one in (root.get(section) or {}).values() if one)


def contents(project: Project, environment: Mapping[str, str], included: Contents) -> Project:
    """Return `project` with the content of configs and secrets that come from a variable.

    `included` holds what the variables of included projects say.
    """

    def of(section: str, objects: Mapping[str, FileObject]) -> dict[str, FileObject]:
        filled = dict(objects)
        for key, one in objects.items():
            if one.environment is not None:
                known = included.get((section, key, one.environment))
                filled[key] = replace(one, content=environment.get(one.environment, known))
        return filled

    configs, secrets = of("configs", project.configs), of("secrets", project.secrets)
    return replace(project, configs=configs, secrets=secrets)


def found_contents(root: MarkedMap, environment: Mapping[str, str]) -> Contents:
    """Return the contents of configs and secrets whose variables are in `environment`."""
    found: Contents = {}
    for section in ("configs", "secrets"):
        for key, one in (root.get(section) or {}).items():
            variable = one.get("environment") if isinstance(one, MarkedMap) else None
            if isinstance(variable, str) and variable in environment:
                found[section, key, variable] = environment[variable]
    return found


def label_files(project: Project, needed: Callable[[str], bool], read: Read) -> Project:
    """Return `project` with label_file read into its services.

    `label_file` stays, because the config hash names it.
    A missing file is a problem for the services that are `needed` only.  Raises
    InvalidProject.
    """

    def read_into(one: Service, reading: _Reading) -> Service:
        return replace(one, labels=reading.labels())

    return _each(project, needed, {}, read_into, read)


def env_files(
    project: Project, environment: Mapping[str, str], needed: Callable[[str], bool], read: Read
) -> Project:
    """Do the same for env_file, which does not stay."""

    def read_into(one: Service, reading: _Reading) -> Service:
        return replace(one, environment=reading.environment(), env_file=())

    return _each(project, needed, environment, read_into, read)


def _each(
    project: Project,
    needed: Callable[[str], bool],
    environment: Mapping[str, str],
    read_into: Callable[[Service, _Reading], Service],
    read: Read,
) -> Project:
    problems: list[Problem] = []
    services: dict[str, Service] = {}
    for name, service in project.services.items():
        if not service.env_file and not service.label_file:
            services[name] = service
            continue
        reading = _Reading(project, service, environment, needed(name), read)
        services[name] = read_into(service, reading)
        problems += reading.problems
    if problems:
        raise InvalidProject(_joined(problems))
    return replace(project, services=services)


def _joined(problems: Iterable[Problem]) -> Iterable[Problem]:
    """Return problems once each, with the notes of all: several services may name one file."""
    found: dict[tuple[str, str], Problem] = {}
    for problem in problems:
        key = (problem.message, str(problem.mark))
        first = found.get(key)
        notes = (*first.notes, *problem.notes) if first else problem.notes
        found[key] = replace(first or problem, notes=notes)
    return found.values()


class _Reading:
    """Reads the files that one service names."""

    def __init__(
        self,
        project: Project,
        service: Service,
        environment: Mapping[str, str],
        needed: bool,
        read: Read,
    ) -> None:
        self.problems: list[Problem] = []
        self._project = project
        self._service = service
        self._environment = environment
        self._needed = needed
        self._read_file = read

    def environment(self) -> Variables:
        """Return the variables: the service's own, then those of the last file first."""
        own = self._service.environment
        found: dict[str, str] = {}
        for index, entry in enumerate(self._service.env_file):
            mark = self._mark("env_file", index, "path")
            found |= self._parsed(entry, mark, _chain(self._environment, own), found)
        return {**found, **own} if found else own

    def labels(self) -> Mapping[str, str]:
        """Return the labels: the service's own, then those of the last file first."""
        found: dict[str, str] = {}
        for index, path in enumerate(self._service.label_file):
            mark = self._mark("label_file", index)
            found |= self._parsed(EnvFile(path=path), mark, _chain(found), {})
        return {**found, **self._service.labels} if found else self._service.labels

    def _parsed(
        self,
        entry: EnvFile,
        mark: SourceMark | None,
        lookup: dotenv.Lookup,
        earlier: Mapping[str, str],
    ) -> Mapping[str, str]:
        file = self._read(entry, mark)
        if file is None:
            return {}
        try:
            if entry.format == "raw":
                return dotenv.parse_raw(file, lookup, earlier=earlier)
            return dotenv.parse(file, lookup, earlier=earlier)
        except InvalidProject as error:
            self.problems += named_at(mark, error.problems)
            return {}

    def _read(self, entry: EnvFile, mark: SourceMark | None) -> SourceFile | None:
        if entry.format not in (None, "", "raw"):
            self.problems.append(Problem(f"unknown format of an env file: {entry.format!r}", mark))
            return None
        try:
            return self._read_file(entry.path, self._project.directory)
        except InvalidProject as error:
            if entry.required and self._needed:
                optional = entry in self._service.env_file
                hint = _ABSENT + ("; with 'required: false' it may be absent" if optional else "")
                for one in named_at(mark, error.problems):
                    self.problems.append(one if one.help else replace(one, help=hint))
            return None

    def _mark(self, *path: str | int) -> SourceMark | None:
        return self._project.mark("services", self._service.name, *path)


def _chain(*layers: Variables) -> dotenv.Lookup:
    """Return a look-up that asks one layer after the other."""

    def look_up(name: str) -> str | None:
        return next((value for layer in layers if (value := layer.get(name)) is not None), None)

    return look_up
