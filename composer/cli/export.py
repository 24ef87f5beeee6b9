"""Write the file system of a container as a tar archive"""

from __future__ import annotations

import sys

from composer.cli import flags
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session
from composer.errors import UsageError


def configure(parser: Parser) -> None:
    parser.operand("service", "SERVICE")
    add = parser.add_argument
    add("--index", type=flags.number("--index"), metavar="N",
        help="The replica (default: the first that runs, else the first)")  # fmt: skip
    add("-o", "--output", metavar="FILE", help="Write into a file instead of to standard output")
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.actions.export import assert_writable, export, export_to_file
    from composer.actions.one_container import one_container

    if not options.output and sys.stdout.isatty():
        raise UsageError(
            "an archive is not written to a terminal",
            help="name a file with -o, or write to a pipe",
        )
    if options.output:
        assert_writable(options.output)
    name = session.identify([options.service])
    container = one_container(name, session.engine, options.service, options.index or None)
    title = f"export {container.name} to {options.output or ''}"
    session.tell(container.name, title, "Exporting")
    if session.options.dry_run:
        pass
    elif options.output:
        export_to_file(session.engine, container.id, options.output)
    else:
        sys.stdout.flush()
        export(session.engine, container.id, sys.stdout.buffer)
    session.tell(container.name, title, "Exported")
    return 0
