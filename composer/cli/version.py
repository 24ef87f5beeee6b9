"""Show the version"""

from __future__ import annotations

import sys

from composer.cli.parser import Namespace, Parser, Switch
from composer.cli.session import Session
from composer.cli.spelling import COMPOSER


def configure(parser: Parser) -> None:
    parser.add_argument("-f", "--format", metavar="FORMAT", help="pretty or json")
    parser.add_argument("--short", action=Switch, help="The number only")


def run(options: Namespace, session: Session) -> int:
    """Tell our version; by the names of Docker Compose that which scripts compare with theirs."""
    from composer.actions.version import compose_version, version
    from composer.errors import UsageError

    if options.format not in (None, "pretty", "json"):
        raise UsageError(f"unsupported --format value {options.format!r}", help="pretty or json")
    own = session.options.program == COMPOSER
    number = version() if own else compose_version()
    if options.short:
        text = number
    elif options.format == "json":
        text = f'{{"version":"{number if own else f"v{number}"}"}}'
    elif own:
        text = f"composer version {number}"
    else:
        text = f"Docker Compose version v{number}+composer"
    sys.stdout.write(text + "\n")
    return 0
