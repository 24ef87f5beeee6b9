"""A line that stays below everything else that is written to a terminal.

It is taken away before each write and drawn again after it, in one write, so that it
never gets into the output.  Both streams of a console stand above the same line.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from threading import RLock
from typing import Any, TextIO, cast

from composer.record import replace
from composer.render.console import Console, pour, tell

_TAKE_AWAY = "\r\033[K"
_FAINT = "\033[2m{}\033[0m\r"


class Footer:
    """`console` is to be written to in place of the one that it was made of."""

    def __init__(self, console: Console) -> None:
        self._lock = RLock()
        self._stream = console.err
        self._text = ""
        self._drawn = False
        self._at_start = True
        self._colour = console.colour_err
        out = self._above(console.out) if console.out.isatty() else console.out
        err = out if console.out is console.err else self._above(console.err)
        self.console = replace(console, out=out, err=err)

    def show(self, text: str) -> None:
        """Have `text` stand below from now on; "" is nothing."""
        with self._lock:
            self._text = text
            self._write(self._taken_away() + self._footer())

    def hide(self) -> None:
        self.show("")

    def write(self, write: Callable[[], object], ended: bool | None) -> None:
        """Do `write` above the line; `ended` says whether it ends a line, None if it is empty."""
        with self._lock:
            if not self._text and not self._drawn:
                write()
                return
            self._write(self._taken_away())
            write()
            self._at_start = self._at_start if ended is None else ended
            self._write(self._footer())

    def _above(self, stream: TextIO) -> TextIO:
        return cast("TextIO", _Above(self, stream))

    def _taken_away(self) -> str:
        drawn, self._drawn = self._drawn, False
        return _TAKE_AWAY if drawn else ""

    def _footer(self) -> str:
        """Return the line as it is drawn; none in the middle of another one."""
        if not self._text or not self._at_start:
            return ""
        self._drawn = True
        text = self._text[: self._columns() - 1]
        return _FAINT.format(text) if self._colour else f"{text}\r"

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or 80
        except (OSError, ValueError):
            return 80

    def _write(self, text: str) -> None:
        if text:
            try:
                tell(self._stream, text)
            except (OSError, ValueError):  # hung up
                self._text = ""


class _Above:
    """A stream of text above the line."""

    def __init__(self, footer: Footer, stream: TextIO) -> None:
        self._footer = footer
        self._stream = stream
        self.buffer = _BytesAbove(footer, stream)

    def write(self, text: str) -> int:
        def write() -> None:
            tell(self._stream, text)

        self._footer.write(write, text.endswith("\n") if text else None)
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _BytesAbove:
    def __init__(self, footer: Footer, stream: TextIO) -> None:
        self._footer = footer
        self._stream = stream

    def write(self, data: bytes | memoryview) -> int:
        def write() -> None:
            pour(self._stream, data)

        self._footer.write(write, data[-1:] == b"\n" if data else None)
        return len(data)

    def flush(self) -> None:
        self._stream.buffer.flush()
