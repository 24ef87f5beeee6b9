"""Print where a port of a service is on the host"""

from __future__ import annotations

from typing import TYPE_CHECKING

from composer.cli import flags
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session
from composer.errors import UsageError

if TYPE_CHECKING:
    from composer.model.observed import PublishedPort


def configure(parser: Parser) -> None:
    parser.operand("service", "SERVICE")
    parser.operand("port", "PRIVATE_PORT", "?")
    add = parser.add_argument
    add("--protocol", default="tcp", metavar="PROTOCOL", help="tcp (default) or udp")
    add("--index", type=flags.number("--index"), default=0, metavar="N",
        help="This replica (default: the first that runs)")  # fmt: skip
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.actions.port import PortOptions, port

    target = None if options.port is None else _number(options.port)
    request = PortOptions(
        service=options.service,
        target=target,
        protocol=options.protocol.lower(),
        index=options.index,
    )
    places = port(session.project_name, session.engine, request)
    if target is not None:
        session.console.print(f"{_address(places[0])}\n")
        return 0
    # tcp is what nobody said: then all are listed, as by Docker Compose 5
    wanted = [one for one in places if request.protocol in ("tcp", one.protocol)]
    lines = [f"{one.target}/{one.protocol} -> {_address(one)}\n" for one in wanted]
    session.console.print("".join(lines))
    return 0


def _address(place: PublishedPort) -> str:
    """Return address and port; a port that is only exposed is at none, which Docker calls :0."""
    host = f"[{place.host_ip}]" if ":" in place.host_ip else place.host_ip
    return f"{host}:{place.published or 0}"


def _number(text: str) -> int:
    if text.isascii() and text.isdecimal() and int(text) < 2**16:
        return int(text)
    raise UsageError(f"{text!r} is not the number of a port")
