"""The processes of a project's containers."""

from __future__ import annotations

from collections.abc import Collection

from composer.engine.port import Reader
from composer.model.names import Label
from composer.model.observed import ObservedContainer
from composer.record import dataclass

_OWN = ("SERVICE", "#")
_COMMAND = "CMD"
_ABSENT = "-"


@dataclass(frozen=True, slots=True)
class Table:
    """Titles and rows, a row for each process."""

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def top(name: str, engine: Reader, services: Collection[str] = ()) -> Table:
    """Return the processes of the running containers of project `name`, by container.

    Containers may tell different columns: what one does not tell is "-".  The command
    is the last one, since it is of any length.
    """
    running = [
        container
        for container in sorted(engine.project_containers(name), key=lambda one: one.name)
        if container.state.status in ("running", "paused")
        and container.digest is not None
        and (not services or container.service in services)
    ]
    found = engine.processes(container.id for container in running)
    titles = dict.fromkeys(_OWN)
    cells: list[dict[str, str]] = []
    for container in running:
        told = found.get(container.id)
        for row in told.rows if told else ():
            assert told is not None
            titles.update(dict.fromkeys(told.titles))
            cells.append({**_own(container), **dict(zip(told.titles, row, strict=False))})
    if _COMMAND in titles:
        del titles[_COMMAND]
        titles[_COMMAND] = None
    rows = tuple(tuple(one.get(title, _ABSENT) for title in titles) for one in cells)
    return Table(tuple(titles), rows)


def _own(container: ObservedContainer) -> dict[str, str]:
    return dict(zip(_OWN, (container.service, container.labels.get(Label.NUMBER, "")), strict=True))
