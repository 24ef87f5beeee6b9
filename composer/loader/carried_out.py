"""What the files may say but one engine, or this version, does not carry out.

Asked before containers are made, not by `config`: an attribute that would have no
effect where it matters is an error at the user's own line, never silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from composer.errors import Problem
from composer.model.project import FileObject, Project
from composer.model.service import Service


def problems(project: Project) -> list[Problem]:
    """Return a problem for all that active services ask for and would not get."""
    found = list(_scheduled(project))
    for service in project.services.values():
        found += _files(project, service)
    found += unbuildable(project, project.services)
    return sorted(dict.fromkeys(found), key=_place)


def unbuildable(project: Project, services: Iterable[str]) -> list[Problem]:
    """Return a problem for each secret that builds of `services` ask for and cannot get.

    A variable may be unset: whether a build can do without that secret, its Dockerfile says.
    """
    found = {}
    for build in filter(None, (project.services[name].build for name in services)):
        for reference in build.secrets:
            entry = project.secrets.get(reference.source)
            if entry is None or entry.environment is not None:
                continue
            for message in _faults(entry, f"secret {reference.source!r}"):
                found[message] = Problem(message, project.mark("secrets", reference.source))
    return list(found.values())


def _place(problem: Problem) -> tuple[str, int, int]:
    mark = problem.mark
    return (mark.file.name, mark.line, mark.column) if mark else ("", 0, 0)


def _scheduled(project: Project) -> Iterator[Problem]:
    """Yield a problem for each job that nobody would run; to run one by hand takes no `up`."""
    for name, job in project.jobs.items():
        if job.triggers.get("schedule"):
            yield Problem(
                f"job {name!r} has a schedule, which this version does not carry out",
                project.mark("jobs", name, "triggers", "schedule"),
                help="have cron or a timer run it, and leave 'manual: true' here",
            )


def _files(project: Project, service: Service) -> Iterator[Problem]:
    for section, kind, entries, references in (
        ("configs", "config", project.configs, service.configs),
        ("secrets", "secret", project.secrets, service.secrets),
    ):
        for index, reference in enumerate(references):
            entry = entries.get(reference.source)
            if entry is None:
                continue
            what = f"{kind} {reference.source!r}"
            for message in _faults(entry, what):
                yield Problem(message, project.mark(section, reference.source))
            for key in ("uid", "gid"):
                owner = getattr(reference, key)
                if owner is not None and not owner.isdecimal():
                    yield Problem(
                        f"{key} of {what} is {owner!r}, and a file belongs to a number",
                        project.mark("services", service.name, section, index, key),
                        help="write the number: the engine knows no names of a container's users",
                    )


def _faults(entry: FileObject, what: str) -> Iterator[str]:
    if entry.external:
        yield f"{what} is external: only a swarm keeps such things"
    elif entry.driver:
        yield f"{what} has a driver: only a swarm has drivers for it"
    elif entry.template_driver:
        yield f"{what} has a template_driver: only a swarm has templates"
    elif entry.environment is not None and entry.content is None:
        yield f"variable {entry.environment!r}, the content of {what}, is not set"
