"""Let `docker compose` be composer"""

from __future__ import annotations

from composer.cli import plugin_places
from composer.cli.parser import Namespace, Parser, Switch
from composer.cli.session import Session


def configure(parser: Parser) -> None:
    plugin_places.configure(parser)
    parser.add_argument("--replace", action=Switch,
        help="Also in the place of somebody else's, which is kept")  # fmt: skip


def run(options: Namespace, session: Session) -> int:
    from composer.actions.plugin import NAME, install

    place = plugin_places.place(options, session)
    path = f"{place.directory}/{NAME}"
    if session.options.dry_run:
        session.console.say(f"{path} would be written")
        return 0
    if kept := install(place.directory, replace=options.replace):
        session.console.say(f"what was there is kept as {kept}")
    session.console.say(f"wrote {path}")
    for line in plugin_places.told(place, path):
        session.console.say(line)
    hidden = [one for one in place.programs() if not one.ours and one != place.used()]
    for other in hidden:
        session.console.say(f"{other.who} in {other.path} is hidden by it")
    return 0
