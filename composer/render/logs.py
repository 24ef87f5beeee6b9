"""The output of containers, each line behind the name of who said it.

A colour belongs to a service, in the order in which services first appear; the
prefix is as wide as the longest name so far.  What a container writes is passed
on byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterable

from composer.model.events import LogLine
from composer.model.names import is_replacement_name
from composer.render.console import Console

_COLOURS = ("36", "33", "32", "35", "34", "36;1", "33;1", "32;1", "35;1", "34;1")


class LogWriter:
    """Writes lines.  `project` is what container names begin with, and prefixes do not.

    With `apart`, what a container says on stderr goes to stderr.
    """

    def __init__(
        self,
        console: Console,
        project: str,
        *,
        colour: bool = True,
        prefix: bool = True,
        apart: bool = False,
    ) -> None:
        self._apart = apart
        self._console = console
        self._project = project
        self._colour = colour and console.colour_out
        self._prefix = prefix
        self._width = 0
        self._colours: dict[str, str] = {}
        self._prefixes: dict[str, bytes] = {}

    def expect(self, containers: Iterable[tuple[str, str]]) -> None:
        """Make room and choose colours for containers, as (name, service), before they speak."""
        for name, service in containers:
            self._meet(name, service)

    def line(self, container: str, service: str, line: LogLine) -> None:
        """Write one line."""
        stamp = f"{line.time} ".encode() if line.time else b""
        data = self._prefix_of(container, service) + stamp + line.text + b"\n"
        self._console.write(data, to_err=self._apart and line.stream == "stderr")

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
        self._colours.setdefault(service, _COLOURS[len(self._colours) % len(_COLOURS)])
        if len(self.short(container)) > self._width:
            self._width = len(self.short(container))
            self._prefixes.clear()

    def _painted(self, text: str, service: str) -> str:
        return f"\033[{self._colours[service]}m{text}\033[0m" if self._colour else text
