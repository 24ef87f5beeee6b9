"""Print the output of containers"""

from __future__ import annotations

from typing import TYPE_CHECKING

from composer.cli import flags
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session
from composer.errors import EngineError, Problem, UsageError

if TYPE_CHECKING:
    from composer.model.observed import ObservedContainer


def configure(parser: Parser) -> None:
    flags.services(parser)
    flags.switches(
        parser,
        {
            "-f --follow": "Keep printing, containers that start later included",
            "-t --timestamps": "A time stamp in front of each line",
            "--no-color": "No colours in front of the lines",
            "--no-log-prefix": "No names in front of the lines",
        },
    )
    add = parser.add_argument
    add("-n", "--tail", default="all", metavar="LINES",
        help="The last lines of each container only (default all)")  # fmt: skip
    add("--since", metavar="TIME", help="From a time stamp on, or a time ago such as 42m")
    add("--until", metavar="TIME", help="Up to a time stamp, or a time ago such as 42m")
    add("--index", type=flags.number("--index"), metavar="N", help="This replica only")
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.actions.attach import Output
    from composer.actions.logs import containers_of, follow, read
    from composer.model.options import LogOptions
    from composer.render.logs import LogWriter

    if options.index is not None and len(options.services) != 1:
        raise UsageError("--index needs exactly one service")
    name = session.identify(options.services)
    request = LogOptions(
        services=options.services,
        follow=options.follow,
        tail=_tail(options.tail),
        timestamps=options.timestamps,
        since=flags.moment("--since", options.since),
        until=flags.moment("--until", options.until),
        index=options.index or None,
    )
    containers = containers_of(name, session.engine, request)
    if request.index is not None and not containers:
        raise UsageError(f"service {request.services[0]!r} has no container {request.index}")
    writer = LogWriter(
        session.console, name, colour=not options.no_color, prefix=not options.no_log_prefix
    )
    writer.expect((container.name, container.service) for container in containers)
    engine = session.engine

    def unreadable(container: ObservedContainer, error: EngineError) -> None:
        text = f"the output of {container.name} cannot be read: {error.message}"
        session.warn([Problem(text, severity="warning")])

    news = follow(name, engine, containers, request) if options.follow else read(
        engine, containers, request, unreadable
    )  # fmt: skip
    for one in news:
        if isinstance(one, Output):
            writer.line(one.container, one.service, one.line)
        else:
            writer.stopped(one.container, one.service, one.exit_code, again=one.again)
    return 0


def _tail(text: str) -> int | None:
    if text == "all":
        return None
    try:
        number = int(text)
    except ValueError:
        raise UsageError(f"--tail: {text!r} is neither a number nor 'all'") from None
    return number if number >= 0 else None
