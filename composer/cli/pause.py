"""Freeze what runs in containers"""

from __future__ import annotations

from composer.cli import flags
from composer.cli.existing import run_plan
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session


def configure(parser: Parser) -> None:
    flags.services(parser)
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.planner.lifecycle import plan_pause

    return run_plan(
        session,
        "pause",
        options.services,
        lambda scene: plan_pause(scene.observed, scene.services),
        nothing="nothing to pause",
    )
