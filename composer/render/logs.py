"""The output of containers, each line behind the name of who said it.

A colour belongs to a service, by its place among all services of the project, so that
it is the same in every command; the prefix is as wide as the longest name so far.  What
a container writes is passed on byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterable

from composer.model.events import STDERR, LogBatch
from composer.model.names import is_replacement_name
from composer.render.console import Console

_COLOURS = ("36", "33", "32", "35", "34", "36;1", "33;1", "32;1", "35;1", "34;1")


class LogWriter:
    """Writes lines.  `project` is what container names begin with, and prefixes do not.

    `services` are all of the project's, for their colours.  With `apart`, what a
    container says on stderr goes to stderr.
    """

    def __init__(
        self,
        console: Console,
        project: str,
        *,
        services: Iterable[str] = (),
        colour: bool = True,
        prefix: bool = True,
        timestamps: bool = False,
        apart: bool = False,
    ) -> None:
        self._apart = apart
        self._console = console
        self._project = project
        self._colour = colour and console.colour_out
        self._prefix = prefix
        self._timestamps = timestamps
        self._width = 0
        self._colours: dict[str, str] = {}
        self._prefixes: dict[str, bytes] = {}
        for service in sorted(services):
            self._colour_of(service)

    def expect(self, containers: Iterable[tuple[str, str]]) -> None:
        """Make room and choose colours for containers, as (name, service), before they speak."""
        for name, service in containers:
            self._meet(name, service)

    def write(self, container: str, service: str, batch: LogBatch) -> None:
        """Write lines as they are in `batch`, at once."""
        if not self._apart:
            self.print(self.dressed(container, service, batch))
            return
        of_stderr = [stream == STDERR for stream in batch.streams]
        for to_err in (False, True):
            places = [place for place, is_err in enumerate(of_stderr) if is_err is to_err]
            if places:
                lines = self.dressed(container, service, batch.picked(places))
                self._console.write(b"".join(lines), to_err=to_err)

    def dressed(self, container: str, service: str, batch: LogBatch) -> list[bytes]:
        """Return the lines of `batch` as they are written, with their ends."""
        prefix = self._prefix_of(container, service)
        if self._timestamps:
            pairs = zip(batch.times, batch.texts, strict=True)
            return [prefix + time + b" " + text + b"\n" for time, text in pairs]
        return [prefix + text + b"\n" for text in batch.texts]

    def print(self, lines: Iterable[bytes]) -> None:
        """Write lines that are dressed, at once."""
        self._console.write(b"".join(lines))

    def stopped(self, container: str, service: str, exit_code: int, *, again: bool) -> None:
        """Tell that a container has stopped; `again`: the engine is about to restart it."""
        text = f"{self.short(container)} exited with code {exit_code}"
        if again:
            text += " (restarting)"
        self._meet(container, service)
        self._console.print_now(self._painted(text, service))

    def short(self, container: str) -> str:
        """Return a container's name without that of the project, be it a temporary one."""
        if is_replacement_name(container) and container[13:].startswith(self._project):
            container = container[13:]
        return container.removeprefix(f"{self._project}-").removeprefix(f"{self._project}_")

    def _prefix_of(self, container: str, service: str) -> bytes:
        if not self._prefix:
            return b""
        known = self._prefixes.get(container)
        if known is None:
            self._meet(container, service)
            text = f"{self.short(container):<{self._width}}  | "
            known = self._prefixes[container] = self._painted(text, service).encode()
        return known

    def _meet(self, container: str, service: str) -> None:
        self._colour_of(service)
        if len(self.short(container)) > self._width:
            self._width = len(self.short(container))
            self._prefixes.clear()

    def _colour_of(self, service: str) -> str:
        return self._colours.setdefault(service, _COLOURS[len(self._colours) % len(_COLOURS)])

    def _painted(self, text: str, service: str) -> str:
        return f"\033[{self._colour_of(service)}m{text}\033[0m" if self._colour else text
