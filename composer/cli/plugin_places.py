"""Where docker looks for its plugin, and a shell for docker-compose; what all of `plugin` share."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from composer.cli.flags import refuse_together
from composer.cli.parser import Namespace, Parser, Switch
from composer.cli.session import Session
from composer.record import dataclass

if TYPE_CHECKING:
    from composer.actions.plugin import Found

_PLUGIN = "docker compose"
_SYSTEM = {False: "/usr/local/lib/docker/cli-plugins", True: "/usr/local/bin"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where ours goes, how it is called there, and where else one of that name may be."""

    directory: str
    spelling: str
    searched: tuple[str, ...]

    def programs(self) -> Iterator[Found]:
        """Yield the programs that may be run by this spelling, the one that is first."""
        from composer.actions.plugin import programs

        return programs(self.searched, plugins=self.spelling == _PLUGIN)

    def used(self) -> Found | None:
        """Return the program that is run by this spelling: the first, though it be broken."""
        return next(self.programs(), None)


def configure(parser: Parser) -> None:
    add = parser.add_argument
    add("--system", action=Switch, help="For all users of this machine, below /usr/local")
    add("--standalone", action=Switch, help="The program docker-compose, not docker's plugin")
    add("--directory", metavar="DIR", help="Into another directory than ~/.docker/cli-plugins,"
        " or ~/.local/bin with --standalone")  # fmt: skip


def place(options: Namespace, session: Session) -> Place:
    """Return the place that the flags mean; raises UsageError."""
    given = {"--system": options.system, "--directory": bool(options.directory)}
    refuse_together(given, ("--system", "--directory"))
    found = standalone(session) if options.standalone else plugin(session)
    directory = options.directory or (_SYSTEM[options.standalone] if options.system else "")
    if not directory:
        return found
    return Place(os.path.abspath(directory), found.spelling, found.searched)


def plugin(session: Session) -> Place:
    from composer.engine.docker.docker_config import read_settings
    from composer.engine.plugins import plugin_directories

    docker = session.docker_directory
    searched = tuple(plugin_directories(docker, read_settings(docker)))
    return Place(os.path.abspath(f"{docker}/cli-plugins"), _PLUGIN, searched)


def standalone(session: Session) -> Place:
    home = session.environment.get("HOME") or os.path.expanduser("~")
    searched = session.environment.get("PATH", "").split(os.pathsep)
    return Place(f"{home}/.local/bin", "docker-compose", tuple(filter(None, searched)))


def told(place: Place, path: str) -> Sequence[str]:
    """Return what a user should know once the program at `path` has come or gone."""
    used = place.used()
    if used is None:
        return [f"'{place.spelling}' is not found: {place.directory} is not searched"]
    if used.broken:
        return [f"'{place.spelling}' does not work: {used.path}: {used.broken}"]
    if used.path != path:
        return [f"'{place.spelling}' is still {used.who}: {used.path} comes first"]
    return [f"'{place.spelling}' is composer" if used.ours else f"'{place.spelling}' is {used.who}"]
