"""List volumes"""

from __future__ import annotations

from composer.cli import flags
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session


def configure(parser: Parser) -> None:
    flags.services(parser)
    flags.switches(parser, {"-q --quiet": "Names only"})
    flags.format(parser, "table")
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.actions.volumes import volumes
    from composer.render.grid import Column, show
    from composer.render.template import render_rows
    from composer.render.volumes import HEADERS, RAW, row

    name = session.identify(options.services)
    found = volumes(name, session.engine, options.services)
    if options.quiet:
        session.console.print("".join(f"{volume.name}\n" for volume in found))
    elif options.format in ("", "table"):
        cells = [(volume.driver, volume.name) for volume in found]
        columns = (Column(HEADERS["Driver"]), Column(HEADERS["Name"], "fold"))
        show(session.console, columns, cells)
    else:
        template = RAW if options.format == "raw" else options.format
        rows = [row(volume) for volume in found]
        session.console.print(render_rows(template, rows, HEADERS))
    return 0
