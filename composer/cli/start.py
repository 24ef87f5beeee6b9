"""Start containers that exist"""

from __future__ import annotations

from typing import TYPE_CHECKING

from composer.cli import flags
from composer.cli.existing import run_plan
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session
from composer.errors import UsageError

if TYPE_CHECKING:
    from composer.cli.existing import Scene
    from composer.model.plan import Plan


def configure(parser: Parser) -> None:
    flags.services(parser)
    flags.switches(parser, {"--wait": "Wait until everything is running or healthy"})
    parser.add_argument(
        "--wait-timeout",
        type=flags.number("--wait-timeout"),
        metavar="SECONDS",
        help="How long --wait may take",
    )
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.planner.lifecycle import plan_start

    if (options.wait_timeout or 0) < 0:
        raise UsageError("--wait-timeout must not be negative")

    def make(scene: Scene) -> Plan:
        if scene.project is None and not scene.members:
            name = session.project_name
            raise UsageError(
                f"no container found for project {name!r}", help="composer ls lists projects"
            )
        return plan_start(
            scene.project,
            scene.members,
            scene.observed,
            scene.services,
            wait=options.wait,
            wait_timeout=flags.seconds(options.wait_timeout or None),
        )

    nothing = "nothing to start: everything runs already"
    return run_plan(session, "start", options.services, make, nothing=nothing)
