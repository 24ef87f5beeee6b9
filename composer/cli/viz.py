"""Draw the services, networks, volumes and ports of the project"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from composer.cli import flags
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session
from composer.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from composer.actions.viz import Graph
    from composer.render.viz.text import Parts

FORMATS = ("text", "dot", "mermaid", "svg")


def configure(parser: Parser) -> None:
    flags.services(parser)
    add = parser.add_argument
    add("--format", default="text", metavar="FORMAT",
        help="text (default), dot, mermaid or svg")  # fmt: skip
    add("-o", "--output", metavar="FILE", help="Write to a file; its ending may say the format")
    flags.switches(
        parser,
        {
            "--no-image": "Leave out images",
            "--no-networks": "Leave out networks",
            "--no-ports": "Leave out published ports",
            "--no-volumes": "Leave out volumes",
        },
    )
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.actions.viz import graph
    from composer.render.grid import terminal_width
    from composer.render.viz.text import Parts

    format = _format(options)
    project = session.project(options.services)
    parts = Parts(
        image=not options.no_image,
        ports=not options.no_ports,
        networks=not options.no_networks,
        volumes=not options.no_volumes,
    )
    drawn = _drawers(terminal_width(session.console))[format](
        graph(project, options.services), parts
    )
    if not options.output:
        session.console.print(drawn)
        return 0
    try:
        with open(options.output, "w", encoding="utf-8") as file:
            file.write(drawn)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"cannot write {options.output}: {reason}") from None
    return 0


def _drawers(room: int) -> Mapping[str, Callable[[Graph, Parts], str]]:
    from composer.render.viz.dot import dot
    from composer.render.viz.mermaid import mermaid
    from composer.render.viz.svg import svg
    from composer.render.viz.text import draw

    return {
        "text": lambda graph, parts: draw(graph, room, parts),
        "dot": dot,
        "mermaid": mermaid,
        "svg": svg,
    }


def _format(options: Namespace) -> str:
    """Return the format that was said, or that the ending of the file says."""
    endings = {"dot": "dot", "gv": "dot", "mmd": "mermaid", "svg": "svg"}
    endings |= {picture: picture for picture in ("gif", "jpeg", "jpg", "pdf", "png", "webp")}
    ending = (options.output or "").rpartition(".")[2]
    said = str(options.format)
    format = endings.get(ending, said) if said == "text" else said
    if format not in FORMATS:
        raise UsageError(
            f"there is no format {format!r}",
            help=did_you_mean(format, FORMATS) or f"one of {', '.join(FORMATS)}",
        )
    return format
