"""Show what `up` would do, and why"""

from __future__ import annotations

from composer.cli import flags, planned, up_flags
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

    up_flags.check(options)
    session.assume_yes = options.yes
    project = session.runnable_project(options.services)
    request = up_flags.read(options, session, project)
    confirm = session.confirm if options.yes else None
    foreseen = plan(project, session.engine, request, confirm=confirm)
    planned.show(session, foreseen, project.name, as_json=options.json)
    return 2 if foreseen and options.exit_code else 0
