"""List images that are behind what their registries have"""

from __future__ import annotations

from composer.cli import flags
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session
from composer.errors import Problem


def configure(parser: Parser) -> None:
    flags.services(parser)
    flags.switches(
        parser,
        {
            "-a --all": "Those too that are up to date",
            "-q --quiet": "Names of images only",
            "--exit-code": "Exit with 2 when an image is behind",
        },
    )
    flags.listing(parser)
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.actions.outdated import outdated
    from composer.render.listing import show
    from composer.render.outdated import COLUMNS, FIELDS, cells, fields

    flags.known_format(options.format)
    project = session.installed(session.project(options.services))
    compared = outdated(project, session.engine, options.services, session.registries.look)
    told = [one for one in compared if options.all or one.behind or one.waiting or one.failure]
    if options.quiet:
        session.console.print("".join(f"{one.ref}\n" for one in told if one.behind))
    elif told or options.format == "json":
        rows, values = [cells(one) for one in told], [fields(one) for one in told]
        show(session.console, options.format, COLUMNS, FIELDS, rows,
             style=lambda column, row: "", values=values)  # fmt: skip
    else:
        session.console.say(f"{project.name}: all images are up to date")
    failures = [one.failure for one in compared if one.failure is not None]
    session.warn(Problem(one.message, help=one.help, severity="warning") for one in failures)
    if failures:
        return 1
    behind = any(one.behind or one.waiting for one in compared)
    return 2 if behind and options.exit_code else 0
