"""Show who `docker compose` and `docker-compose` are"""

from __future__ import annotations

from typing import TYPE_CHECKING

from composer.cli import plugin_places
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session

if TYPE_CHECKING:
    from composer.actions.plugin import Found


def configure(parser: Parser) -> None:
    parser.add_argument("--format", default="table", metavar="FORMAT", help="table or json")


def run(options: Namespace, session: Session) -> int:
    """Show all that there are, the one that is used first; the exit code is 0 if it is composer."""
    from composer.errors import UsageError

    if options.format not in ("table", "json"):
        raise UsageError(f"unsupported --format value {options.format!r}", help="table or json")
    rows: list[dict[str, object]] = []
    for place in (plugin_places.plugin(session), plugin_places.standalone(session)):
        used = place.used()
        rows += (_row(place.spelling, one, one == used) for one in place.programs())
    if options.format == "json":
        import json

        session.console.print("".join(json.dumps(row) + "\n" for row in rows))
    else:
        session.console.print("\n".join(_table(rows)))
    mine = any(row["Used"] and row["Composer"] and not row["Broken"] for row in rows)
    return 0 if mine else 1


def _row(spelling: str, one: Found, used: bool) -> dict[str, object]:
    return {
        "Spelling": spelling,
        "Program": one.who,
        "Path": one.path,
        "Used": used,
        "Composer": one.ours,
        "Broken": one.broken,
    }


def _table(rows: list[dict[str, object]]) -> list[str]:
    lines = [["SPELLING", "PROGRAM", "STATE", "PATH"]]
    for row in rows:
        state = f"broken: {row['Broken']}" if row["Broken"] else "used" if row["Used"] else "hidden"
        lines.append([str(row["Spelling"]), str(row["Program"]), state, str(row["Path"])])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "   ".join(f"{text:<{width}}" for text, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
