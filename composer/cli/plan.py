"""Show what `up` would do, and why"""

from __future__ import annotations

from typing import TYPE_CHECKING

from composer.cli import flags, locking, planned, up_flags
from composer.cli.parser import Namespace, Parser
from composer.cli.saved import refuse_standard_input
from composer.cli.session import Session

if TYPE_CHECKING:
    from composer.model.observed import Observed
    from composer.model.options import UpOptions
    from composer.model.plan import Plan
    from composer.model.project import Project
    from composer.reconciler import Confirm


def configure(parser: Parser) -> None:
    up_flags.configure(parser)
    flags.switches(
        parser,
        {
            "--json": "Print the plan as JSON",
            "--exit-code": "Exit with 2 when there is something to do",
        },
    )
    parser.add_argument(
        "--out", metavar="FILE", help="Write the plan too; up --plan FILE carries it out"
    )
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.actions.plan import plan

    up_flags.check(options)
    session.assume_yes = options.yes
    if options.out is not None:
        refuse_standard_input(session)
    project = locking.obey(options, session, session.runnable_project(options.services))
    request = up_flags.read(options, session, project)
    confirm = session.confirm if options.yes else None
    if options.out is not None:
        foreseen = _written(options, session, project, request, confirm)
    else:
        foreseen = plan(project, session.engine, request, confirm=confirm)
    planned.show(session, foreseen, project.name, as_json=options.json)
    return 2 if foreseen and options.exit_code else 0


def _written(
    options: Namespace,
    session: Session,
    project: Project,
    request: UpOptions,
    confirm: Confirm | None,
) -> Plan:
    """Return the plan, which is in the file by then."""
    from composer.actions.plan import plan
    from composer.actions.saved_plan import made, write
    from composer.cli.saved import asked

    what, engine = asked(options, session), session.engine

    def keep(observed: Observed, foreseen: Plan, done: frozenset[str]) -> None:
        write(options.out, made(what, engine.version().address, project, observed, foreseen))

    return plan(project, engine, request, confirm=confirm, approve=keep)
