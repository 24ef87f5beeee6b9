"""Where text goes and how it may look: data to stdout, everything else to stderr."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TextIO

from composer.record import dataclass


def wants_colour(stream: TextIO, ansi: str, environment: Mapping[str, str]) -> bool:
    """Say whether text on `stream` may be coloured.  NO_COLOR yields to `--ansi always`."""
    if ansi != "auto":
        return ansi == "always"
    return not environment.get("NO_COLOR") and is_terminal(stream, environment)


def is_terminal(stream: TextIO, environment: Mapping[str, str]) -> bool:
    return stream.isatty() and environment.get("TERM") != "dumb"


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """Both streams.  `progress` is settled: tty, plain, json or quiet.

    `prefix` stands in front of every line of progress.
    """

    out: TextIO
    err: TextIO
    colour_out: bool = False
    colour_err: bool = False
    progress: str = "plain"
    prefix: str = ""

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
        self.print(text)
        self.out.flush()

    def write(self, data: bytes, *, to_err: bool = False) -> None:
        """Write the output of a container, byte for byte, at once."""
        stream = self.err if to_err else self.out
        stream.flush()
        stream.buffer.write(data)
        stream.buffer.flush()

    def say(self, text: str) -> None:
        """Tell the user something beside the data.

        Nobody needs to hear it: what is done goes on without a listener.
        """
        self.out.flush()
        with suppress(BrokenPipeError):
            self.err.write(text if text.endswith("\n") else text + "\n")
            self.err.flush()
