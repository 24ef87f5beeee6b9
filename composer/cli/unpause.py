"""Let frozen containers go on"""

from __future__ import annotations

from composer.cli.existing import run_plan
from composer.cli.parser import Namespace
from composer.cli.pause import configure
from composer.cli.session import Session

__all__ = ["configure", "run"]


def run(options: Namespace, session: Session) -> int:
    from composer.planner.lifecycle import plan_unpause

    return run_plan(
        session,
        "unpause",
        options.services,
        lambda scene: plan_unpause(scene.observed, scene.services),
        nothing="nothing to unpause",
    )
