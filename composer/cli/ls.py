"""List the projects of the engine"""

from __future__ import annotations

from collections.abc import Sequence

from composer.cli import flags
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session

FIELDS = ("Name", "Status", "ConfigFiles")


def configure(parser: Parser) -> None:
    flags.switches(
        parser,
        {
            "-a --all": "Projects of which no container runs too",
            "-q --quiet": "Names only",
        },
    )
    add = parser.add_argument
    add("--filter", action="append", default=[], metavar="name=REGEXP",
        type=flags.filtered("name"), help="Projects whose name matches only")  # fmt: skip
    flags.listing(parser)
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.actions.ls import ls
    from composer.render.grid import Column
    from composer.render.listing import show

    flags.known_format(options.format)
    projects = ls(session.engine, all=options.all, names=options.filter)
    if options.quiet:
        session.console.print("".join(f"{project.name}\n" for project in projects))
        return 0
    rows = [(project.name, project.status, project.files) for project in projects]
    columns = (Column("NAME"), Column("STATUS", "fold"), Column("CONFIG FILES", "fold"))
    show(session.console, options.format, columns, FIELDS, rows, style=_style)
    return 0


def _style(column: int, row: Sequence[str]) -> str:
    if column != 1:
        return ""
    return "green" if row[1].startswith("running(") else "yellow" if "running(" in row[1] else "dim"
