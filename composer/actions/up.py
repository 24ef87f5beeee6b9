"""Bring a project up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from composer.engine.port import Engine
from composer.errors import InvalidProject
from composer.loader.carried_out import problems
from composer.model.options import UpOptions
from composer.model.project import Project
from composer.reconciler import Confirm, Done, bring_up

if TYPE_CHECKING:
    from composer.executor.run import Emit


def up(
    project: Project,
    engine: Engine,
    options: UpOptions,
    emit: Emit,
    *,
    parallel: int | None = None,
    confirm: Confirm | None = None,
) -> Done:
    """Make the project true.

    Raises InvalidProject before anything is touched, PlanFailed when steps failed,
    Cancelled when the user stopped it.
    """
    if found := problems(project):
        raise InvalidProject(found)
    return bring_up(project, engine, options, emit, parallel=parallel, confirm=confirm)
