"""Begin a transformation of your own, from another one"""

from __future__ import annotations

import os

from composer.cli import flags
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session
from composer.errors import UsageError


def configure(parser: Parser) -> None:
    parser.operand("path", "PATH", "1")
    parser.add_argument(
        "-f", "--from", dest="source", metavar="IMAGE",
        help="What to begin with (default: docker/compose-bridge-kubernetes)",
    )  # fmt: skip
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.actions import bridge

    directory = os.path.normpath(os.path.join(session.directory, options.path))
    if os.path.lexists(directory):
        raise UsageError(f"output folder {directory} already exists")
    source = options.source or bridge.DEFAULT
    if not session.options.dry_run:
        with session.progress("pull") as report:
            bridge.fetch(session.engine, [source], report)
        bridge.create(session.engine, source, directory)
    session.console.print(f'Transformer created in "{directory}"\n')
    return 0
