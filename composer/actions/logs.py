"""The output of a project's containers: what there is, in the order of time, or as it comes.

Lines are dressed, that is made into what is written, batch by batch and before they are
put in order: there may be millions of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from composer.actions.attach import Following, Output, Stopped
from composer.actions.last_words import last_words
from composer.actions.merging import ahead, last_lines, merged
from composer.engine.port import Engine, LogStream
from composer.errors import EngineError, EngineUnavailable
from composer.model.events import LogBatch
from composer.model.observed import ObservedContainer
from composer.model.options import LogOptions

Dress: TypeAlias = Callable[[str, str, LogBatch], LogBatch]
"""Makes the lines of a container (its name and service come first) into those to be written."""

Unreadable: TypeAlias = Callable[[ObservedContainer, EngineError], None]
"""Is told of a container whose output the engine does not give."""

Lines: TypeAlias = list[bytes]


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
                and _is_wanted(options, container.service, container.number)
            ),
            key=lambda container: container.name,
        )
    )


def _is_wanted(options: LogOptions, service: str, number: int) -> bool:
    named = options.services is None or service in options.services
    return named and options.index in (None, number)


def read(
    engine: Engine,
    containers: Sequence[ObservedContainer],
    options: LogOptions,
    dress: Dress,
    unreadable: Unreadable,
) -> Iterator[Lines]:
    """Yield the output of `containers` so far, all of it in the order in which it was said."""
    streams = _open(engine, containers, options, unreadable)
    try:
        yield from _backlog(streams, options, dress, unreadable, {})
    finally:
        for _, stream in streams:
            stream.close()


def follow(
    project: str,
    engine: Engine,
    options: LogOptions,
    dress: Dress,
    unreadable: Unreadable,
    found: Callable[[Sequence[ObservedContainer]], None],
) -> Iterator[Lines | Stopped]:
    """Yield the output so far by time, then as it comes, until all containers have stopped.

    Containers that start later are followed too.  `found` hears which there are.
    """
    following = Following(
        engine, project, wants=_wants(options), lasting=False, awaits_created=True
    )
    try:
        containers = containers_of(project, engine, options)
        found(containers)
        streams = _open(engine, containers, options, unreadable)
        said: dict[str, str] = {}
        yield from _backlog(streams, options, dress, unreadable, said)
        since = last_words(engine, _passed_over(streams, options, said))
        for container, stream in streams:
            id = container.id
            following.adopt(container, stream, said=said.get(id, ""), since=since.get(id))
        for news in following:
            if isinstance(news, Output):
                yield dress(news.container, news.service, news.batch).texts
            else:
                yield news
    finally:
        following.close()


def _wants(options: LogOptions) -> Callable[[str, str], bool]:
    def wants(service: str, number: str) -> bool:
        return _is_wanted(options, service, int(number) if number.isdecimal() else 0)

    return wants


Opened: TypeAlias = list[tuple[ObservedContainer, LogStream]]


def _open(
    engine: Engine,
    containers: Sequence[ObservedContainer],
    options: LogOptions,
    unreadable: Unreadable,
) -> Opened:
    streams: Opened = []
    for container in containers:
        try:
            stream = engine.logs(
                container.id,
                follow=options.follow,
                halts=options.follow,
                tail=None if options.sifted else options.tail,
                since=options.since,
                until=options.until,
            )
        except EngineUnavailable:
            raise
        except EngineError as error:
            unreadable(container, error)
        else:
            streams.append((container, stream))
    return streams


def _passed_over(
    streams: Opened, options: LogOptions, said: Mapping[str, str]
) -> list[ObservedContainer]:
    """Return the containers that may have said what nobody wants to see."""
    narrowed = options.tail == 0 or options.since or options.until
    return [one for one, _ in streams if one.id not in said] if narrowed else []


def _backlog(
    streams: Opened,
    options: LogOptions,
    dress: Dress,
    unreadable: Unreadable,
    said: dict[str, str],
) -> Iterator[Lines]:
    """Yield what was said so far; a stream that fails is taken out of `streams`.

    `said` gets the time stamp of each container's last line, by id, be it shown or not.
    """
    failed: list[LogStream] = []
    count = len(streams)

    def dressed(container: ObservedContainer, stream: LogStream) -> Iterator[LogBatch]:
        try:
            for batch in ahead(stream.batches(), count) if count > 1 else stream.batches():
                said[container.id] = batch.times[-1].decode()
                yield dress(container.name, container.service, batch)
        except EngineUnavailable:
            raise
        except EngineError as error:
            failed.append(stream)
            unreadable(container, error)

    sources = [dressed(*one) for one in streams]
    if options.sifted and options.tail is not None:
        sources = [last_lines(source, options.tail) for source in sources]
    yield from merged(sources)
    streams[:] = [one for one in streams if one[1] not in failed]
