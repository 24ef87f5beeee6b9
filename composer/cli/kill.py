"""Send a signal to running containers"""

from __future__ import annotations

from typing import TYPE_CHECKING

from composer.cli import flags
from composer.cli.existing import run_plan
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session

if TYPE_CHECKING:
    from composer.cli.existing import Scene
    from composer.model.plan import Plan


def configure(parser: Parser) -> None:
    flags.services(parser)
    add = parser.add_argument
    add("-s", "--signal", default="SIGKILL", metavar="SIGNAL",
        help="The signal, by name or number (default SIGKILL)")  # fmt: skip
    flags.switches(
        parser, {"--remove-orphans": "Containers of services that are not in the file too"}
    )
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    """Kill at once: whoever kills does not wait until somebody else is done."""
    from composer.planner.lifecycle import plan_kill

    def make(scene: Scene) -> Plan:
        everybody = options.remove_orphans and not options.services
        services = None if everybody else scene.services
        return plan_kill(scene.observed, services, options.signal, oneoffs=True)

    return run_plan(
        session,
        "kill",
        options.services,
        make,
        nothing="no container to kill",
        takes_turns=False,
    )
