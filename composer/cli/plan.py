"""Show what `up` would do, and why"""

from __future__ import annotations

import json

from composer.cli import flags, up_flags
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session


def configure(parser: Parser) -> None:
    up_flags.configure(parser)
    flags.switches(
        parser,
        {
            "--json": "Print the plan as JSON",
            "--exit-code": "Exit with 2 when there is something to do",
        },
    )
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.actions.plan import plan
    from composer.render.plan import plan_tree, render_plan

    up_flags.check(options)
    project = session.runnable_project(options.services)
    planned = plan(project, session.engine, up_flags.read(options, session, project))
    session.warn(planned.warnings)
    if options.json:
        session.console.print(json.dumps(plan_tree(planned, project.name), indent=2))
    else:
        colour = session.console.colour_out
        session.console.print(render_plan(planned, project.name, colour=colour))
    return 2 if planned and options.exit_code else 0
