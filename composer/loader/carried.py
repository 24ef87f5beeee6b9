"""Which files of this machine a project names: those that have to go where it goes.

Taken along is what lies in the project's directory, under its own name.  Secrets never are,
env files only if asked for, whatever else names the directory that they lie in.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator

from composer.errors import Problem
from composer.loader.files import STDIN
from composer.loader.pipeline import Loaded
from composer.loader.published import env_file_left_out
from composer.model.bundle import can_be_listed
from composer.model.project import Project
from composer.record import dataclass
from composer.source import SourceMark


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """`files` are paths from the project's directory on; `missing` is left to whoever unpacks."""

    files: tuple[str, ...]
    missing: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def carried(loaded: Loaded, *, variables: bool) -> Carried:
    """Return the files that go along, with `variables` env files too.

    `problems` are of files without which the project could not even be loaded.
    """
    work = _Collecting(loaded.project.directory)
    project = loaded.project
    named = loaded.sources.env_files
    env_files = {*_env_files(project), *project.env_files, *named}
    for path in (*project.files, *sorted(loaded.sources.seen)):
        if not _holds_variables(path) and path not in env_files:
            work.needed(path)
        elif variables:
            work.take(path)
    for mark in () if variables else named.values():
        work.problems.append(_env_file_left_out("an include", mark))
    for path in project.files:
        if not can_be_listed(os.path.relpath(path, project.directory)):
            work.problems.append(Problem(f"{path!r} cannot be named in COMPOSE_FILE"))
    for name in sorted(loaded.sources.foreign):
        work.problems.append(
            Problem(f"{name} is from elsewhere, and would not be there", help="make it a file here")
        )
    work.env_files(project, variables=variables)
    work.what_services_name(project)
    for path in project.env_files if variables else ():
        work.take(path)
    work.leave_out(_secrets(loaded), lambda path: False)
    if not variables:
        work.leave_out(env_files, _holds_variables)
    return Carried(
        files=tuple(sorted(work.files)),
        missing=tuple(work.missing),
        problems=tuple(work.problems),
    )


def _holds_variables(path: str) -> bool:
    name = os.path.basename(path)
    return name == ".env" or name.startswith(".env.")


def _env_file_left_out(who: str, mark: SourceMark | None) -> Problem:
    return env_file_left_out(who, mark, does="takes it along", reader="who gets the bundle")


def _env_files(project: Project) -> Iterator[str]:
    """Yield the env files of all services, those that profiles have switched off too."""
    for service in (*project.services.values(), *project.disabled.values()):
        for entry in service.env_file:
            yield entry.path


def _secrets(loaded: Loaded) -> set[str]:
    """Return the files of all secrets, those that no service uses now too."""
    said = loaded.tree.get("secrets") or {}
    files = {one.get("file") for one in said.values() if isinstance(one, dict)}
    return {str(file) for file in files if file}


class _Collecting:
    def __init__(self, directory: str) -> None:
        self.files: dict[str, None] = {}
        self.missing: dict[str, None] = {}
        self.problems: list[Problem] = []
        self._home = os.path.normpath(directory)
        self._needed: set[str] = set()

    def shown(self, path: str) -> str:
        inside = self._inside(path)
        return f"./{inside}" if inside is not None else path

    def needed(self, path: str, mark: SourceMark | None = None) -> None:
        """Take a file without which nothing works."""
        if path == STDIN or self._inside(path) is None:
            what = "standard input" if path == STDIN else f"{path!r}"
            self.problems.append(
                Problem(
                    f"{what} does not lie in the directory of the project, {self._home!r}",
                    mark,
                    help="a bundle takes along what lies in there",
                )
            )
        else:
            self.take(path)
            self._needed.add(os.path.relpath(path, self._home))

    def take(self, path: str) -> None:
        """Take a file, or all that is in a directory; what lies elsewhere is missing there."""
        if not path:
            return
        inside = self._inside(path)
        if inside is None or not os.path.exists(path):
            self.missing.setdefault(self.shown(path), None)
            return
        found = [inside] if os.path.isfile(path) else self._below(path)
        self.files |= dict.fromkeys(found)

    def env_files(self, project: Project, *, variables: bool) -> None:
        for name, service in project.services.items():
            for index, entry in enumerate(service.env_file):
                mark = project.mark("services", name, "env_file", index)
                if variables and os.path.exists(entry.path):
                    self.needed(entry.path, mark)
                elif entry.required:
                    self.problems.append(_env_file_left_out(f"service {name!r}", mark))

    def what_services_name(self, project: Project) -> None:
        for service in project.services.values():
            for path in service.label_file:
                self.needed(path)
            for mount in service.volumes:
                if mount.type == "bind":
                    self.take(mount.source or "")
        for config in project.configs.values():
            self.take(config.file or "")
        for secret in project.secrets.values():
            if secret.file:
                self.missing.setdefault(self.shown(secret.file), None)

    def leave_out(self, paths: Iterable[str], also: Callable[[str], bool]) -> None:
        """Take back `paths`, what is below them, and what `also` says; links to these too."""
        secret = {os.path.realpath(path) for path in paths}
        for name in list(self.files):
            real = os.path.realpath(os.path.join(self._home, name))
            if not (also(name) or also(real) or secret.intersection(_with_parents(real))):
                continue
            del self.files[name]
            self.missing.setdefault(f"./{name}", None)
            if name in self._needed:
                self.problems.append(
                    Problem(
                        f"./{name} is needed, and is a secret or an env file too",
                        help="have one file for each",
                    )
                )

    def _inside(self, path: str) -> str | None:
        relative = os.path.relpath(path, self._home)
        return None if relative == ".." or relative.startswith("../") else relative

    def _below(self, directory: str) -> Iterable[str]:
        """Yield the regular files below a directory; links to directories are not followed."""
        return (
            os.path.relpath(os.path.join(where, name), self._home)
            for where, _, names in os.walk(directory)
            for name in names
            if os.path.isfile(os.path.join(where, name))
        )


def _with_parents(path: str) -> Iterator[str]:
    yield path
    while path != (path := os.path.dirname(path)):
        yield path


def env_template(lines: Iterable[tuple[str, bool, str]]) -> Iterator[str]:
    """Yield the text of an env file to be filled in: of variables, whether needed, and defaults."""
    yield "# The variables of this project. Copy what you set into .env.\n"
    for name, required, default in lines:
        if required:
            yield f"\n# needed\n{name}=\n"
        else:
            yield f"\n# {name}={default}\n"
