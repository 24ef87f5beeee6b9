"""The output of a project's containers, and their coming and going, as one stream.

Containers are found through the engine's events, which are subscribed to before
anything is looked at; so whatever starts later, by whomever, is followed too, and
a container that is restarted is followed again from where it was left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from composer.actions.moments import engine_time, parse_timestamp
from composer.engine.port import Engine
from composer.errors import EngineError, NotFound
from composer.executor.fanin import Arrived, Ended, FanIn
from composer.model.events import LogLine
from composer.model.names import Label
from composer.model.observed import EngineEvent, ObservedContainer
from composer.record import dataclass

_EVENTS = "events"
_ALIVE = ("running", "paused", "restarting")


@dataclass(frozen=True, slots=True)
class Output:
    """A container said something."""

    container: str
    service: str
    line: LogLine


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
class _Finish:
    """Nothing more is going to be started."""


@dataclass(slots=True)
class _Container:
    """What is known of one container.  `since` is where reading goes on, None at the beginning."""

    id: str
    name: str
    service: str
    alive: bool = False
    since: str | None = None
    source: str = ""
    starts: int = 0
    stopped: Stopped | None = None


class Following:
    """Iterate to hear the news of project `project`; it ends when nothing is left to hear.

    `wants` says whose containers count, by service; `shows` whose output is read.
    If it is `lasting`, it goes on while nothing runs until `finish` is called.
    """

    def __init__(
        self,
        engine: Engine,
        project: str,
        *,
        wants: Callable[[str], bool] = lambda service: True,
        shows: Callable[[str], bool] = lambda service: True,
        timestamps: bool = False,
        lasting: bool = True,
    ) -> None:
        self._engine = engine
        self._wants = wants
        self._shows = shows
        self._timestamps = timestamps
        self._known: dict[str, _Container] = {}
        self._expected: set[str] = set()
        self._lasting = lasting
        self._fan: FanIn[EngineEvent | LogLine | _Expect | _Finish] = FanIn()
        events = engine.changes(project)
        self._fan.add(_EVENTS, lambda: events)

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

    def remember(self, container: ObservedContainer, since: str | None) -> None:
        """Read the output of a container that does not run from `since` on, once it does."""
        self._learn(container).since = since

    def expect(self, name: str) -> None:
        """Do not end before container `name` has been heard to start.

        To be called before it is started, from any thread but the iterating one: what
        it is about to do would else look like nothing left to hear.
        """
        self._fan.post("", _Expect(name))

    def finish(self) -> None:
        """Let the news end when nothing runs any more; from any thread but the iterating one."""
        self._fan.post("", _Finish())

    def close(self) -> None:
        self._fan.close()

    def __iter__(self) -> Iterator[News]:
        self._end_if_idle()
        for message in self._fan:
            match message:
                case Arrived(_, EngineEvent() as event):
                    yield from self._happened(event)
                case Arrived(source, LogLine() as line):
                    one = self._known[source.partition("#")[0]]
                    yield Output(one.name, one.service, line)
                case Arrived(_, _Expect(name)):
                    self._expected.add(name)
                case Arrived(_, _Finish()):
                    self._lasting = False
                case Ended(source, error):
                    yield from self._ended(source, error)
            self._end_if_idle()

    def _end_if_idle(self) -> None:
        if self._lasting or self._expected:
            return
        if not any(one.alive or one.source for one in self._known.values()):
            self._fan.close()

    def _learn(self, container: ObservedContainer) -> _Container:
        one = _Container(container.id, container.name, container.service)
        return self._known.setdefault(container.id, one)

    def _happened(self, event: EngineEvent) -> Iterator[News]:
        service = event.labels.get(Label.SERVICE, "")
        oneoff = event.labels.get(Label.ONEOFF, "").lower() == "true"
        if oneoff or Label.HOOK in event.labels or not self._wants(service):
            return
        fresh = _Container(event.container, event.name, service)
        one = self._known.setdefault(event.container, fresh)
        one.name = event.name or one.name
        match event.action:
            case "start":
                one.alive = True
                self._expected.discard(event.name)
                if self._shows(service):
                    self._open(one, since=one.since)
            case "die":
                yield from self._died(one, event)
            case "destroy":
                one.alive = False

    def _died(self, one: _Container, event: EngineEvent) -> Iterator[News]:
        again = self._is_restarted(one)
        one.alive = again
        one.since = engine_time(event.time + 1)
        news = Stopped(one.name, one.service, event.exit_code or 0, again)
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
        one.starts += 1
        one.source = f"{one.id}#{one.starts}"
        self._fan.add(
            one.source,
            lambda: self._engine.logs(
                one.id,
                follow=True,
                tail=tail,
                since=since,
                until=until,
                timestamps=self._timestamps,
            ),
        )

    def _ended(self, source: str, error: Exception | None) -> Iterator[News]:
        if source == _EVENTS:
            raise error or EngineError("the engine ended its stream of events")
        one = self._known[source.partition("#")[0]]
        if error is not None and not isinstance(error, EngineError):
            raise error
        if source == one.source:
            one.source = ""
            if one.stopped is not None:
                yield one.stopped
                one.stopped = None


def last_words(engine: Engine, containers: Iterable[ObservedContainer]) -> dict[str, str]:
    """Return for each container, by id, the moment after its last line, if it ever spoke."""
    found = {}
    for container in containers:
        times = [line.time for line in engine.logs(container.id, tail=1, timestamps=True)]
        if times and times[-1]:
            found[container.id] = engine_time(parse_timestamp(times[-1]) + 1)
    return found
