"""Push the images of services that are built here"""

from __future__ import annotations

from composer.cli import flags, planned
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session


def configure(parser: Parser) -> None:
    flags.services(parser)
    flags.switches(
        parser,
        {
            "-q --quiet": "No progress",
            "--include-deps": "Those of dependencies of the named services too",
            "--ignore-push-failures": "Succeed although some pushes failed",
        },
    )
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.actions.push import push, pushes
    from composer.model.options import PushOptions
    from composer.render.progress import Quiet

    project = session.project(options.services)
    request = PushOptions(
        services=options.services,
        dependencies=options.include_deps,
        ignore_failures=options.ignore_push_failures,
    )
    plan = pushes(project, session.engine, request)
    if session.options.dry_run:
        return planned.show(session, plan, project.name)
    with Quiet() if options.quiet else session.progress("push") as report:
        warnings = push(plan, session.engine, request, report, parallel=session.parallel)
    session.warn(warnings)
    if not plan and not warnings and not options.quiet:
        session.console.say(f"{project.name}: no service to push")
    return 0
