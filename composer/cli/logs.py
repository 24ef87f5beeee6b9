"""Print the output of containers"""

from __future__ import annotations

from typing import TYPE_CHECKING

from composer.cli import flags
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session
from composer.errors import EngineError, Problem, UsageError
from composer.record import replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from composer.actions.logs import Dress, Unreadable
    from composer.actions.sieve import Wish
    from composer.model.observed import ObservedContainer
    from composer.model.options import LogOptions
    from composer.model.project import Project
    from composer.render.logs import LogWriter


def configure(parser: Parser) -> None:
    flags.services(parser)
    flags.switches(
        parser,
        {
            "-f --follow": "Keep printing, containers that start later included",
            "-t --timestamps": "A time stamp in front of each line",
            "--no-color": "No colours in front of the lines",
            "--no-log-prefix": "No names in front of the lines",
            "--json": "One JSON object for each line, with the fields of JSON and logfmt",
        },
    )
    add = parser.add_argument
    add("-n", "--tail", default="all", metavar="LINES",
        help="Only the last lines of each container; --grep and --level choose first")  # fmt: skip
    add("--since", metavar="TIME", help="From a time stamp on, or a time ago such as 42m")
    add("--until", metavar="TIME", help="Up to a time stamp, or a time ago such as 42m")
    add("--index", type=flags.number("--index"), metavar="N", help="This replica only")
    add("--grep", metavar="PATTERN", help="Lines in which a regular expression is found")
    add(
        "--level",
        metavar="LEVEL",
        help="Lines as grave as this or graver: trace, debug, info, notice, warning, error, fatal",
    )
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.render.logs import LogWriter

    if options.index and len(options.services) != 1:
        raise UsageError("--index needs exactly one service")
    wish = _wish(options)
    project = session.known_project(options.services)
    name = project.name if project else session.project_name
    if project:
        flags.known_services(options.services, {**project.services, **project.disabled})
    request = _request(options, _attached(project), sifted=not wish.is_for_all)
    writer = LogWriter(
        session.console,
        name,
        services=project.services if project else (),
        colour=not options.no_color,
        prefix=not options.no_log_prefix,
        timestamps=options.timestamps,
    )
    print_output = _follow if options.follow else _read
    print_output(options, session, name, request, _dress(options, wish, writer), writer)
    return 0


def _read(
    options: Namespace,
    session: Session,
    name: str,
    request: LogOptions,
    dress: Dress,
    writer: LogWriter,
) -> None:
    from composer.actions.logs import containers_of, read
    from composer.actions.one_container import no_replica

    containers = containers_of(name, session.engine, request)
    if request.index is not None and not containers:
        replicas = containers_of(name, session.engine, replace(request, index=None))
        raise no_replica(options.services[0], request.index, replicas)
    _expect(writer, containers)
    for lines in read(session.engine, containers, request, dress, _unreadable(session)):
        writer.print(lines)


def _follow(
    options: Namespace,
    session: Session,
    name: str,
    request: LogOptions,
    dress: Dress,
    writer: LogWriter,
) -> None:
    from composer.actions.attach import Stopped
    from composer.actions.logs import follow

    def found(containers: Iterable[ObservedContainer]) -> None:
        _expect(writer, containers)

    for news in follow(name, session.engine, request, dress, _unreadable(session), found):
        if not isinstance(news, Stopped):
            writer.print(news)
        elif not options.json:
            writer.stopped(news.container, news.service, news.exit_code, again=news.again)


def _expect(writer: LogWriter, containers: Iterable[ObservedContainer]) -> None:
    writer.expect((container.name, container.service) for container in containers)


def _unreadable(session: Session) -> Unreadable:
    """Return what tells of a container whose output cannot be read."""

    def tell(container: ObservedContainer, error: EngineError) -> None:
        text = f"the output of {container.name} cannot be read: {error.message}"
        session.warn([Problem(text, severity="warning")])

    return tell


def _attached(project: Project | None) -> tuple[str, ...] | None:
    """Return the services whose output is shown unless others are named; None without a file."""
    services = project.services.items() if project else ()
    shown = tuple(name for name, service in services if service.attach is not False)
    return shown if project else None


def _request(options: Namespace, attached: tuple[str, ...] | None, *, sifted: bool) -> LogOptions:
    from composer.model.options import LogOptions

    services = options.services or attached
    return LogOptions(
        services=services,
        follow=options.follow,
        tail=_tail(options.tail),
        sifted=sifted,
        since=flags.moment("--since", options.since),
        until=flags.moment("--until", options.until),
        index=options.index or None,
    )


def _wish(options: Namespace) -> Wish:
    from composer.actions.levels import rank_of
    from composer.actions.sieve import Wish, pattern_of

    return Wish(
        pattern_of(options.grep) if options.grep else None,
        rank_of(options.level) if options.level else None,
    )


def _dress(options: Namespace, wish: Wish, writer: LogWriter) -> Dress:
    """Return what makes the lines of a container into those that are printed."""
    from composer.actions.sieve import Sieve
    from composer.model.events import LogBatch
    from composer.render.log_objects import objects

    make = objects if options.json else writer.dressed
    sieves: dict[str, Sieve] = {}

    def dress(container: str, service: str, batch: LogBatch) -> LogBatch:
        sieve = sieves.get(container) or sieves.setdefault(container, Sieve(wish))
        wanted = sieve(batch)
        lines = make(container, service, wanted)
        return LogBatch(container, lines, wanted.times, wanted.streams)

    return dress


def _tail(text: str) -> int | None:
    if text == "all":
        return None
    try:
        number = int(text)
    except ValueError:
        raise UsageError(f"--tail: {text!r} is neither a number nor 'all'") from None
    return number if number >= 0 else None
