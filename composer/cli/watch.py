"""Watch files, and bring what changes into containers"""

from __future__ import annotations

from typing import TYPE_CHECKING

from composer.cli import flags, planned
from composer.cli.parser import Namespace, Parser, Switch
from composer.cli.session import Session
from composer.record import replace

if TYPE_CHECKING:
    from composer.model.options import UpOptions
    from composer.model.project import Project

_INTERRUPTED = 130
_LAST_LINES = 5.0
"""For how many seconds a terminal that takes nothing is waited for at the end."""


def configure(parser: Parser) -> None:
    flags.services(parser)
    add = parser.add_argument
    add("--no-up", action=Switch, help="Watch what runs, without building and starting it first")
    add("--prune", action=Switch, default=True,
        help="Remove images that a rebuild leaves without a name (default true)")  # fmt: skip
    add("--quiet", action=Switch, help="No output of builds")
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.cli.aside import Aside
    from composer.cli.watched import Watched

    project = session.runnable_project(options.services)
    request = _request(options)
    if session.options.dry_run:
        return _dry_run(options, session, project, request)
    with session.progress("watch") as report, Aside(_LAST_LINES) as aside:
        if options.no_up:
            request = replace(request, scale=_as_it_is(session, project))
        watched = Watched(
            session,
            project,
            request,
            aside.told(report),
            prunes=options.prune,
            settle=lambda: aside.do(report.settle),
            aside=aside,
        )
        watched.begin()
        if not options.no_up:
            watched.bring_up(_built(project))
        watched.until_interrupted()
    return _INTERRUPTED


def _request(options: Namespace) -> UpOptions:
    import time

    from composer.model.options import ImageOptions, Recreate, UpOptions

    images = ImageOptions(quiet_pull=options.quiet, quiet_build=options.quiet, now=time.time())
    return UpOptions(services=options.services, images=images, recreate_dependencies=Recreate.NEVER)


def _built(project: Project) -> Project:
    """Return `project` with images to be built of what is watched: they are to be as the files."""
    services = {
        name: replace(one, pull_policy="build") if one.build and one.develop else one
        for name, one in project.services.items()
    }
    return replace(project, services=services)


def _as_it_is(session: Session, project: Project) -> dict[str, int]:
    """Return how many containers services have: who brought them up may have wanted so many."""
    from composer.actions.following import is_replica

    found = session.engine.project_containers(project.name)
    return {name: sum(is_replica(one, name) for one in found) for name in project.services}


def _dry_run(options: Namespace, session: Session, project: Project, request: UpOptions) -> int:
    from composer.actions.plan import plan
    from composer.cli.watched import Watched

    if not options.no_up:
        planned.show(session, plan(_built(project), session.engine, request), project.name)
    Watched(session, project, request, lambda event: None).tell_rules()
    return 0
