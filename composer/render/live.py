"""The picture of a running plan, drawn on a terminal by rich."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from rich.console import Console as RichConsole
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from composer.executor.progress import Phase, Picture, Row, advance
from composer.model.events import Event
from composer.model.units import print_bytes
from composer.record import replace
from composer.render.console import Console

_BAR = 20
_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_ICONS = {Phase.DONE: "✔", Phase.FAILED: "✘", Phase.SKIPPED: "-"}
_STYLES = {Phase.WORKING: "cyan", Phase.DONE: "green", Phase.FAILED: "red", Phase.SKIPPED: "dim"}


class LivePicture:
    """Draws until it is closed; the last picture stays on the screen in full."""

    def __init__(self, console: Console, title: str) -> None:
        self.picture = Picture()
        self._title = title
        self._begun: dict[str, float] = {}
        self._whole = False
        self._screen = RichConsole(
            file=console.err,
            force_terminal=True,
            no_color=not console.colour_err,
            highlight=False,
        )
        self._live = Live(
            console=self._screen,
            get_renderable=self._draw,
            refresh_per_second=10,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()

    def show(self, event: Event) -> None:
        picture = advance(self.picture, event)
        for subject in picture.rows:
            self._begun.setdefault(subject, time.monotonic())
        self.picture = picture  # last: another thread draws it

    def close(self) -> None:
        self._whole = True
        self._live.stop()

    def hand_over(self) -> None:
        """Leave what is finished on the screen; the rest goes on elsewhere."""
        over = {
            subject: row
            for subject, row in self.picture.rows.items()
            if row.phase is not Phase.WORKING
        }
        everything, self.picture = self.picture, replace(self.picture, rows=over)
        self.close()
        self.picture = everything

    def _draw(self) -> Group:
        size = self._screen.size
        height = None if self._whole else max(size.height - 2, 3)
        return view(self.picture, self._title, self._begun, time.monotonic(), size.width, height)


def view(
    picture: Picture,
    title: str,
    begun: dict[str, float],
    now: float,
    width: int,
    height: int | None,
) -> Group:
    """Return what is drawn: at most `height` lines, None for as many as there are.

    `begun` and `now` are in seconds on one clock.
    """
    rows = tuple(picture.rows.values())
    done = picture.count(Phase.DONE, Phase.SKIPPED)
    head = Text(f"[+] {title} {done}/{len(rows)}", style="bold")
    shown, hidden = _fit(rows, height)
    table = Table.grid(padding=(0, 1), expand=False)
    table.add_column(width=1)
    table.add_column(no_wrap=True, overflow="ellipsis", max_width=max(width - 40, 20))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, overflow="ellipsis", max_width=40)
    table.add_column(justify="right", no_wrap=True)
    tails: list[Text] = []
    for row in shown:
        spent = row.seconds if row.phase is not Phase.WORKING else now - begun[row.subject]
        table.add_row(
            Text(_icon(row, now), style=_STYLES[row.phase]),
            Text(row.subject),
            Text(row.status, style=_STYLES[row.phase]),
            Text(_detail(row)),
            Text(f"{spent:.1f}s", style="blue"),
        )
        tails += _build_tail(row, width)
    more = [Text(f"  and {hidden} more", style="dim")] if hidden else []
    return Group(head, table, *more, *(tails if height is None or not hidden else []))


def bar(current: int, total: int) -> str:
    """Return how far a pull has come: "[⣿⣿⣿⣿      ] 12 MiB / 60 MiB"."""
    filled = int(_BAR * current / total) if total else 0
    sizes = f"{print_bytes(current)} / {print_bytes(total)}"
    return f"[{'⣿' * filled}{' ' * (_BAR - filled)}] {sizes}"


def _fit(rows: Sequence[Row], height: int | None) -> tuple[Sequence[Row], int]:
    """Return the rows to draw in `height` lines and how many are left out, finished ones first."""
    if height is None or len(rows) < height:
        return rows, 0
    room = height - 2
    busy = [row for row in rows if row.phase in (Phase.WORKING, Phase.FAILED)]
    rest = [row for row in rows if row.phase not in (Phase.WORKING, Phase.FAILED)]
    kept = {row.subject for row in (busy + rest[::-1])[:room]}
    return [row for row in rows if row.subject in kept], len(rows) - len(kept)


def _icon(row: Row, now: float) -> str:
    if row.phase is Phase.WORKING:
        return _SPINNER[int(now * 10) % len(_SPINNER)]
    return _ICONS[row.phase]


def _detail(row: Row) -> str:
    if row.phase is not Phase.WORKING:
        return row.text.split("\n")[0]
    if row.total and row.current < row.total:
        return bar(row.current, row.total)
    if row.parts:
        return list(row.parts.values())[-1].text
    return row.text


def _build_tail(row: Row, width: int) -> Iterator[Text]:
    if row.phase is Phase.WORKING:
        for line in row.lines:
            plain = "".join(letter if letter.isprintable() else " " for letter in line)
            yield Text(f"    {plain}"[: width - 1], style="dim")
