"""Where the file names a command that could not be started."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from composer.errors import NoProgram, PlanFailed, WaitFailed
from composer.model.project import Project
from composer.source import SourceMark


@contextmanager
def marked(project: Project | None) -> Iterator[None]:
    """Give errors of commands that could not be started their place in the file."""
    try:
        yield
    except NoProgram as error:
        _mark(error, project)
        raise
    except PlanFailed as failed:
        for failure in failed.failures.values():
            _mark(failure, project)
        raise


def _mark(error: BaseException, project: Project | None) -> None:
    if project is None:
        return
    match error:
        case NoProgram():
            error.mark = _place_of(error, project)
        case WaitFailed(service=service) if service in project.services:
            error.mark = _place(project, service)


def _place_of(error: NoProgram, project: Project) -> SourceMark | None:
    """Return where a service names the program; of several the one that the container is of."""
    named = [name for name in project.services if _begins_with(project, name, error.program)]
    if len(named) > 1:
        named = sorted((one for one in named if _is_of(project, one, error.container)), key=len)
    return _place(project, named[-1]) if named else None


def _begins_with(project: Project, name: str, program: str) -> bool:
    service = project.services[name]
    words = service.entrypoint or service.command or ()
    return words[:1] == (program,)


def _is_of(project: Project, name: str, container: str) -> bool:
    return container == project.services[name].container_name or name in container


def _place(project: Project, name: str) -> SourceMark | None:
    """Return where the entrypoint of a service is written, or else its command."""
    for attribute in ("entrypoint", "command"):
        if getattr(project.services[name], attribute):
            return project.marks.get(("services", name, attribute))
    return None
