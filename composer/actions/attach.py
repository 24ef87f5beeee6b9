"""The output of a project's containers, and their coming and going, as one stream.

Containers are found through the engine's events, which are subscribed to before
anything is looked at; so whatever starts later, by whomever, is followed too, and
a container that is restarted is followed again from where it was left.  Events that
nobody heard, because the stream of them was cut, are found by looking again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from composer.actions.moments import engine_time, parse_timestamp
from composer.engine.port import Engine, LogStream
from composer.errors import EngineError, EngineUnavailable, NotFound
from composer.executor.fanin import Arrived, Ended, FanIn
from composer.model.events import LogBatch
from composer.model.names import Label
from composer.model.observed import EngineEvent, ObservedContainer
from composer.record import dataclass

_EVENTS = "events"
_ALIVE = ("running", "paused", "restarting")
_KILLED = 137
_LOSSES = 5
_PAUSE = 0.1


@dataclass(frozen=True, slots=True)
class Output:
    """A container said something."""

    container: str
    service: str
    batch: LogBatch


@dataclass(frozen=True, slots=True)
class Stopped:
    """A container's process ended, all of its output read; `again`: the engine restarts it."""

    container: str
    service: str
    exit_code: int
    again: bool = False


News: TypeAlias = Output | Stopped


@dataclass(frozen=True, slots=True)
class _Expect:
    """The container of this name is about to be started."""

    name: str


@dataclass(frozen=True, slots=True)
class _Restarting:
    """The container of this name is about to be restarted, or was not after all."""

    name: str
    begins: bool


@dataclass(frozen=True, slots=True)
class _Hold:
    """Something may be started at any time."""


@dataclass(frozen=True, slots=True)
class _Finish:
    """Nothing more is going to be started."""


@dataclass(slots=True)
class _Container:
    """What is known of one container.

    Reading goes on after the time stamp `said`, else at `since`, None at the beginning.
    `run` is set when events were missed: the start of the run that is under way, if it
    is in doubt whether that is the one which is read.
    """

    id: str
    name: str
    service: str
    alive: bool = False
    since: str | None = None
    said: str = ""
    source: str = ""
    starts: int = 0
    run: str = ""
    stopped: Stopped | None = None

    @property
    def place(self) -> str | None:
        return engine_time(parse_timestamp(self.said) + 1) if self.said else self.since


class _Batches:
    """The batches of a stream, as a stream."""

    def __init__(self, stream: LogStream) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[LogBatch]:
        return self._stream.batches()

    def close(self) -> None:
        self._stream.close()


class Following:
    """Iterate to hear the news of project `project`; it ends when nothing is left to hear.

    `wants` says which containers count, by service and number; `shows` whose output is read.
    If it is `lasting`, it goes on while nothing runs until `finish` is called.  With
    `awaits_created` what was created is waited for, as it is about to start; with `oneoffs`
    one-off containers count as well.
    """

    def __init__(
        self,
        engine: Engine,
        project: str,
        *,
        wants: Callable[[str, str], bool] = lambda service, number: True,
        shows: Callable[[str], bool] = lambda service: True,
        lasting: bool = True,
        awaits_created: bool = False,
        oneoffs: bool = False,
    ) -> None:
        self._engine = engine
        self._project = project
        self._wants = wants
        self._shows = shows
        self._known: dict[str, _Container] = {}
        self._expected: set[str] = set()
        self._lasting = lasting
        self._awaits_created = awaits_created
        self._created: set[str] = set()
        self._oneoffs = oneoffs
        self._fan: FanIn[EngineEvent | LogBatch | _Expect | _Restarting | _Hold | _Finish] = FanIn()
        self._restarting: dict[str, EngineEvent | None] = {}
        self._losses = 0
        self._listen()

    def read(
        self,
        container: ObservedContainer,
        *,
        tail: int | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> None:
        """Read the output of a container that exists, running or not."""
        one = self._learn(container)
        one.alive = container.state.status in _ALIVE
        if self._shows(one.service):
            self._open(one, tail=tail, since=since, until=until)

    def adopt(
        self,
        container: ObservedContainer,
        stream: LogStream,
        *,
        said: str = "",
        since: str | None = None,
    ) -> None:
        """Go on with the output of a container from where `stream` has halted.

        That is after the time stamp `said`; if it is not known, at `since`.
        """
        one = self._learn(container)
        one.said, one.since = said, since
        one.alive = container.state.status in _ALIVE
        self._add(one, lambda: stream)

    def remember(self, container: ObservedContainer, since: str | None) -> None:
        """Read the output of a container that does not run from `since` on, once it does."""
        self._learn(container).since = since

    def expect(self, name: str) -> None:
        """Do not end before container `name` has been heard to start.

        To be called before it is started: what it is about to do would else look like
        nothing left to hear.
        """
        self._fan.post("", _Expect(name))

    def finish(self) -> None:
        """Let the news end when nothing runs any more."""
        self._fan.post("", _Finish())

    def restarting(self, name: str, *, begins: bool = True) -> None:
        """Do not tell of the end that a restart of container `name` begins with.

        To be called before it, and again if it did not begin.
        """
        self._fan.post("", _Restarting(name, begins))

    def hold(self) -> None:
        """Let the news go on though nothing runs."""
        self._fan.post("", _Hold())

    def close(self) -> None:
        self._fan.close()

    def __iter__(self) -> Iterator[News]:
        self._end_if_idle()
        for message in self._fan:
            match message:
                case Arrived(_, EngineEvent() as event):
                    self._losses = min(self._losses, 1)
                    yield from self._happened(event)
                case Arrived(source, LogBatch() as batch):
                    yield self._output(self._known[source.partition("#")[0]], batch)
                case Arrived(_, _Expect(name)):
                    self._expected.add(name)
                case Arrived(_, _Restarting(name, begins)):
                    yield from self._restart(name, begins=begins)
                case Arrived(_, _Hold()):
                    self._lasting = True
                case Arrived(_, _Finish()):
                    self._lasting = False
                    if self._losses and self._expected:
                        yield from self._look_again()
                case Ended(source, error):
                    yield from self._ended(source, error)
            self._end_if_idle()

    def _end_if_idle(self) -> None:
        if self._lasting or self._expected or self._created:
            return
        if not any(one.alive or one.source for one in self._known.values()):
            self._fan.close()

    def _listen(self) -> None:
        events = self._engine.changes(self._project)
        self._fan.add(_EVENTS, lambda: events)

    def _output(self, one: _Container, batch: LogBatch) -> Output:
        one.said = max(one.said, batch.times[-1].decode())
        return Output(one.name, one.service, batch)

    def _learn(self, container: ObservedContainer) -> _Container:
        one = _Container(container.id, container.name, container.service)
        return self._known.setdefault(container.id, one)

    def _counts(self, labels: Mapping[str, str]) -> bool:
        oneoff = labels.get(Label.ONEOFF, "").lower() == "true"
        ours = Label.HOOK not in labels and (self._oneoffs or not oneoff)
        return ours and self._wants(labels.get(Label.SERVICE, ""), labels.get(Label.NUMBER, ""))

    def _restart(self, name: str, *, begins: bool) -> Iterator[News]:
        """Keep the end of a container for ourselves, or tell it after all."""
        if begins:
            self._restarting[name] = None
        elif event := self._restarting.pop(name, None):
            self._expected.discard(name)
            yield from self._stopped(self._known[event.container], event.exit_code or 0)

    def _happened(self, event: EngineEvent) -> Iterator[News]:
        if not self._counts(event.labels):
            return
        service = event.labels.get(Label.SERVICE, "")
        fresh = _Container(event.container, event.name, service)
        one = self._known.setdefault(event.container, fresh)
        one.name = event.name or one.name
        match event.action:
            case "create" if self._awaits_created:
                self._created.add(event.container)
            case "start" if one.alive and one.source and one.stopped is None:
                pass  # of the run that is read already
            case "start":
                self._restarting.pop(one.name, None)
                one.alive = True
                self._created.discard(event.container)
                self._expected.discard(event.name)
                if self._shows(service):
                    self._open(one, since=one.place)
            case "die":
                yield from self._died(one, event)
            case "destroy":
                one.alive = False
                self._created.discard(event.container)

    def _died(self, one: _Container, event: EngineEvent) -> Iterator[News]:
        one.since, one.said = engine_time(event.time + 1), ""
        if one.name in self._restarting:
            one.alive = False
            self._restarting[one.name] = event
            self._expected.add(one.name)
            return
        one.alive = again = self._is_restarted(one)
        yield from self._stopped(one, event.exit_code or 0, again)

    def _look_again(self) -> Iterator[News]:
        """Find out what the events would have told that nobody heard."""
        found = self._engine.project_containers(self._project)
        ids = {container.id for container in found}
        for container in found:
            if self._counts(container.labels):
                yield from self._catch_up(container)
        for one in list(self._known.values()):
            if one.alive and one.id not in ids:
                one.alive = False
                yield from self._stopped(one, _KILLED)

    def _catch_up(self, container: ObservedContainer) -> Iterator[News]:
        """Bring what is known of `container` up to date."""
        one = self._learn(container)
        one.name = container.name
        if container.state.status in _ALIVE:
            self._expected.discard(one.name)
            self._restarting.pop(one.name, None)
            was_alive, one.alive = one.alive, True
            if was_alive and one.source:
                one.run = self._engine.state(one.id).started_at
            elif self._shows(one.service):
                self._open(one, since=one.place)
        elif one.alive:
            one.alive = False
            yield from self._stopped(one, container.state.exit_code)
        elif one.name in self._expected and not self._lasting:
            self._expected.discard(one.name)
            if self._shows(one.service):
                self._open(one, since=one.place)
            yield from self._stopped(one, container.state.exit_code)

    def _stopped(self, one: _Container, exit_code: int, again: bool = False) -> Iterator[News]:
        """Tell that a container stopped, as soon as all that it said has been told."""
        news = Stopped(one.name, one.service, exit_code, again)
        if one.source:
            one.stopped = news
        else:
            yield news

    def _is_restarted(self, one: _Container) -> bool:
        try:
            return self._engine.state(one.id).status in _ALIVE
        except NotFound:
            return False

    def _open(
        self,
        one: _Container,
        *,
        tail: int | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> None:
        self._add(
            one,
            lambda: self._engine.logs(one.id, follow=True, tail=tail, since=since, until=until),
        )

    def _add(self, one: _Container, open_stream: Callable[[], LogStream]) -> None:
        one.starts += 1
        one.source = f"{one.id}#{one.starts}"
        self._fan.add(one.source, lambda: _Batches(open_stream()))

    def _ended(self, source: str, error: Exception | None) -> Iterator[News]:
        if source == _EVENTS:
            yield from self._deafened(error or EngineError("the engine ended its stream of events"))
            return
        one = self._known[source.partition("#")[0]]
        if isinstance(error, EngineUnavailable) or not isinstance(error, EngineError | None):
            raise error
        if source != one.source:
            return
        one.source = ""
        if one.stopped is not None:
            yield one.stopped
            one.stopped = None
        elif one.run and self._is_under_way(one):
            self._open(one, since=one.place)
        one.run = ""

    def _deafened(self, error: Exception) -> Iterator[News]:
        """Hear of changes again; a stream that breaks again and again is the engine's end."""
        self._losses += 1
        if self._losses > _LOSSES or not isinstance(error, EngineError):
            raise error
        time.sleep(_PAUSE * (self._losses - 1))
        self._listen()
        yield from self._look_again()

    def _is_under_way(self, one: _Container) -> bool:
        """Say whether the run that was looked at is under way; an older one was read till now."""
        try:
            state = self._engine.state(one.id)
        except NotFound:
            return False
        return state.status in _ALIVE and state.started_at == one.run
