"""List containers"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from composer.cli import flags
from composer.cli.formats import configured
from composer.cli.parser import Namespace, Parser, Switch
from composer.cli.session import Session
from composer.errors import ComposerError, UsageError

if TYPE_CHECKING:
    from composer.actions.ps import PsOptions
    from composer.model.observed import ObservedContainer


def configure(parser: Parser) -> None:
    flags.services(parser)
    flags.switches(
        parser,
        {
            "-a --all": "Stopped and one-off containers too",
            "-q --quiet": "Ids only",
            "--no-trunc": "Do not cut ids and commands short",
        },
    )
    add = parser.add_argument
    add("--services", dest="services_only", action=Switch,
        help="Names of the services that have a container")  # fmt: skip
    add("--orphans", action=Switch, default=True,
        help="Containers whose service is not in the file (default true)")  # fmt: skip
    add("--status", action="append", default=[], metavar="STATUS",
        help="created, dead, exited, paused, removing, restarting or running")  # fmt: skip
    add("--filter", metavar="STATUS", help="status=..., the same as --status")
    flags.format(parser)
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.actions.ps import ps, services_of

    name = session.identify(options.services)
    wanted = _wanted(options)
    project = None if options.orphans else session.known_project()
    containers = ps(name, project, session.engine, wanted)
    if options.quiet:
        session.console.print("".join(f"{container.id}\n" for container in containers))
    elif options.services_only:
        session.console.print("\n".join(services_of(containers)) + "\n")
    else:
        _show(session, containers, options.format, full=options.no_trunc)
    return 0


def _wanted(options: Namespace) -> PsOptions:
    from composer.actions.ps import STATUSES, PsOptions

    asked = list(options.status)
    if options.filter:
        key, equals, value = options.filter.partition("=")
        if not equals:
            raise UsageError(f"--filter takes KEY=VALUE, not {key!r}", help="write status=running")
        if key != "status":
            raise UsageError(f"unknown filter {key!r}", help="the only filter is status=...")
        asked.append(value)
    for status in asked:
        if status not in STATUSES:
            raise UsageError(f"unknown status {status!r}", help=f"one of {', '.join(STATUSES)}")
    return PsOptions(
        services=options.services,
        all=options.all,
        statuses=frozenset(asked),
        orphans=options.orphans,
    )


def _show(
    session: Session, containers: Sequence[ObservedContainer], format: str, *, full: bool
) -> None:
    """Print a table, with what is wrong below it where a person reads it, or what is asked for."""
    from composer.render.containers import HEADERS, RAW, TABLE, row
    from composer.render.template import render_rows

    default = "" if format else configured(session.docker_directory, "psFormat")
    template = format or default
    rows = [row(container, time.time(), full=full) for container in containers]
    if template in ("", "table", "pretty") and session.console.out.isatty():
        from composer.actions.ps import troubled
        from composer.render.ps import draw

        states = troubled(session.engine, containers)
        draw(session.console, rows, states, _orphans(session, containers))
        return
    template = {"": TABLE, "table": TABLE, "pretty": TABLE, "raw": RAW}.get(template, template)
    origin = "psFormat" if default else "--format"
    session.console.print(render_rows(template, rows, HEADERS, origin=origin))


def _orphans(session: Session, containers: Sequence[ObservedContainer]) -> tuple[str, ...]:
    """Return the names of those whose service is not in the file, if there is a sound file."""
    from composer.loader.pipeline import load

    if session.options.project_name and not session.options.files:
        return ()
    try:
        project = load(session.load_options()).project
    except ComposerError:  # who only wants to look is not told of it
        return ()
    known = {*project.services, *project.disabled}
    return tuple(container.name for container in containers if container.service not in known)
