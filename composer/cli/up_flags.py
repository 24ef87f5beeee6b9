"""The flags of `up` that decide what is to be done, which `plan` has too."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from composer.cli import flags, locking
from composer.cli.parser import SUPPRESS, Namespace, Parser, Switch
from composer.cli.session import Session
from composer.errors import UsageError

if TYPE_CHECKING:
    from composer.model.options import UpOptions
    from composer.model.project import Project


def configure(parser: Parser) -> None:
    flags.services(parser)
    flags.switches(
        parser,
        {
            "--build": "Build images first, even those that exist",
            "--no-build": "Fail rather than build an image",
            "--force-recreate": "Replace every container, changed or not",
            "--no-recreate": "Keep every container, changed or not",
            "--always-recreate-deps": "Replace the containers of dependencies as well",
            "--no-deps": "Leave the services alone that the named ones depend on",
            "--no-rollback": "Remove a replaced container first, and leave a new one that fails",
            "--no-start": "Create the containers without starting them",
            "-V --renew-anon-volumes": "Fresh anonymous volumes (replaces the containers)",
        },
    )
    _shared(parser)
    locking.configure(parser)
    flags.timeout(parser)


def _shared(parser: Parser) -> None:
    add = parser.add_argument
    flags.pull_policy(parser)
    add("--remove-orphans", action=Switch, default=None,
        help="Remove containers of services that are not in the file")  # fmt: skip
    add("--scale", action="append", default=[], metavar="SERVICE=N",
        help="Run N containers of this service; repeatable")  # fmt: skip
    add("-y", "--yes", action=Switch, help="Answer every question with yes")
    add("--y", dest="yes", action=Switch, help=SUPPRESS, old="--y is an old spelling of --yes")


def configure_create(parser: Parser) -> None:
    """Declare those that `create` has."""
    flags.services(parser)
    flags.switches(
        parser,
        {
            "--build": "Build images first, even those that exist",
            "--no-build": "Fail rather than build an image",
            "--force-recreate": "Replace every container, changed or not",
            "--no-recreate": "Keep every container, changed or not",
            "--quiet-pull": "No progress of pulls",
        },
    )
    _shared(parser)


def complete(options: Namespace) -> None:
    """Add what `up` may be told and `create` may not; it starts nothing.

    COMPOSE_REMOVE_ORPHANS is for `up` and `down`, as in Docker Compose.
    """
    options.remove_orphans = bool(options.remove_orphans)
    options.renew_anon_volumes = options.always_recreate_deps = options.no_deps = False
    options.no_start, options.no_rollback, options.timeout = True, False, None


def check(options: Namespace) -> None:
    """Refuse what contradicts itself."""
    flags.refuse_together(
        {
            "--build": options.build,
            "--no-build": options.no_build,
            "--force-recreate": options.force_recreate,
            "--no-recreate": options.no_recreate,
            "--renew-anon-volumes": options.renew_anon_volumes,
            "--always-recreate-deps": options.always_recreate_deps,
        },
        ("--build", "--no-build"),
        ("--force-recreate", "--no-recreate"),
        ("--no-recreate", "--renew-anon-volumes"),
        ("--always-recreate-deps", "--no-recreate"),
    )
    flags.pull(options.pull)


def read(options: Namespace, session: Session, project: Project) -> UpOptions:
    """Return the request."""
    from composer.model.options import ImageOptions, Recreate, UpOptions

    recreate = Recreate.DIVERGED
    if options.force_recreate:
        recreate = Recreate.FORCE
    if options.no_recreate:
        recreate = Recreate.NEVER
    dependencies = Recreate.FORCE if options.always_recreate_deps else Recreate.DIVERGED
    scale = flags.scales(options.scale)
    flags.known_services(scale, project.services)
    return UpOptions(
        services=options.services,
        images=ImageOptions(
            build=options.build,
            no_build=options.no_build,
            pull=flags.pull(options.pull),
            now=time.time(),
        ),
        recreate=recreate,
        recreate_dependencies=Recreate.NEVER if options.no_recreate else dependencies,
        renew_anonymous_volumes=options.renew_anon_volumes,
        no_deps=options.no_deps,
        start=not options.no_start,
        rollback=not options.no_rollback,
        remove_orphans=_remove_orphans(options, session),
        ignore_orphans=session.switch(None, "COMPOSE_IGNORE_ORPHANS"),
        scale=scale,
        timeout=flags.seconds(options.timeout),
    )


def _remove_orphans(options: Namespace, session: Session) -> bool:
    remove = session.switch(options.remove_orphans, "COMPOSE_REMOVE_ORPHANS")
    if remove and session.switch(None, "COMPOSE_IGNORE_ORPHANS"):
        raise UsageError("--remove-orphans and COMPOSE_IGNORE_ORPHANS cannot be combined")
    return remove
