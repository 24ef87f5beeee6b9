"""Copy files between this machine and the containers of a service"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from composer.cli import flags
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session
from composer.errors import ComposerError, UsageError

if TYPE_CHECKING:
    from composer.actions.cp import Copying
    from composer.model.observed import ObservedContainer
    from composer.model.options import CopyOptions


def configure(parser: Parser) -> None:
    parser.operand("source", "SOURCE")
    parser.operand("target", "DESTINATION")
    parser.add_argument("--index", type=flags.number("--index"), metavar="N",
        help="This replica only (default: into all of them, out of the first)")  # fmt: skip
    flags.switches(
        parser,
        {
            "--all": "One-off containers, made by `run`, too",
            "-a --archive": "Keep user and group of what is copied",
            "-L --follow-link": "A link at SOURCE stands for what it leads to",
        },
    )
    flags.dry_run(parser)
    parser.footer = (
        "One of SOURCE and DESTINATION is SERVICE:PATH.  The other is a path of this machine,\n"
        "or - for a tar archive on standard input or output."
    )


def run(options: Namespace, session: Session) -> int:
    from composer.actions.cp import ARCHIVE, containers_of, read
    from composer.model.options import CopyOptions

    request = CopyOptions(
        source=options.source,
        target=options.target,
        index=options.index or None,
        all=options.all,
        archive=options.archive,
        follow=options.follow_link,
    )
    copying = read(request)
    containers = containers_of(session.identify(), session.engine, copying, request)
    if copying.local == ARCHIVE and not copying.outward and sys.stdin.isatty():
        raise UsageError("standard input is a terminal", help="a tar archive is to come from there")
    make = _outward if copying.outward else _inward
    if session.options.dry_run:
        for one in containers:
            session.tell(one.name, _title(copying, one), "Copied")
        return 0
    return make(session, copying, request, containers)


def _outward(
    session: Session,
    copying: Copying,
    request: CopyOptions,
    containers: tuple[ObservedContainer, ...],
) -> int:
    from composer.actions.cp import copy_out

    sys.stdout.flush()
    (container,) = containers
    return _copied(
        session,
        copying,
        containers,
        lambda _: copy_out(session.engine, container.name, copying, request, sys.stdout.buffer),
    )


def _inward(
    session: Session,
    copying: Copying,
    request: CopyOptions,
    containers: tuple[ObservedContainer, ...],
) -> int:
    from composer.actions.cp import ARCHIVE, copy_in, repeatable

    times = len(containers) if copying.local == ARCHIVE else 0
    with repeatable(sys.stdin.buffer, times) as archive:
        return _copied(
            session,
            copying,
            containers,
            lambda name: copy_in(session.engine, name, copying, request, archive()),
        )


def _copied(
    session: Session,
    copying: Copying,
    containers: tuple[ObservedContainer, ...],
    copy: Callable[[str], tuple[str, ...]],
) -> int:
    """Copy for each container, tell of it, and return the exit code; one that fails is not all."""
    failed: dict[str, ComposerError] = {}
    left_out: list[str] = []
    for one in containers:
        session.tell(one.name, _title(copying, one), "Copying")
        try:
            left_out += copy(one.name)
        except ComposerError as error:
            failed.setdefault(error.message, error)
        else:
            session.tell(one.name, _title(copying, one), "Copied")
    for text in dict.fromkeys(left_out):
        session.console.say(f"left out: {text}")
    *others, last = failed.values() or (None,)
    for other in others:
        session.console.say(f"error: {other}")
    if last is not None:
        raise last
    return 1 if left_out else 0


def _title(copying: Copying, container: ObservedContainer) -> str:
    there = f"{container.name}:{copying.path}"
    here = copying.local
    return f"copy {there} to {here}" if copying.outward else f"copy {here} to {there}"
