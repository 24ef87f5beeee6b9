"""The one container that `export` and `commit` are about: running or not."""

from __future__ import annotations

from composer.engine.port import Reader
from composer.errors import NotFound
from composer.model.observed import ObservedContainer


def one_container(
    project: str, engine: Reader, service: str, index: int | None
) -> ObservedContainer:
    """Return replica `index` of a service, or the first: of those that run, else of all."""
    found = [
        one for one in engine.project_containers(project) if one.service == service and not one.hook
    ]
    if index is not None:
        found = [one for one in found if one.number == index and not one.oneoff]
        if not found:
            raise NotFound(f"service {service!r} has no container #{index}")
    if not found:
        raise NotFound(
            f"service {service!r} has no container", help=f"make one: composer create {service}"
        )
    return min(found, key=lambda one: (not _runs(one), one.oneoff, one.number, one.name))


def _runs(container: ObservedContainer) -> bool:
    return container.state.status in ("running", "paused", "restarting")
