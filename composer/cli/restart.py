"""Restart containers as they are, without what changed in the file"""

from __future__ import annotations

from typing import TYPE_CHECKING

from composer.cli import flags
from composer.cli.existing import run_plan
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session

if TYPE_CHECKING:
    from composer.cli.existing import Scene
    from composer.model.plan import Plan


def configure(parser: Parser) -> None:
    flags.services(parser)
    flags.switches(parser, {"--no-deps": "Leave alone what depends on them with 'restart: true'"})
    flags.timeout(parser)
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.planner.lifecycle import plan_restart

    def make(scene: Scene) -> Plan:
        return plan_restart(
            scene.project,
            scene.members,
            scene.observed,
            scene.services,
            flags.seconds(options.timeout),
            no_deps=options.no_deps,
        )

    return run_plan(session, "restart", options.services, make, nothing="nothing to restart")
