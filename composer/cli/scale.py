"""Change how many containers services have"""

from __future__ import annotations

from composer.cli import flags, trust
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session
from composer.errors import UsageError


def configure(parser: Parser) -> None:
    parser.operand("scales", "SERVICE=N", "+")
    flags.switches(parser, {"--no-deps": "Leave the services alone that the named ones depend on"})
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    """Do what `up -d --scale` does for the services named."""
    from composer.cli import up
    from composer.model.options import UpOptions

    if unsaid := [word for word in options.scales if "=" not in word]:
        raise UsageError(
            f"scale takes SERVICE=N, not {unsaid[0]!r}",
            help=f"say how many: {session.options.program} scale {unsaid[0]}=2",
        )
    scale = flags.scales(options.scales, "scale")
    project = session.runnable_project(scale)
    request = UpOptions(
        services=tuple(scale), scale=scale, no_deps=options.no_deps, ignore_orphans=True
    )
    if session.options.dry_run:
        return up.dry_run(session, project, request)
    trust.check(session)
    return up.detached(session, project, request)
