"""The output of a project's containers: what there is, or as it comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from heapq import merge
from operator import itemgetter

from composer.actions.attach import Following, News, Output
from composer.engine.port import Engine
from composer.errors import EngineError
from composer.model.observed import ObservedContainer
from composer.model.options import LogOptions


def containers_of(
    project: str, engine: Engine, options: LogOptions
) -> tuple[ObservedContainer, ...]:
    """Return the containers whose output is asked for, one-off ones left out, by name."""
    found = engine.project_containers(project)
    return tuple(
        sorted(
            (
                container
                for container in found
                if not container.oneoff
                and not container.hook
                and (not options.services or container.service in options.services)
                and options.index in (None, container.number)
            ),
            key=lambda container: container.name,
        )
    )


def follow(
    project: str, engine: Engine, containers: Sequence[ObservedContainer], options: LogOptions
) -> Iterator[News]:
    """Yield the output of `containers`, and of those that start later, until all have stopped."""
    following = Following(
        engine,
        project,
        wants=lambda service: not options.services or service in options.services,
        timestamps=options.timestamps,
        lasting=False,
    )
    try:
        for container in containers:
            following.read(container, tail=options.tail, since=options.since, until=options.until)
        yield from following
    finally:
        following.close()


def read(
    engine: Engine,
    containers: Sequence[ObservedContainer],
    options: LogOptions,
    unreadable: Callable[[ObservedContainer, EngineError], None],
) -> Iterator[Output]:
    """Yield the output of `containers` so far, all of it in the order in which it was said.

    `unreadable` is told of those whose output the engine does not give.
    """
    streams = [_timed(engine, container, options, unreadable) for container in containers]
    for _, output in merge(*streams, key=itemgetter(0)):
        yield output


def _timed(
    engine: Engine,
    container: ObservedContainer,
    options: LogOptions,
    unreadable: Callable[[ObservedContainer, EngineError], None],
) -> Iterator[tuple[str, Output]]:
    try:
        lines = engine.logs(
            container.id,
            tail=options.tail,
            since=options.since,
            until=options.until,
            timestamps=True,
        )
    except EngineError as error:
        unreadable(container, error)
        return
    for line in lines:
        stamp = line.time
        if not options.timestamps:
            line = type(line)(line.container, line.text, line.stream)
        yield stamp, Output(container.name, container.service, line)
