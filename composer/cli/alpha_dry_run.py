"""The old form of --dry-run"""

from __future__ import annotations

from composer.cli import flags
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session
from composer.record import replace


def configure(parser: Parser) -> None:
    parser.interspersed = False
    parser.operand("command", "COMMAND", "+")
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    """Run the command that follows, `alpha dry-run -- up -d`, as --dry-run before it does."""
    from composer.cli.main import run_command

    return run_command(options.command, replace(session.options, dry_run=True), type(session))
