"""`ps` on a terminal: the table in colours, and below it what is wrong with whom."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Literal

from composer.executor.evidence import exit_text, probe_evidence, standing
from composer.model.observed import ContainerState
from composer.model.unstartable import why_unstartable
from composer.render import grid
from composer.render.console import Console
from composer.render.containers import COLUMNS, HEADERS

_GIVES: Mapping[str, tuple[Literal["", "fold", "cut"], int]] = {
    "Image": ("cut", 0),
    "Command": ("cut", 1),
    "Service": ("", 3),
    "RunningFor": ("", 2),
    "Status": ("fold", 0),
    "Ports": ("fold", 0),
}
"""What becomes of columns on a narrow terminal; see `grid.Column`."""

_COLUMNS = [grid.Column(HEADERS[name], *_GIVES.get(name, ("", 0))) for name in COLUMNS]
_STATUS = COLUMNS.index("Status")


def draw(
    console: Console,
    rows: Sequence[Mapping[str, object]],
    states: Mapping[str, ContainerState],
    orphans: Collection[str],
) -> None:
    """Print the rows; `states` are those of containers in trouble, `orphans` names, too."""
    from rich.text import Text

    cells = [[*(str(row[name]) for name in COLUMNS[:-1]), _ports(row)] for row in rows]
    names = [str(row["Name"]) for row in rows]
    lines = [line for name in names for line in _notes(name, states.get(name), orphans)]
    notes = [Text(line, "dim" if line.startswith(" ") else "") for line in lines]
    table = grid.drawing(_COLUMNS, cells, grid.terminal_width(console), style=_style)
    grid.draw(console, table, *([Text()] * bool(notes)), *notes)


def _ports(row: Mapping[str, object]) -> str:
    """Return a port in each line; one on all addresses, of either kind, is told once."""
    ports = str(row["Ports"]).split(", ")
    return "\n".join(
        port.removeprefix("0.0.0.0:")
        for port in ports
        if not (port.startswith("[::]:") and f"0.0.0.0:{port[5:]}" in ports)
    )


def _notes(name: str, state: ContainerState | None, orphans: Collection[str]) -> Iterator[str]:
    """Yield what is to be told of one container, one line or more."""
    said = list(_trouble(state)) if state is not None else []
    if name in orphans:
        said.insert(0, "its service is not in the file")
    if said:
        yield f"{name}: {said[0]}"
    yield from (f"  {line}" for line in said[1:])


def _trouble(state: ContainerState) -> Iterator[str]:
    match state.status:
        case "exited":
            text = exit_text(state)
            if not text.endswith(")"):  # the table tells the code
                yield text
        case "restarting":
            yield standing(state)
        case "created" | "dead" if state.error:
            yield f"{state.status}: {why_unstartable(state.error) or state.error}"
        case _ if state.health in ("starting", "unhealthy"):
            lines = probe_evidence(state)
            yield f"{state.health}: {lines[0]}"
            yield from lines[1:]


def _style(column: int, row: Sequence[str]) -> str:
    """Return how a cell looks: the status says it for its own cell and the name's."""
    if column not in (0, _STATUS):
        return ""
    status = row[_STATUS]
    if status.startswith(("Exited (0)", "Created")):
        return "dim"
    if status.startswith(("Exited", "Dead", "Removal")) or "(unhealthy)" in status:
        return "red"
    if status.startswith("Restarting") or "(health: starting)" in status or "Paused" in status:
        return "yellow"
    return "green" if column == _STATUS else ""
