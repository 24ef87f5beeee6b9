"""Make a project of containers that exist."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator

from composer.engine.port import Reader
from composer.errors import NotFound
from composer.model.names import Label
from composer.model.observed import Interest, ObservedContainer
from composer.model.project import Project
from composer.planner.regain import common_project, regained
from composer.record import replace


def generate(engine: Reader, asked: Collection[str], name: str | None) -> Project:
    """Return a project of the containers asked for, of all without any.

    They are asked for by parts of their names, or by the beginning of their ids.  Raises
    NotFound if there is none.
    """
    listed = sorted(_chosen(engine, asked), key=lambda one: (one.name, one.id))
    if not listed:
        raise NotFound(f"no container(s) found with the following name(s): {','.join(asked)}")
    inspected = engine.inspect([one.id for one in listed])
    containers = [inspected[one.id] for one in listed if one.id in inspected]
    interest = Interest(
        project=name or common_project(containers),
        networks=frozenset(network for one in containers for network in one.networks),
        volumes=frozenset(point.name for one in containers for point in one.mounts if point.name),
    )
    return regained(containers, engine.observe(interest), name)


def relative_to(project: Project, directory: str) -> Project:
    """Return `project` with the paths below `directory` as they are written there."""
    home = os.path.normpath(directory)

    def shown(path: str | None) -> str | None:
        below = path is not None and (path == home or path.startswith(f"{home}/"))
        return f"./{os.path.relpath(path, home)}" if path and below else path

    services = {
        name: replace(
            service,
            volumes=tuple(
                replace(one, source=shown(one.source)) if one.type == "bind" else one
                for one in service.volumes
            ),
        )
        for name, service in project.services.items()
    }
    secrets = {key: replace(one, file=shown(one.file)) for key, one in project.secrets.items()}
    return replace(project, services=services, secrets=secrets)


def _chosen(engine: Reader, asked: Collection[str]) -> Iterator[ObservedContainer]:
    for container in engine.every_container():
        if container.oneoff or Label.HOOK in container.labels:
            continue
        if not asked or any(_is_meant(container, text) for text in asked):
            yield container


def _is_meant(container: ObservedContainer, text: str) -> bool:
    return text.lstrip("/") in container.name or container.id.startswith(text)
