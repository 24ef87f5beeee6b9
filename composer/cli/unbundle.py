"""Take a project with its images out of a file that `bundle` has made"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from composer.cli import flags
from composer.cli.hangup import hangups_heard
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session

if TYPE_CHECKING:
    from composer.model.bundle import Bundle


def configure(parser: Parser) -> None:
    parser.operand("file", "FILE", "1")
    parser.add_argument(
        "-o", "--output", metavar="DIR", help="Where files go (default: the project's name)"
    )
    flags.switches(
        parser,
        {
            "--check": "Verify the bundle, list what is in it, and do nothing",
            "--no-images": "Leave out the images",
            "--no-volumes": "Leave out what is in volumes",
        },
    )
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.actions.unbundle import UnbundleOptions, look, unbundle
    from composer.model.bundle import PROJECT
    from composer.model.units import counted

    path = os.path.join(session.directory, options.file)
    bundle = look(path)
    if options.check or session.options.dry_run:
        _list(session, bundle)
        return 0
    request = UnbundleOptions(
        path=path,
        directory=os.path.join(session.directory, options.output or bundle.project),
        images=not options.no_images,
        volumes=not options.no_volumes,
    )
    wants_engine = (request.images and bundle.images) or (request.volumes and bundle.volumes)
    with hangups_heard():
        directory = unbundle(bundle, session.engine if wants_engine else None, request)
    say = session.console.say
    files = sum(member.name.startswith(PROJECT) for member in bundle.members)
    say(f"{directory}: {counted(files, 'file')}, {counted(len(bundle.images), 'image')}, "
        f"{counted(len(bundle.volumes), 'volume')}")  # fmt: skip
    for missing in bundle.missing:
        say(f"warning: {missing} is not in the bundle: it must be there before 'composer up'")
    say(f"start it with: cd {os.path.relpath(directory, session.directory)} && composer up -d")
    return 0


def _list(session: Session, bundle: Bundle) -> None:
    for member in bundle.members:
        session.console.print(f"{member.sha256}  {member.name}")
