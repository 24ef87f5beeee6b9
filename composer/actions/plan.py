"""What `up` would do, and why; nothing is done."""

from __future__ import annotations

from composer.engine.port import Engine
from composer.errors import InvalidProject
from composer.loader.carried_out import problems
from composer.model.options import UpOptions
from composer.model.plan import Plan
from composer.model.project import Project
from composer.reconciler import Approve, Confirm, foresee


def plan(
    project: Project,
    engine: Engine,
    options: UpOptions,
    *,
    confirm: Confirm | None = None,
    approve: Approve | None = None,
) -> Plan:
    """Return the plan, images included.  Raises InvalidProject where `up` would.

    `confirm` says which data may be lost, None is without: nothing then is.
    """
    if found := problems(project):
        raise InvalidProject(found)
    foreseen = foresee(project, engine, options, confirm=confirm, approve=approve)
    if foreseen.errors:
        raise InvalidProject(foreseen.errors)
    return foreseen
