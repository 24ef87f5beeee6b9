"""Take composer away from `docker compose`, and give back what was there"""

from __future__ import annotations

from composer.cli import plugin_places
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session


def configure(parser: Parser) -> None:
    plugin_places.configure(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.actions.plugin import NAME, uninstall

    place = plugin_places.place(options, session)
    path = f"{place.directory}/{NAME}"
    if session.options.dry_run:
        session.console.say(f"{path} would be removed")
        return 0
    there, back = uninstall(place.directory)
    session.console.say(f"removed {path}" if there else f"{path} is not there")
    if back:
        session.console.say("what was there before is back")
    if used := place.used():
        session.console.say(f"'{place.spelling}' is {used.who}, {used.path}")
    return 0
