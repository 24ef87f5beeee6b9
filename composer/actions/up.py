"""Bring a project up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from composer.engine.port import Engine
from composer.errors import InvalidProject, PlanFailed, Unprobed, Unstartable
from composer.loader.carried_out import problems
from composer.model.options import Recreate, UpOptions
from composer.model.project import Project
from composer.reconciler import Approve, Confirm, Done, bring_up
from composer.record import replace

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
    approve: Approve | None = None,
) -> Done:
    """Make the project true.

    A container that proves to be lost to the engine when it is started is replaced,
    unless the plan wants approval: that one did not say so.
    An engine that was restarted meanwhile may have stopped what was started: all is
    looked at once more.
    Raises InvalidProject before anything is touched, PlanFailed when steps failed,
    Cancelled when the user stopped it.
    """
    if found := problems(project):
        raise InvalidProject(found)
    absences = engine.absences()
    try:
        done = bring_up(
            project, engine, options, emit, parallel=parallel, confirm=confirm, approve=approve
        )
        if approve or engine.absences() == absences:
            return done
    except PlanFailed as failed:
        causes = failed.failures.values()
        if approve or not any(isinstance(error, Unstartable | Unprobed) for error in causes):
            raise
    return bring_up(project, engine, _once_more(options), emit, parallel=parallel)


def _once_more(options: UpOptions) -> UpOptions:
    """Return `options` without what has been made anew already."""
    return replace(
        options,
        recreate=_calmed(options.recreate),
        recreate_dependencies=_calmed(options.recreate_dependencies),
        renew_anonymous_volumes=False,
        renew_volumes=frozenset(),
    )


def _calmed(policy: Recreate) -> Recreate:
    return Recreate.DIVERGED if policy is Recreate.FORCE else policy
