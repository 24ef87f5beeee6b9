"""Stop and remove containers and networks"""

from __future__ import annotations

from composer.cli import flags, planned
from composer.cli.parser import SUPPRESS, Namespace, Parser, Switch
from composer.cli.session import Session
from composer.errors import UsageError


def configure(parser: Parser) -> None:
    flags.services(parser)
    add = parser.add_argument
    add("-v", "--volumes", action=Switch,
        help="Remove the volumes too: named ones of the file, and anonymous ones")  # fmt: skip
    add("--volume", dest="volumes", action=Switch, help=SUPPRESS,
        old="--volume is an old spelling of --volumes")  # fmt: skip
    add("--remove-orphans", action=Switch, default=None,
        help="Remove containers of services that are not in the file")  # fmt: skip
    add("--rmi", metavar="WHICH", help="Remove images too: local (built without a name) or all")
    add("-t", "--timeout", type=flags.number("--timeout"), metavar="SECONDS",
        help="How long a container may take to stop")  # fmt: skip
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.actions.down import down
    from composer.actions.down import planned as plan_of
    from composer.model.options import DownOptions

    if options.rmi not in (None, "local", "all"):
        raise UsageError(f"--rmi: {options.rmi!r} is neither local nor all")
    project = session.known_project()
    if project is not None:
        flags.known_services(options.services, {**project.services, **project.disabled})
    request = DownOptions(
        services=options.services,
        remove_orphans=session.switch(options.remove_orphans, "COMPOSE_REMOVE_ORPHANS"),
        volumes=options.volumes,
        images=options.rmi,
        timeout=flags.seconds(options.timeout),
    )
    name = project.name if project else session.project_name
    if session.options.dry_run:
        return planned.show(session, plan_of(name, project, session.engine, request), name)
    with session.writing(name), session.progress("down") as report:
        plan = down(name, project, session.engine, request, report, parallel=session.parallel)
    session.warn(plan.warnings)
    if not plan:
        session.console.say(f"{name}: nothing to remove")
    return 0
