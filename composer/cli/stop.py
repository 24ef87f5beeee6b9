"""Stop running containers, and keep them"""

from __future__ import annotations

from composer.cli import flags
from composer.cli.existing import run_plan
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session


def configure(parser: Parser) -> None:
    flags.services(parser)
    flags.timeout(parser)
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.planner.lifecycle import plan_stop

    timeout = flags.seconds(options.timeout)
    return run_plan(
        session,
        "stop",
        options.services,
        lambda scene: plan_stop(scene.project, scene.observed, scene.services, timeout),
        nothing="nothing to stop",
    )
