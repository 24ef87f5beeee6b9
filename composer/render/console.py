"""Where text goes and how it may look: data to stdout, everything else to stderr."""

from __future__ import annotations

import errno
from _thread import LockType, allocate_lock  # a Lock, without all that threading imports
from collections.abc import Mapping
from contextlib import suppress
from io import TextIOWrapper
from typing import Any, TextIO

from composer.record import dataclass, field


def wants_colour(stream: TextIO, ansi: str, environment: Mapping[str, str]) -> bool:
    """Say whether text on `stream` may be coloured.  NO_COLOR yields to `--ansi always`."""
    if ansi != "auto":
        return ansi == "always"
    return not environment.get("NO_COLOR") and is_terminal(stream, environment)


def pour(stream: TextIO, data: bytes | memoryview) -> None:
    """Write all of `data` to a stream, at once, and whatever is before it.

    Not through its buffer, which is locked for as long as somebody writes: with a terminal that
    takes nothing (Ctrl-S), or a pager that does not read on, Ctrl-C would not be heard by who
    only wants to flush it.  With PYTHONUNBUFFERED there is none.
    """
    stream.flush()
    raw = getattr(stream.buffer, "raw", stream.buffer)
    left = memoryview(data)
    while left:
        left = left[_poured(raw, left) :]


def _poured(raw: Any, data: memoryview) -> int:
    """Write what is taken, and return how much that is; waits where nothing is.

    Raises BrokenPipeError for a terminal that has gone away, too.
    """
    try:
        count = raw.write(data)
    except OSError as error:
        if error.errno == errno.EIO:
            raise BrokenPipeError(error.errno, error.strerror) from error
        raise
    if count is None:  # of a terminal that somebody else has made such
        import select

        select.select([], [raw], [])
    return count or 0


def is_terminal(stream: TextIO, environment: Mapping[str, str]) -> bool:
    return stream.isatty() and environment.get("TERM") != "dumb"


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """Both streams.  `progress` is settled: tty, plain, json or quiet.

    `prefix` stands in front of every line of progress.  Several threads may write: each
    waits for its turn on a stream, and hears Ctrl-C meanwhile.
    """

    out: TextIO
    err: TextIO
    colour_out: bool = False
    colour_err: bool = False
    progress: str = "plain"
    prefix: str = ""
    turns: tuple[LockType, LockType] = field(
        default_factory=lambda: (allocate_lock(), allocate_lock()), compare=False
    )

    @classmethod
    def on(
        cls,
        out: TextIO,
        err: TextIO,
        environment: Mapping[str, str],
        *,
        ansi: str = "auto",
        progress: str = "auto",
        prefix: str = "",
    ) -> Console:
        """Return a console that looks at its streams wherever a choice is "auto"."""
        if progress == "auto":
            terminal = is_terminal(err, environment) and ansi != "never"
            progress = "tty" if terminal or ansi == "always" else "plain"
        if progress == "tty" and environment.get("TERM") == "dumb":
            progress = "plain"  # it cannot move its cursor
        return cls(
            out=out,
            err=err,
            colour_out=wants_colour(out, ansi, environment),
            colour_err=wants_colour(err, ansi, environment),
            progress=progress,
            prefix=prefix,
        )

    def print(self, text: str) -> None:
        """Write data: what the user asked for."""
        self.out.write(text if text.endswith("\n") or not text else text + "\n")

    def print_now(self, text: str) -> None:
        """Write data that somebody may be waiting for."""
        with self.turns[0]:
            tell(self.out, text if text.endswith("\n") or not text else text + "\n")

    def write(self, data: bytes, *, to_err: bool = False) -> None:
        """Write the output of a container, byte for byte, at once."""
        with self.turns[to_err]:
            pour(self.err if to_err else self.out, data)

    def say(self, text: str) -> None:
        """Tell the user something beside the data, as a record where progress is JSON.

        Nobody needs to hear it: what is done goes on without a listener.
        """
        if self.progress == "json":
            self.record(logged("info", text.strip()))
        else:
            self._say(text)

    def record(self, told: Mapping[str, object]) -> None:
        """Write an object beside the data, a line for programs."""
        import json

        self._say(json.dumps(told, ensure_ascii=False, separators=(",", ":")))

    def _say(self, text: str) -> None:
        self.out.flush()
        with self.turns[1], suppress(BrokenPipeError):
            tell(self.err, text if text.endswith("\n") else text + "\n")


def logged(level: str, message: str) -> dict[str, object]:
    """Return what is told beside the progress, as Docker Compose logs it."""
    import time

    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return {"level": level, "msg": message, "time": now}


def tell(stream: TextIO, text: str) -> None:
    """Write text to a stream at once, as `pour` does."""
    if not isinstance(stream, TextIOWrapper):
        stream.write(text)
        stream.flush()
    else:
        pour(stream, text.encode(stream.encoding, stream.errors or "strict"))
