"""Wait until containers have stopped."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from composer.actions.attach import Following, Stopped
from composer.engine.port import Engine
from composer.errors import NotFound
from composer.record import dataclass

_RUNS = ("running", "paused", "restarting")


@dataclass(frozen=True, slots=True)
class Exit:
    container: str
    exit_code: int


def wait(project: str, engine: Engine, services: Collection[str]) -> Iterator[Exit]:
    """Yield the end of each container that runs now, by id, in the order of their ends.

    One that the engine starts again has ended too.  Raises NotFound if none runs.
    """
    following = Following(
        engine,
        project,
        wants=lambda service, number: service in services,
        shows=lambda service: False,
        lasting=False,
        oneoffs=True,
    )
    try:
        left: dict[str, str] = {}
        for container in engine.project_containers(project):
            wanted = container.service in services and container.state.status in _RUNS
            if wanted and not container.hook:
                left[container.name] = container.id
                following.read(container)
        if not left:
            raise NotFound(f"no containers for project {project!r}")
        for news in following:
            if isinstance(news, Stopped) and news.container in left:
                yield Exit(left.pop(news.container), news.exit_code)
            if not left:
                return
    finally:
        following.close()
