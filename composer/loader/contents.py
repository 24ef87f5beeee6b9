"""The contents of configs and secrets: those that are files are read from this machine.

Read when a project is to be carried out, not by `config`: what is not there, or is no
regular file, is left out, and whoever mounts it finds out by itself.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from stat import S_IMODE, S_ISREG

from composer.model.project import Content, Project
from composer.record import replace


def with_contents(project: Project, *, elsewhere: bool = False) -> Project:
    """Return `project` with what is in the files that its services use as configs and secrets.

    `elsewhere` says that the engine is on another machine.
    """
    found: dict[tuple[str, str], Content] = {}
    for section, key, path in _used(project):
        content = None if (section, key) in found else _read(path)
        if content is not None:
            found[section, key] = content
    return replace(project, contents=found, elsewhere=elsewhere)


def _used(project: Project) -> Iterator[tuple[str, str, str]]:
    for service in project.services.values():
        for section, references, entries in (
            ("configs", service.configs, project.configs),
            ("secrets", service.secrets, project.secrets),
        ):
            for reference in references:
                entry = entries.get(reference.source)
                if entry is not None and entry.file:
                    yield section, reference.source, entry.file


def _read(path: str) -> Content | None:
    """Return what is in a regular file; from a pipe one could wait forever."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not S_ISREG(status.st_mode):
                return None
            return Content(
                data=file.read(),
                uid=status.st_uid,
                gid=status.st_gid,
                mode=S_IMODE(status.st_mode),
            )
    except OSError:
        return None
