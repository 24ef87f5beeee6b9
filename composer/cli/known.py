"""What there is to name: services and profiles of the files, contexts, projects of the engine.

For completion, so files may be half written: what cannot be loaded is looked through for
names, and nothing is fetched, read from standard input or said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from composer.errors import ComposerError, FetchFailed
from composer.pattern import pattern
from composer.record import replace

if TYPE_CHECKING:
    from composer.cli.session import Session
    from composer.model.options import LoadOptions
    from composer.model.project import Project
    from composer.model.reference import Fetched

_TOP = pattern(r"^[\"']?([\w.-]+)[\"']?\s*:")
_NAME = pattern(r"^([ \t]+)[\"']?([\w.-]+)[\"']?\s*:")


def services(session: Session) -> list[tuple[str, str]]:
    """Return the names of services, those that are switched off included, each with its image."""
    if "-" in session.options.files:
        return []
    try:
        project = _project(session)
    except ComposerError:
        return [(name, "") for name in _written(session)] or _labelled(session)
    found = {**project.services, **project.disabled}
    return [
        (name, service.image or ("built here" if service.build else ""))
        for name, service in sorted(found.items())
    ]


def profiles(session: Session) -> list[tuple[str, str]]:
    """Return the profiles of the files, with the services that they switch on."""
    project = _project(session)
    members: dict[str, list[str]] = {}
    for service in {**project.services, **project.disabled}.values():
        for profile in service.profiles:
            members.setdefault(profile, []).append(service.name)
    return [(name, ", ".join(sorted(found))) for name, found in sorted(members.items())]


def contexts(session: Session) -> list[tuple[str, str]]:
    """Return the names of Docker contexts."""
    from composer.engine.docker.docker_config import contexts

    return list(contexts(session.docker_directory).items())


def warnings(session: Session) -> list[tuple[str, str]]:
    """Return the names of warnings, with what they mean."""
    from composer.loader.warning_names import ADVICE, LOADING

    return sorted({**LOADING, **ADVICE}.items())


def projects(session: Session) -> list[tuple[str, str]]:
    """Return the names of projects that the engine has, with what their containers do."""
    from composer.actions.ls import ls

    return [(one.name, one.status) for one in ls(session.engine, all=True)]


def ports(session: Session, service: str) -> list[tuple[str, str]]:
    """Return the ports of a service that are published, with where."""
    found = _project(session).services[service].ports
    return [
        (str(port.target), f"published as {port.published}" if port.published else "")
        for port in found
    ]


def _project(session: Session) -> Project:
    from composer.loader.pipeline import load

    return load(_options(session)).project


def _options(session: Session) -> LoadOptions:
    def fetch(reference: str) -> Fetched:
        raise FetchFailed("nothing is fetched for a word")

    lenient = session.load_options(check_consistency=False, resolve_environment=False)
    return replace(lenient, fetch=fetch)


def _written(session: Session) -> Iterable[str]:
    """Return the names that stand below `services:`, however wrong the rest may be."""
    found: dict[str, None] = {}
    try:
        for path in session.files:
            with open(path, encoding="utf-8", errors="replace") as file:
                found |= dict.fromkeys(names_below_services(file))
    except (ComposerError, OSError):
        pass
    return sorted(found)


def names_below_services(lines: Iterable[str]) -> Iterator[str]:
    """Yield the keys that are indented the least below `services:`."""
    inside, indent = False, ""
    for line in lines:
        if top := _TOP.match(line):
            inside, indent = top[1] == "services", ""
        elif inside and (found := _NAME.match(line)):
            indent = indent or found[1]
            if found[1] == indent:
                yield found[2]


def _labelled(session: Session) -> list[tuple[str, str]]:
    """Return the services that containers of the project belong to, if it is named."""
    if not session.options.project_name:
        return []
    found = session.engine.project_containers(session.options.project_name)
    return [(name, "") for name in sorted({one.service for one in found if one.service})]
