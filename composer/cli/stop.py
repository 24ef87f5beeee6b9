"""Stop running containers, and keep them"""

from __future__ import annotations

from typing import TYPE_CHECKING

from composer.cli import flags
from composer.cli.existing import Scene, run_plan
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session

if TYPE_CHECKING:
    from composer.model.plan import Plan


def configure(parser: Parser) -> None:
    flags.services(parser)
    flags.timeout(parser)
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.actions.lifecycle import stoppable
    from composer.planner.lifecycle import plan_stop

    timeout = flags.seconds(options.timeout)

    def plan(scene: Scene) -> Plan:
        providers = stoppable(scene.project, session.engine)
        return plan_stop(scene.project, scene.observed, scene.services, timeout, providers)

    return run_plan(session, "stop", options.services, plan, nothing="nothing to stop")
