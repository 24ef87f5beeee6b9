"""What commands for containers that exist have in common: find, plan, and run or show.

With a project name and no file, labels say which services there are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import nullcontext
from typing import TYPE_CHECKING

from composer.cli import flags
from composer.cli.session import Session
from composer.record import dataclass

if TYPE_CHECKING:
    from composer.model.observed import Observed
    from composer.model.plan import Plan
    from composer.model.project import Project
    from composer.model.service import Service


@dataclass(frozen=True, slots=True)
class Scene:
    """What a plan is made of: `services` are those asked for, None for all that exist."""

    project: Project | None
    members: Mapping[str, Service]
    observed: Observed
    services: Collection[str] | None


def run_plan(
    session: Session,
    title: str,
    asked: Collection[str],
    make: Callable[[Scene], Plan],
    *,
    nothing: str = "",
    takes_turns: bool = True,
    confirm: Callable[[Plan], bool] = lambda plan: True,
) -> int:
    """Make a plan for the services asked for, run it, and return the exit code.

    `nothing` is said when nothing is to be done.  What `takes_turns` waits for other writers.
    """
    from composer.actions.lifecycle import carry_out, foresee
    from composer.actions.programs import marked

    project = session.known_project(asked)
    name = project.name if project else session.project_name

    def plan(observed: Observed) -> Plan:
        from composer.planner.dependents import services_of

        members = services_of(project, observed)
        flags.known_services(asked, members)
        everything = None if project is None else tuple(members)
        return make(Scene(project, members, observed, asked or everything))

    if session.options.dry_run:
        from composer.cli.planned import show

        return show(session, foresee(name, session.engine, plan), name)
    turn = session.writing(name) if takes_turns else nullcontext()
    with turn, session.progress(title) as report, marked(project):
        done = carry_out(
            name, session.engine, plan, report, parallel=session.parallel, confirm=confirm
        )
    session.warn(done.warnings)
    if not done and nothing:
        session.console.say(nothing)
    return 0
