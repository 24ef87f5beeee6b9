"""The process of a container on the fake engine, heard and told."""

from __future__ import annotations

from collections.abc import Iterator

from composer.model.command import Attachment
from support.world import FakeContainer, World


class FakeAttached:
    """Hears `live` from now on; one whose command reads says what it is told, and ends with it."""

    def __init__(self, world: World, live: FakeContainer, attachment: Attachment) -> None:
        self._world = world
        self._live = live
        self._listens = attachment.interactive and live.spec.config.stdin_open
        self._first = len(live.said)
        self._ends = live.ends
        self._closed = False

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        position = self._first
        while (pieces := self._pieces(position)) is not None:
            position += len(pieces)
            yield from pieces

    def _pieces(self, position: int) -> list[tuple[str, bytes]] | None:
        """Return what was said from `position` on; None is the end."""
        live = self._live
        with self._world.changed:
            while not (self._closed or live.ends > self._ends or len(live.said) > position):
                self._world.changed.wait()
            return None if self._closed else live.said[position:] or None

    def write(self, data: bytes) -> None:
        with self._world.changed:
            if self._listens and self._live.reads and self._live.running:
                self._world.print(self._live, "stdout", data)

    def close_input(self) -> None:
        with self._world.changed:
            one_off = self._live.spec.one_off
            reads = self._listens and self._live.reads and self._live.running
            if reads and one_off and one_off.attached:
                self._world.end(self._live, 0)

    def resize(self, rows: int, columns: int) -> None:
        with self._world.changed:
            self._live.size = (rows, columns)
            self._world.changed.notify_all()

    def close(self) -> None:
        with self._world.changed:
            self._closed = True
            self._world.changed.notify_all()

    def exit_code(self) -> int:
        with self._world.changed:
            while self._live.ends == self._ends:
                self._world.changed.wait()
            return self._live.state.exit_code
