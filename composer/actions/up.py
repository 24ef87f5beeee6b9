"""Bring a project up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from composer.actions.programs import marked
from composer.errors import (
    InvalidProject,
    NameTaken,
    PlanFailed,
    Unprobed,
    Unstartable,
    Vanished,
)
from composer.loader.carried_out import problems
from composer.model.options import Recreate, UpOptions
from composer.model.project import Project
from composer.reconciler import Approve, Confirm, Done, bring_up
from composer.record import replace

if TYPE_CHECKING:
    from composer.engine.port import Engine
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
    looked at once more.  So it is when containers vanished or came meanwhile, as they do
    when somebody else brings the project up at the same time.
    Raises InvalidProject before anything is touched, PlanFailed when steps failed,
    Cancelled when the user stopped it.
    """
    if found := problems(project):
        raise InvalidProject(found)
    with marked(project):
        return _up(project, engine, options, emit, parallel, confirm, approve)


def _up(
    project: Project,
    engine: Engine,
    options: UpOptions,
    emit: Emit,
    parallel: int | None,
    confirm: Confirm | None,
    approve: Approve | None,
) -> Done:
    absences = engine.absences()
    try:
        done = bring_up(
            project, engine, options, emit, parallel=parallel, confirm=confirm, approve=approve
        )
    except PlanFailed as failed:
        if approve or not is_for_another_look(failed):
            raise
        # What was asked for may not have been done: it is asked for again, of the user too.
        return bring_up(project, engine, options, emit, parallel=parallel, confirm=confirm)
    if approve or engine.absences() == absences:
        return done
    return bring_up(project, engine, once_more(options), emit, parallel=parallel)


def is_for_another_look(failed: PlanFailed) -> bool:
    """Say whether a plan failed for what only another look tells: the world moved under it."""
    causes = failed.failures.values()
    return any(isinstance(error, Unstartable | Unprobed) for error in causes) or all(
        isinstance(error, Vanished | NameTaken) for error in causes
    )


def once_more(options: UpOptions) -> UpOptions:
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
