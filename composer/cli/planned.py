"""Print a plan in place of carrying it out: for `plan`, and for commands with --dry-run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from composer.cli.session import Session

if TYPE_CHECKING:
    from composer.model.plan import Plan


def show(session: Session, plan: Plan, project: str, *, as_json: bool = False) -> int:
    """Tell of the warnings and print the plan, as JSON also with --progress json."""
    from composer.render.plan import plan_tree, render_plan

    console = session.console
    session.warn(plan.warnings)
    if as_json or console.progress == "json":
        console.print(json.dumps(plan_tree(plan, project), indent=2, ensure_ascii=False))
    else:
        console.print(render_plan(plan, project, colour=console.colour_out))
    return 0
