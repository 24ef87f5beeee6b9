"""Readings → what `stats` shows: Docker's columns, and bars against the limits on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from composer.actions.stats import Reading
from composer.render.gotemplate.values import Row
from composer.render.grid import Column, fit
from composer.render.sizes import bytes_size, human_size
from composer.render.table import cut, width

if TYPE_CHECKING:
    from rich.text import Text

_COLUMNS = ("ID", "Name", "CPUPerc", "MemUsage", "MemPerc", "NetIO", "BlockIO", "PIDs")
TABLE = "table " + "\t".join(f"{{{{.{column}}}}}" for column in _COLUMNS)

HEADERS: Mapping[str, str] = {
    "BlockIO": "BLOCK I/O",
    "CPUPerc": "CPU %",
    "Container": "CONTAINER",
    "ID": "CONTAINER ID",
    "MemPerc": "MEM %",
    "MemUsage": "MEM USAGE / LIMIT",
    "Name": "NAME",
    "NetIO": "NET I/O",
    "PIDs": "PIDS",
}

_UNKNOWN = "--"
_BAR = 10
_FULL, _HALF, _REST = "━", "╸", "─"
_LIVE = (
    Column("NAME"),
    Column("CPU %", right=True),
    Column("", "", 6),
    Column("LIMIT", "", 3, right=True),
    Column("MEM USAGE / LIMIT"),
    Column("", "", 5),
    Column("MEM %", "", 4, right=True),
    Column("NET I/O", "", 2),
    Column("BLOCK I/O", "", 1),
    Column("PIDS", right=True),
)
_CPU_BAR, _MEMORY_BAR, _PIDS = 2, 5, 9


def row(reading: Reading, *, full: bool = False) -> Row:
    """Return the fields that the Docker CLI knows; with `full` ids are not cut short."""
    container, sample = reading.container, reading.sample
    return Row(
        {
            "BlockIO": f"{human_size(sample.read)} / {human_size(sample.written)}",
            "CPUPerc": _percent(reading.cpu),
            "Container": container.id,
            "ID": container.id if full else container.id[:12],
            "MemPerc": _percent(reading.memory),
            "MemUsage": f"{bytes_size(sample.memory)} / {bytes_size(sample.memory_limit)}",
            "Name": container.name,
            "NetIO": f"{human_size(sample.received)} / {human_size(sample.sent)}",
            "PIDs": str(sample.pids),
        }
    )


def lines(readings: Sequence[Reading], columns: int, height: int) -> list[Text]:
    """Return the table as lines of a terminal, at most `height` of them."""
    from rich.text import Text

    cells = [_cells(reading) for reading in readings]
    wide = fit(_LIVE, cells, columns)
    room = max(height - 1, 1)
    shown = len(cells) if len(cells) <= room else room - 1
    drawn = [_line([column.title for column in _LIVE], wide, ["bold"] * len(_LIVE))]
    for reading, row in list(zip(readings, cells, strict=True))[:shown]:
        drawn.append(_line(row, wide, _styles(reading)))
    if shown < len(cells):
        drawn.append(Text(f"… and {len(cells) - shown} more", "dim"))
    return drawn


def plain(text: str, columns: int, height: int) -> list[Text]:
    """Return the beginning of a text as lines of a terminal."""
    from rich.text import Text

    return [Text(cut(line.expandtabs(), columns)) for line in text.splitlines()[:height]]


def _cells(reading: Reading) -> list[str]:
    """Return the columns, as wide as they may become, so that nothing moves from look to look."""
    fields, sample = row(reading), reading.sample
    memory = f"{bytes_size(sample.memory):>8} / {bytes_size(sample.memory_limit):<8}"
    limit = "" if reading.cpu_limit is None else f"{reading.cpu_limit:g}%"
    pids = str(sample.pids) + (f" / {sample.pids_limit}" if sample.pids_limit else "")
    return [
        str(fields["Name"]),
        f"{_percent(reading.cpu, 1):>6}",
        _bar(_cpu_share(reading)),
        limit,
        memory,
        _bar(reading.memory),
        f"{_percent(reading.memory, 1):>6}",
        f"{human_size(sample.received):>6} / {human_size(sample.sent):<6}",
        f"{human_size(sample.read):>6} / {human_size(sample.written):<6}",
        pids,
    ]


def _line(row: Sequence[str], wide: Mapping[int, int], styles: Sequence[str]) -> Text:
    from rich.text import Text

    line = Text()
    for number, room in wide.items():
        cell = cut(row[number], room)
        blanks = " " * (room - width(cell))
        text = f"{blanks}{cell}" if _LIVE[number].right else f"{cell}{blanks}"
        line.append("  " if line else "").append(text, styles[number])
    return line


def _styles(reading: Reading) -> list[str]:
    styles = [""] * len(_LIVE)
    styles[_CPU_BAR] = _alarm(_cpu_share(reading))
    styles[_MEMORY_BAR] = _alarm(reading.memory)
    if limit := reading.sample.pids_limit:
        styles[_PIDS] = _alarm(reading.sample.pids / limit * 100).replace("green", "")
    return styles if reading.sample.memory_limit else ["dim"] * len(_LIVE)


def _cpu_share(reading: Reading) -> float:
    """Return how much of the processor time that it may have a container uses, in percent."""
    limit = reading.cpu_limit or reading.sample.cpus * 100
    return (reading.cpu or 0) / limit * 100 if limit else 0


def _alarm(share: float) -> str:
    return "red" if share >= 90 else "yellow" if share >= 70 else "green"


def _bar(share: float) -> str:
    halves = round(min(max(share, 0), 100) / 100 * _BAR * 2)
    return (_FULL * (halves // 2) + _HALF * (halves % 2)).ljust(_BAR, _REST)


def _percent(value: float | None, places: int = 2) -> str:
    return _UNKNOWN if value is None else f"{value:.{places}f}%"
