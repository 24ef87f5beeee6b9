"""The picture of a running plan on a terminal, drawn ten times a second."""

from __future__ import annotations

import time
from threading import Event as Flag
from threading import Lock, Thread

from composer.executor.progress import Phase, Picture, advance, wording
from composer.model.events import Event, PlanStarted, StepProgressed
from composer.record import replace
from composer.render.console import Console
from composer.render.rate import Rates
from composer.render.screen import Screen
from composer.render.view import view

_FRAME = 0.1
_SHARE = 10
"""A frame that took long is followed by a pause this many times as long: others work as well."""


class LivePicture:
    """Draws until it is closed; the last picture stays on the screen in full."""

    def __init__(self, console: Console, title: str) -> None:
        self.picture = Picture()
        self._title = title
        self._begun: dict[str, float] = {}
        self._rates = Rates()
        self._screen = Screen(console.err, colour=console.colour_err)
        self._lock = Lock()
        self._closed = Flag()
        self._painter = Thread(target=self._paint, name="composer-painter", daemon=True)
        self._painter.start()

    def show(self, event: Event) -> None:
        picture = advance(self.picture, event)
        if not isinstance(event, PlanStarted):
            for subject in wording(event.step.operation).subjects:
                row, before = picture.rows.get(subject), self.picture.rows.get(subject)
                idle = before is None or before.phase is not Phase.WORKING
                if idle and row and row.phase is Phase.WORKING:
                    self._begun[subject] = time.monotonic()
            if isinstance(event, StepProgressed) and event.progress.part:
                for row in map(picture.rows.get, wording(event.step.operation).subjects):
                    if row is not None:
                        self._rates.note(row.subject, row.current, time.monotonic())
        self.picture = picture  # last: another thread draws it

    def close(self) -> None:
        self._closed.set()
        self._painter.join()
        self._draw(whole=True)

    def draw_anew(self) -> None:
        """Draw below from now on: the cursor has been somewhere else."""
        self._screen.draw_anew()

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

    def _paint(self) -> None:
        """Runs in a thread of its own."""
        pause = _FRAME
        asleep = time.monotonic()
        while not self._closed.wait(pause) and not self._screen.gone:
            begun = time.monotonic()
            if begun - asleep > pause + _FRAME:  # stopped, perhaps: `draw_anew` is to come first
                self._closed.wait(_FRAME)
            self._draw()
            asleep = time.monotonic()
            pause = max(_FRAME, _SHARE * (asleep - begun))

    def _draw(self, *, whole: bool = False) -> None:
        with self._lock:
            columns, lines = self._screen.size()
            height = None if whole else max(lines - 1, 2)
            now = time.monotonic()
            # the last column stays free: some terminals go on to the next line there
            picture, begun = self.picture, dict(self._begun)
            rates = {name: self._rates.of(name, now) for name in picture.rows}
            drawn = view(picture, self._title, begun, now, columns - 1, height, rates)
            self._screen.draw(drawn)
