"""Lines that are drawn over and over at one place of a terminal.

Each frame is one write of only what is different, so nothing flickers.  The cursor
stays visible, below what is drawn, and no mode of the terminal is changed: there is
nothing to give back, however the program ends.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from typing import TextIO

from rich.color import ColorSystem
from rich.console import Console
from rich.style import Style
from rich.text import Text

_UP = "\033[{}A"
_REST_OF_LINE = "\033[K"
_REST_OF_SCREEN = "\033[J"


class Screen:
    def __init__(self, stream: TextIO, *, colour: bool) -> None:
        self._stream = stream
        self._colour = colour
        self._console = Console(file=stream, color_system="standard")
        self._drawn: list[str] = []
        self._widths: list[int] = []
        self._columns = 0
        self._anew = False
        self.gone = False

    def draw_anew(self) -> None:
        """Draw where the cursor is from now on; any thread, or a signal, may say so."""
        self._anew = True

    def size(self) -> tuple[int, int]:
        """Return columns and lines, now."""
        try:
            size = os.get_terminal_size(self._stream.fileno())
        except (OSError, ValueError):
            size = shutil.get_terminal_size((80, 24))
        return size.columns or 80, size.lines or 24

    def draw(self, lines: Sequence[Text]) -> None:
        """Put `lines` in the place of those before.  A terminal that is gone is no matter."""
        if self.gone:
            return
        if self._anew:
            self._anew, self._drawn, self._widths = False, [], []
        columns, _ = self.size()
        shown = [self._painted(line) for line in lines]
        moved = columns != self._columns
        frame = [self._back(columns)]
        if moved:
            frame.append(_REST_OF_SCREEN)
        for number, text in enumerate(shown):
            same = not moved and number < len(self._drawn) and self._drawn[number] == text
            frame.append("\r\n" if same else f"{text}{_REST_OF_LINE}\r\n")
        frame.append(_REST_OF_SCREEN)  # what a key has echoed too
        self._drawn, self._columns = shown, columns
        self._widths = [line.cell_len for line in lines]
        self._write("".join(frame))

    def _back(self, columns: int) -> str:
        """Return what moves the cursor to the first line; one that has wrapped is several."""
        height = sum(max(1, -(-one // columns)) for one in self._widths)
        return "\r" + (_UP.format(height) if height else "")

    def _painted(self, line: Text) -> str:
        if not self._colour:
            return line.plain.rstrip()
        return "".join(
            (piece.style or Style.null()).render(piece.text, color_system=ColorSystem.STANDARD)
            for piece in line.render(self._console)
        )

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # hung up, or closed
            self.gone = True
