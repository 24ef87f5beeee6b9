"""Print the services as a graph in the language of Graphviz"""

from __future__ import annotations

from composer.cli import flags
from composer.cli.parser import Namespace, Parser, Switch
from composer.cli.session import Session
from composer.errors import UsageError


def configure(parser: Parser) -> None:
    flags.switches(
        parser,
        {
            "--image": "Show the images of services",
            "--networks": "Show the networks of services",
            "--ports": "Show the ports of services",
        },
    )
    add = parser.add_argument
    add("--indentation-size", type=flags.number("--indentation-size"), default=1, metavar="N",
        help="By how many tabs lines are indented (default 1)")  # fmt: skip
    add("--spaces", action=Switch, help="Indent by blanks instead of tabs")
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.render.viz.dot import docker_dot
    from composer.render.viz.text import Parts

    if options.indentation_size < 0:
        raise UsageError(f"invalid indentation size: {options.indentation_size}")
    indent = (" " if options.spaces else "\t") * options.indentation_size
    session.console.say("`composer viz` draws more of it, as text, dot, mermaid or svg")
    parts = Parts(image=options.image, ports=options.ports, networks=options.networks)
    session.console.print(docker_dot(session.project(), indent, parts) + "\n")
    return 0
