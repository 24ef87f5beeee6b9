"""List the processes in containers"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from composer.cli import flags
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session

_MINIMUM, _PADDING = 4, 2
_GIVES: Mapping[str, tuple[Literal["", "fold"], int]] = {
    "C": ("", 1),
    "TTY": ("", 2),
    "STIME": ("", 3),
    "PPID": ("", 4),
    "CMD": ("fold", 0),
}
"""What becomes of columns on a narrow terminal; see `grid.Column`."""


def configure(parser: Parser) -> None:
    flags.services(parser)
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.actions.top import top
    from composer.render.grid import Column, show
    from composer.render.table import columns

    table = top(session.project_name, session.engine, options.services)
    if not table.rows:
        found = session.engine.project_containers(session.project_name)
        flags.say_missing(session, options.services, found)
        return 0
    if session.console.out.isatty():
        titles = [Column(title, *_GIVES.get(title, ("", 0))) for title in table.titles]
        show(session.console, titles, table.rows, style=_style)
    else:
        lines = ["\t".join(row) for row in (table.titles, *table.rows)]
        session.console.print(columns("\n".join(lines), _MINIMUM, _PADDING))
    return 0


def _style(column: int, row: Sequence[str]) -> str:
    return "cyan" if column == 0 else ""
