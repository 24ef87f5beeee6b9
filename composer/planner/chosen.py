"""Which services are meant by names on the command line."""

from __future__ import annotations

from collections.abc import Collection

from composer.graph import closure
from composer.model.project import Project
from composer.model.service import Service


def chosen(project: Project, names: Collection[str], *, dependencies: bool) -> tuple[Service, ...]:
    """Return the services of these names, all of them without any, in the order of the file."""
    edges = {name: tuple(service.depends_on) for name, service in project.services.items()}
    wanted = closure(edges, names) if dependencies else names
    return tuple(one for name, one in project.services.items() if not names or name in wanted)
