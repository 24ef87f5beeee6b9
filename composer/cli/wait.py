"""Wait until containers of services have stopped"""

from __future__ import annotations

from composer.cli import flags
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session


def configure(parser: Parser) -> None:
    parser.operand("services", "SERVICE", "+")
    flags.switches(parser, {"--down-project": "Take the project down afterwards"})
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    """Return the exit code of the container that stopped last."""
    from composer.actions.wait import wait

    name = session.identify(options.services)
    code = 0
    for one in wait(name, session.engine, options.services):
        code = one.exit_code
        session.console.print_now(
            f'container "{one.container}" exited with status code {one.exit_code}'
        )
    if options.down_project and not session.options.dry_run:
        _take_down(name, session)
    return code


def _take_down(name: str, session: Session) -> None:
    from composer.actions.down import down
    from composer.model.options import DownOptions

    request = DownOptions(remove_orphans=True)
    project = session.known_project()
    with session.writing(name), session.progress("down") as report:
        plan = down(name, project, session.engine, request, report, parallel=session.parallel)
    session.warn(plan.warnings)
