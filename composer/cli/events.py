"""Print what happens to containers"""

from __future__ import annotations

from composer.cli import flags
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session


def configure(parser: Parser) -> None:
    flags.services(parser)
    flags.switches(parser, {"--json": "One JSON object for each event"})
    add = parser.add_argument
    add("--since", metavar="TIME", help="From a time stamp on, or a time ago such as 42m")
    add("--until", metavar="TIME", help="Up to a time stamp, or a time ago such as 42m")
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.actions.events import events
    from composer.render.events import as_json, as_text

    since = flags.moment("--since", options.since)
    until = flags.moment("--until", options.until)
    name = session.identify(options.services)
    show = as_json if options.json else as_text
    for happened in events(name, session.engine, options.services, since=since, until=until):
        session.console.print_now(show(happened))
    return 0
