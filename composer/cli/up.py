"""Create and start containers"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from composer.cli import flags, locking, planned, saved, trust, up_flags
from composer.cli.parser import Namespace, Parser, Switch
from composer.cli.session import Session
from composer.errors import UsageError
from composer.record import replace

if TYPE_CHECKING:
    from composer.model.events import Event
    from composer.model.observed import ObservedContainer
    from composer.model.options import UpOptions
    from composer.model.project import Project

_ATTACHED_ONLY = (
    "--abort-on-container-exit",
    "--abort-on-container-failure",
    "--exit-code-from",
    "--attach",
    "--attach-dependencies",
    "--watch",
)


def configure(parser: Parser) -> None:
    flags.switches(
        parser, {"-d --detach": "Leave the containers running in the background and return"}
    )
    up_flags.configure(parser)
    flags.switches(
        parser,
        {
            "--wait": "Wait until everything is running or healthy; implies -d",
            "--quiet-pull": "No progress of pulls",
            "--quiet-build": "No output of builds",
            "--abort-on-container-exit": "Stop everything when one container exits",
            "--abort-on-container-failure": "Stop everything when one exits with an error",
            "--attach-dependencies": "Show the output of dependencies too",
            "--no-color": "No colours in front of the output",
            "--no-log-prefix": "No names in front of the output",
            "--timestamps": "A time stamp in front of each line",
        },
    )
    add = parser.add_argument
    add("--wait-timeout", type=flags.number("--wait-timeout"), metavar="SECONDS",
        help="How long --wait may take")  # fmt: skip
    add("--exit-code-from", metavar="SERVICE",
        help="Exit with the code of this service; stops everything when one exits")  # fmt: skip
    add("--attach", action="append", default=[], metavar="SERVICE",
        help="Show the output of this service only; repeatable")  # fmt: skip
    add("--no-attach", action="append", default=[], metavar="SERVICE",
        help="Do not show the output of this service; repeatable")  # fmt: skip
    add("--plan", metavar="FILE",
        help="Carry out what 'plan --out FILE' wrote; refused if anything has moved")  # fmt: skip
    add("-w", "--watch", action=Switch, help="Watch files, and bring what changes into containers")
    add("--menu", action=Switch, default=None,
        help="Keys to watch, look and leave; by default where files can be watched")  # fmt: skip
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    _check(options)
    session.assume_yes = options.yes
    if options.plan is not None:
        saved.adopt(options, session)
    project = locking.obey(options, session, session.runnable_project(options.services))
    for service in [*options.attach, *options.no_attach, options.exit_code_from]:
        if service:
            flags.known_services([service], project.services)
    request = _request(options, session, project)
    if session.options.dry_run:
        return dry_run(session, project, request)
    trust.check(session)
    saved.agree(session)
    if options.detach or options.wait or options.no_start:
        return detached(session, project, request)
    from composer.cli.attached import attached

    return attached(options, session, project, request, hide_progress(request))


def hide_progress(
    request: UpOptions,
) -> Callable[[Callable[[Event], None]], Callable[[Event], None]]:
    """Return what keeps the progress of pulls and builds from a reporter, if asked to."""
    from composer.model.operations import BuildImage, PullImage
    from composer.render.progress import without_progress

    images = request.images
    hidden = [PullImage] * images.quiet_pull + [BuildImage] * images.quiet_build
    return lambda report: without_progress(report, *hidden)


def _check(options: Namespace) -> None:
    up_flags.check(options)
    given = dict(_given(options))
    flags.refuse_together(
        given,
        *(("--detach", flag) for flag in _ATTACHED_ONLY),
        *(("--wait", flag) for flag in _ATTACHED_ONLY),
        ("--abort-on-container-exit", "--abort-on-container-failure"),
        ("--attach", "--attach-dependencies"),
        ("--no-build", "--watch"),
    )
    if (options.wait_timeout or 0) < 0:
        raise UsageError("--wait-timeout must not be negative")


def _given(options: Namespace) -> Iterator[tuple[str, bool]]:
    for flag in ("--detach", "--wait", "--no-build", *_ATTACHED_ONLY):
        yield flag, bool(getattr(options, flag[2:].replace("-", "_")))


def _request(options: Namespace, session: Session, project: Project) -> UpOptions:
    request = up_flags.read(options, session, project)
    return replace(
        request,
        images=replace(
            request.images, quiet_pull=options.quiet_pull, quiet_build=options.quiet_build
        ),
        wait=options.wait,
        wait_timeout=flags.seconds(options.wait_timeout or None),
    )


def dry_run(session: Session, project: Project, request: UpOptions) -> int:
    from composer.actions.plan import plan

    confirm = session.confirm if session.assume_yes or session.saved else None
    approve = session.approve(project)
    foreseen = plan(project, session.engine, request, confirm=confirm, approve=approve)
    return planned.show(session, foreseen, project.name)


def detached(session: Session, project: Project, request: UpOptions) -> int:
    from composer.actions.up import up
    from composer.cli.remembering import remembering

    with (
        session.writing(project.name),
        session.progress("up") as report,
        remembering(session, project, hide_progress(request)(report)) as emit,
    ):
        done = up(
            project,
            session.engine,
            request,
            emit,
            parallel=session.parallel,
            confirm=session.confirm,
            approve=session.approve(project),
        )
    session.warn(done.warnings)
    if not done.plan:
        session.console.say(_nothing_to_do(project, done.before))
    return 0


def _nothing_to_do(project: Project, found: Iterable[ObservedContainer]) -> str:
    from composer.actions.ps import PsOptions, selected

    running = selected(found, project, PsOptions(orphans=False))
    count = f"{len(running)} container{'' if len(running) == 1 else 's'} running"
    return f"{project.name}: up to date, {count}, nothing to do"
