"""Show what containers use, as it changes"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from composer.cli import flags
from composer.cli.formats import configured
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session

if TYPE_CHECKING:
    from composer.actions.stats import Meter, Reading


def configure(parser: Parser) -> None:
    flags.services(parser)
    flags.switches(
        parser,
        {
            "-a --all": "Containers that do not run too",
            "--no-stream": "One look, and no more",
            "--no-trunc": "Do not cut ids short",
        },
    )
    flags.format(parser)
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    from composer.actions.stats import SHORTLY, Meter, readings
    from composer.render.console import is_terminal

    name = session.project_name
    format = options.format or configured(session.docker_directory, "statsFormat")
    live = is_terminal(session.console.out, session.environment) and not options.no_stream
    bars = live and format in ("", "table")
    meter = Meter(session.engine, name, options.services, all=options.all, limits=bars)
    flow = readings(meter, session.engine, name)

    def text(found: Sequence[Reading]) -> str:
        return _text(found, format, full=options.no_trunc)

    if options.no_stream:
        session.console.print(text(_two(meter, SHORTLY)))
        if options.services:
            there = session.engine.project_containers(name)
            flags.say_missing(session, options.services, there)
    elif live:
        _draw(session, flow, None if bars else text)
    else:
        next(flow)  # of one sample alone nobody knows how busy a container is
        for found in flow:
            session.console.print_now(text(found))
    return 0


def _two(meter: Meter, pause: float) -> tuple[Reading, ...]:
    """Return a reading after another one, without which nothing is known of the processor."""
    if any(reading.cpu is None for reading in meter.read()):
        time.sleep(pause)
    return meter.read()


def _text(found: Sequence[Reading], format: str, *, full: bool) -> str:
    from composer.render.stats import HEADERS, TABLE, row
    from composer.render.template import render_rows

    template = TABLE if format in ("", "table") else format
    return render_rows(template, [row(reading, full=full) for reading in found], HEADERS)


def _draw(
    session: Session,
    flow: Iterable[Sequence[Reading]],
    text: Callable[[Sequence[Reading]], str] | None,
) -> None:
    """Draw until Ctrl-C, or until the terminal is gone: bars, or the text that is asked for."""
    from composer.render.resumed import resumed
    from composer.render.screen import Screen
    from composer.render.stats import lines, plain

    screen = Screen(session.console.out, colour=session.console.colour_out)
    with resumed(screen.draw_anew):
        for found in flow:
            columns, height = screen.size()
            room = columns - 1, max(height - 1, 2)
            screen.draw(plain(text(found), *room) if text else lines(found, *room))
            if screen.gone:
                return
