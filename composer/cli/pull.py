"""Pull the images of services"""

from __future__ import annotations

from composer.cli import flags, planned
from composer.cli.parser import SUPPRESS, Namespace, Parser, Switch
from composer.cli.session import Session
from composer.errors import UsageError


def configure(parser: Parser) -> None:
    flags.services(parser)
    flags.switches(
        parser,
        {
            "-q --quiet": "No progress",
            "--include-deps": "Those of dependencies of the named services too",
            "--ignore-buildable": "Leave out services that can be built",
            "--ignore-pull-failures": "Succeed although some pulls failed",
        },
    )
    parser.add_argument("--policy", metavar="POLICY", help="missing or always")
    for old in ("--parallel", "--no-parallel"):
        text = f"{old} has no effect any more; the global --parallel has"
        parser.add_argument(old, dest="_", action=Switch, help=SUPPRESS, old=text)
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.actions.pull import pull, pulls
    from composer.model.options import PullOptions
    from composer.render.progress import Quiet

    if options.policy not in (None, "missing", "always"):
        raise UsageError(f"--policy: {options.policy!r} is neither missing nor always")
    project = session.installed(session.project(options.services))
    request = PullOptions(
        services=options.services,
        dependencies=options.include_deps,
        ignore_buildable=options.ignore_buildable,
        ignore_failures=options.ignore_pull_failures,
        policy=options.policy,
    )
    plan = pulls(project, session.engine, request)
    if session.options.dry_run:
        return planned.show(session, plan, project.name)
    with Quiet() if options.quiet else session.progress("pull") as report:
        warnings = pull(plan, project, session.engine, request, report, parallel=session.parallel)
    session.warn(warnings)
    if not plan and not options.quiet:
        session.console.say(f"{project.name}: no image to pull")
    return 0
