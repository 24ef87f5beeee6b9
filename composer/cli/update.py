"""Pull newer images, and replace the containers that get one"""

from __future__ import annotations

import os
import time

from composer.cli import flags, locking, up
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session


def configure(parser: Parser) -> None:
    flags.services(parser)
    locking.configure(parser)
    flags.switches(
        parser,
        {
            "--wait": "Wait until everything is running or healthy",
            "--quiet-pull": "No progress of pulls",
            "-y --yes": "Answer every question with yes",
        },
    )
    parser.add_argument("--wait-timeout", type=flags.number("--wait-timeout"), metavar="SECONDS",
        help="How long --wait may take")  # fmt: skip
    flags.timeout(parser)
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    """Bring up the services that are named, or all that have containers, and no others."""
    from composer.actions.ps import PsOptions, ps, services_of
    from composer.model.options import ImageOptions, UpOptions

    session.assume_yes = options.yes
    project = session.runnable_project(options.services)
    services = options.services
    if not services:
        every = PsOptions(all=True, orphans=False)
        services = services_of(ps(project.name, project, session.engine, every))
    if not services:
        session.console.say(f"{project.name}: no containers to update; composer up makes them")
        return 0
    if os.path.exists(locking.path(project)) and not session.options.dry_run:
        from composer.cli.lock import renew

        if code := renew(session, locking.whole_project(session), services):
            return code
    project = locking.obey(options, session, project)
    request = UpOptions(
        services=services,
        images=ImageOptions(
            pull="always",
            obey_never=True,
            quiet_pull=options.quiet_pull,
            now=time.time(),
        ),
        no_deps=True,
        ignore_orphans=True,
        timeout=flags.seconds(options.timeout),
        wait=options.wait,
        wait_timeout=flags.seconds(options.wait_timeout or None),
    )
    if session.options.dry_run:
        return up.dry_run(session, project, request)
    return up.detached(session, project, request)
