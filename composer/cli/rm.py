"""Remove stopped containers"""

from __future__ import annotations

from typing import TYPE_CHECKING

from composer.cli import flags
from composer.cli.existing import run_plan
from composer.cli.parser import SUPPRESS, Namespace, Parser, Switch
from composer.cli.session import Session

if TYPE_CHECKING:
    from composer.cli.existing import Scene
    from composer.model.plan import Plan


def configure(parser: Parser) -> None:
    flags.services(parser)
    flags.switches(
        parser,
        {
            "-f --force": "Do not ask",
            "-s --stop": "Stop the containers first, if they run",
            "-v --volumes": "Remove their anonymous volumes too",
        },
    )
    parser.add_argument("-a", "--all", action=Switch, help=SUPPRESS)
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.model.operations import Remove
    from composer.planner.lifecycle import plan_rm

    def make(scene: Scene) -> Plan:
        return plan_rm(
            scene.project,
            scene.observed,
            scene.services,
            stop=options.stop,
            volumes=options.volumes,
        )

    def confirm(plan: Plan) -> bool:
        names = [s.operation.container for s in plan.steps if isinstance(s.operation, Remove)]
        going = f"Going to remove {', '.join(sorted(names))}"
        if options.force:
            session.console.print_now(f"{going}\n")
            return True
        return session.ask(going)

    nothing = "No stopped containers"
    return run_plan(session, "rm", options.services, make, nothing=nothing, confirm=confirm)
