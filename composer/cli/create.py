"""Create containers without starting them"""

from __future__ import annotations

from composer.cli import flags, trust, up_flags
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session
from composer.record import replace


def configure(parser: Parser) -> None:
    up_flags.configure_create(parser)
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    """Do what `up --no-start` does."""
    from composer.cli import up

    up_flags.complete(options)
    up_flags.check(options)
    session.assume_yes = options.yes
    project = session.runnable_project(options.services)
    request = up_flags.read(options, session, project)
    request = replace(request, images=replace(request.images, quiet_pull=options.quiet_pull))
    if session.options.dry_run:
        return up.dry_run(session, project, request)
    trust.check(session)
    return up.detached(session, project, request)
