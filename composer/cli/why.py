"""Show what made a service be replaced last, or would now"""

from __future__ import annotations

import json

from composer.cli import flags
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session


def configure(parser: Parser) -> None:
    parser.operand("service", "SERVICE", "1")
    flags.switches(parser, {"--json": "Print it as JSON"})


def run(options: Namespace, session: Session) -> int:
    from composer.actions.why import why
    from composer.errors import UsageError
    from composer.render.why import render_why, why_tree

    project = session.runnable_project((options.service,))
    flags.known_services((options.service,), project.services)
    found = why(project, options.service, session.engine)
    if not found:
        raise UsageError(f"service {options.service!r} has no containers, and is to have none")
    console = session.console
    if options.json:
        tree = why_tree(options.service, found)
        console.print(json.dumps(tree, indent=2, ensure_ascii=False))
    else:
        console.print(render_why(options.service, found, colour=console.colour_out))
    return 0
