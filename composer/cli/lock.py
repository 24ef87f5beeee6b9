"""Write the digests of all images into compose.lock"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from composer.cli import flags, locking
from composer.cli.parser import Namespace, Parser, Switch
from composer.cli.session import Session
from composer.model.units import counted

if TYPE_CHECKING:
    from composer.actions.pins import Renewal
    from composer.model.project import Project


def configure(parser: Parser) -> None:
    flags.services(parser)
    parser.add_argument(
        "--check", action=Switch, help="Write nothing, and fail if the file misses an image"
    )
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    project = locking.whole_project(session)
    flags.known_services(options.services, project.services)
    if options.check:
        locking.obey(Namespace(locked=True, services=options.services), session, project)
        session.console.say("compose.lock: every image is in there")
        return 0
    return renew(session, project, options.services)


def renew(session: Session, project: Project, services: tuple[str, ...]) -> int:
    """Write the lock file anew, tell what has changed in it, and return the exit code."""
    from composer.actions import pins

    file = locking.path(project)
    before = pins.read(file) if os.path.exists(file) else {}
    renewal = pins.renew(project, services, before, session.registries.digest)
    if not session.options.dry_run:
        pins.write(file, renewal.after)
    _tell(session, renewal)
    session.warn(renewal.failed)
    return 1 if renewal.failed else 0


def _tell(session: Session, renewal: Renewal) -> None:
    say = session.console.say
    for ref in sorted({*renewal.before, *renewal.after}):
        old, new = _short(renewal.before.get(ref)), _short(renewal.after.get(ref))
        if old != new:
            say(f"{session.console.prefix} {ref}  {old} -> {new}")
    say(f"{session.console.prefix} compose.lock: {counted(len(renewal.after), 'image')}")


def _short(digest: str | None) -> str:
    return digest.removeprefix("sha256:")[:12] if digest else "none"
