"""The old form of `watch`"""

from __future__ import annotations

from composer.cli import flags
from composer.cli.parser import Namespace, Parser, Switch
from composer.cli.session import Session


def configure(parser: Parser) -> None:
    flags.services(parser)
    add = parser.add_argument
    add("--no-up", action=Switch, help="Watch what runs, without building and starting it first")
    add("--quiet", action=Switch, help="No output of builds")
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.cli.watch import run

    options.prune = True
    return run(options, session)
