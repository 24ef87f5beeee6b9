"""List the images that containers have"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from composer.cli import flags
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session

if TYPE_CHECKING:
    from composer.actions.images import Used


def configure(parser: Parser) -> None:
    flags.services(parser)
    flags.switches(
        parser,
        {
            "-q --quiet": "Ids only",
            "--digests": "Their digests in registries too",
            "--layers": "What each layer costs, and what made it",
        },
    )
    flags.listing(parser)
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.actions.images import images
    from composer.render.images import COLUMNS, FIELDS, cells, fields, with_digests
    from composer.render.listing import show

    flags.known_format(options.format)
    found = images(session.project_name, session.engine, options.services)
    flags.say_missing(session, options.services, (used.container for used in found))
    if options.quiet:
        ids = dict.fromkeys(_id(used) for used in found)
        session.console.print("".join(f"{id}\n" for id in ids))
        return 0
    if options.layers:
        return _layers(found, options.format, session)
    rows = [cells(used, time.time()) for used in found]
    values = [fields(used) for used in found]
    columns, names, console = COLUMNS, FIELDS, session.console
    if options.digests or "{{" in options.format:
        columns, names, rows, values = with_digests(found, rows, values)
    show(console, options.format, columns, names, rows, style=_style, values=values)
    if options.format.lower() == "json":
        console.print("\n")  # as Docker Compose does, of `images` alone
    return 0


def _layers(found: Sequence[Used], format: str, session: Session) -> int:
    from composer.actions.images import layered
    from composer.render import layers
    from composer.render.listing import show

    images = layered(found, session.engine)
    rows = list(layers.rows(images, time.time()))
    values = list(layers.fields(images))
    show(session.console, format, layers.COLUMNS, layers.FIELDS, rows, style=_dim, values=values)
    return 0


def _dim(column: int, row: Sequence[str]) -> str:
    """Return how a layer without content looks."""
    return "" if row[2] or not column else "dim"


def _id(used: Used) -> str:
    return used.container.image_id.rpartition(":")[2]


def _style(column: int, row: Sequence[str]) -> str:
    return "dim" if row[column] in ("<none>", "N/A") else ""
