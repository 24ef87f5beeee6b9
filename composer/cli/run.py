"""Run a service once, with another command"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from composer.cli import flags, planned, run_flags, trust
from composer.cli.interactive import chosen_keys
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session
from composer.cli.terminal import HUNG_UP, Joint, Signals, join
from composer.errors import Problem, did_you_mean
from composer.record import replace

if TYPE_CHECKING:
    from composer.actions.run import Made, Running
    from composer.model.events import Event
    from composer.model.options import UpOptions
    from composer.model.project import Project
    from composer.render.progress import Reporter


def configure(parser: Parser) -> None:
    parser.interspersed = False
    parser.operand("service", "SERVICE")
    parser.operand("command", "COMMAND", "*")
    run_flags.configure(parser)
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.actions.programs import marked

    run_flags.check(options)
    if options.volume:  # which may name one that no service uses
        session.options = replace(session.options, all_resources=True)
    project = session.runnable_project([options.service], jobs=True)
    request = run_flags.read(options, session, project)
    if session.options.dry_run:
        from composer.actions.run import plan_once

        foreseen = plan_once(project, session.engine, request)
        return planned.show(session, foreseen, project.name)
    text, keys = chosen_keys(session, None)
    trust.check(session)
    if options.detach:
        return _detached(options, session, project, request)
    with session.writing(project.name):
        made = _made(options, session, project, request)
        with marked(_author(options, project)):
            running = _joined(made, session, text)
    return _talk(running, made, session, keys)


def _detached(options: Namespace, session: Session, project: Project, request: UpOptions) -> int:
    from composer.actions.programs import marked
    from composer.actions.run import start

    with session.writing(project.name):
        made = _made(options, session, project, request)
        with _progress(options, session) as report, marked(_author(options, project)):
            start(
                made, session.engine, _unseen(project, request, report), parallel=session.parallel
            )
    session.console.print(made.id)
    return 0


def _author(options: Namespace, project: Project) -> Project | None:
    """Return who says what is run: the file, or None for the command line."""
    return None if options.command or options.entrypoint is not None else project


def _made(options: Namespace, session: Session, project: Project, request: UpOptions) -> Made:
    from composer.actions.run import make, strange_volumes
    from composer.cli.remembering import remembering
    from composer.cli.up import hide_progress

    assert request.one_off is not None
    strange = strange_volumes(project, session.engine, request.one_off)
    with (
        _progress(options, session) as report,
        remembering(
            session, project, hide_progress(request)(_unseen(project, request, report))
        ) as emit,
    ):
        made = make(
            project,
            session.engine,
            request,
            emit,
            parallel=session.parallel,
            confirm=session.confirm,
        )
    session.warn((*made.warnings, *(_made_by_name(one, project) for one in strange)))
    return made


def _made_by_name(volume: str, project: Project) -> Problem:
    """Say that a volume has come of a name alone, which may be a slip."""
    return Problem(
        f"--volume {volume}:…: a volume called {volume!r} was made, which is not the project's",
        help=did_you_mean(volume, project.volumes) or f"to remove it: docker volume rm {volume}",
        severity="warning",
    )


def _unseen(
    project: Project, request: UpOptions, report: Callable[[Event], None]
) -> Callable[[Event], None]:
    """Keep the one-off container from a reporter: who runs a command wants to see that one."""
    from composer.model.one_off import one_off_name
    from composer.model.operations import CreateContainer, Operation, Start
    from composer.render.progress import without_steps

    assert request.one_off is not None
    once = one_off_name(project.name, request.one_off, project.separator)

    def hidden(operation: Operation) -> bool:
        match operation:
            case CreateContainer(spec):
                return spec.name == once
            case Start(name):
                return name == once
            case _:
                return False

    return without_steps(report, hidden)


def _progress(options: Namespace, session: Session) -> Reporter:
    from composer.render.progress import Quiet

    return Quiet() if options.quiet else session.progress("run")


def _joined(made: Made, session: Session, detach_keys: str) -> Running:
    from composer.actions.run import join as join_and_start

    return join_and_start(made, session.engine, detach_keys=detach_keys)


def _talk(running: Running, made: Made, session: Session, keys: bytes) -> int:
    """Join the terminal and the process; return its exit code, 0 if it was left.

    The third Ctrl-C, and a reader who has gone, end it at once: nobody hears it any more.
    A terminal that goes away does not: the process hears of that, and may go on.
    """
    engine, options = session.engine, made.options

    def kill(signal: str = "SIGKILL") -> None:
        engine.kill(made.name, signal)

    signals = Signals(kill, kill)
    joint = Joint(interactive=options.interactive, tty=options.tty, detach_keys=keys)
    try:
        with signals.passed_on():
            code = join(running.dialogue, session.console, joint)
            if code == HUNG_UP:
                signals.hang_up()
    except BrokenPipeError:
        kill()
        raise
    finally:
        running.dialogue.close()
    failed = running.failed_hook() if code not in (None, HUNG_UP) else None
    if failed is not None and not code:
        raise failed
    return code or 0
