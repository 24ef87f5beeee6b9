"""Show the version"""

from __future__ import annotations

import sys

from composer.cli.parser import Namespace, Parser, Switch
from composer.cli.session import Session


def configure(parser: Parser) -> None:
    parser.add_argument("-f", "--format", metavar="FORMAT", help="pretty or json")
    parser.add_argument("--short", action=Switch, help="The number only")


def run(options: Namespace, session: Session) -> int:
    from composer.actions.version import version
    from composer.errors import UsageError

    if options.format not in (None, "pretty", "json"):
        raise UsageError(f"unsupported --format value {options.format!r}", help="pretty or json")
    if options.short:
        text = version()
    elif options.format == "json":
        text = f'{{"version":"{version()}"}}'
    else:
        text = f"composer version {version()}"
    sys.stdout.write(text + "\n")
    return 0
