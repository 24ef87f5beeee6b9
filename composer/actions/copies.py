"""The containers that are watched for: who there is, what each lacks, and sending it.

Belongs to the coordinator of `watch.py`, which hands it the words that its workers post.
A container that cannot be had keeps what it lacks until it can.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from threading import Event, Thread
from typing import TypeAlias

from composer.actions.sending import Arrival, Load, send
from composer.actions.watched import Copy, Served
from composer.engine.port import Engine, EventStream
from composer.errors import AnswerLost, ComposerError, EngineError, EngineUnavailable, NotFound
from composer.executor.crew import Crew
from composer.model.observed import ObservedContainer
from composer.model.watch import Failed, News, Sent, Waiting
from composer.record import dataclass

_ATTEMPTS = 3

_LONGEST_PAUSE = 5.0
"""The most seconds after which an engine that is away is tried again."""


@dataclass(frozen=True, slots=True)
class Changed:
    """Something happened to containers, or may have; `error`: nobody hears what happens."""

    error: ComposerError | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """The containers that there are; None if they could not be looked at."""

    containers: tuple[ObservedContainer, ...] | None


@dataclass(frozen=True, slots=True)
class Landed:
    container: str
    load: Mapping[str, str]
    arrival: Arrival | ComposerError


@dataclass(frozen=True, slots=True)
class Bug:
    error: BaseException


Word: TypeAlias = Changed | Seen | Landed


class Copies:
    def __init__(
        self,
        project: str,
        engine: Engine,
        crew: Crew,
        post: Callable[[Word | Bug], None],
        tell: Callable[[News], None],
        trouble: Callable[[str, str], None],
    ) -> None:
        self._project = project
        self._engine = engine
        self._crew = crew
        self._post = post
        self._tell = tell
        self._trouble = trouble
        self._served: Mapping[str, Served] = {}
        self._copies: dict[str, Copy] = {}
        self._looking = self._look_again = False
        self._away = False
        self._events: EventStream | None = None
        self._closed = Event()

    def begin(self, served: Mapping[str, Served]) -> None:
        """Hear of containers from now on; that somebody listens is the first thing heard."""
        self._served = served
        Thread(target=self._hear, name="composer-watch-engine", daemon=True).start()

    def serve(self, served: Mapping[str, Served]) -> None:
        """Go on with other rules; containers are looked at anew."""
        self._served = served
        self._copies = {
            id: copy for id, copy in self._copies.items() if copy.container.service in served
        }
        self._look()

    def close(self) -> None:
        self._closed.set()
        if self._events is not None:
            self._events.close()

    def take(self, word: Word) -> None:
        match word:
            case Changed(error):
                self._changed(error)
            case Seen(containers):
                self._meet(containers)
            case Landed(container, load, arrival):
                self._has_landed(container, load, arrival)

    def of(self, service: str) -> tuple[ObservedContainer, ...]:
        return tuple(copy.container for copy in self._of(service))

    def lack(self, service: str, sources: Mapping[str, str]) -> None:
        """Note what the containers of a service do not have as it is now."""
        for copy in self._of(service):
            copy.lack(sources)

    def are_idle(self, service: str) -> bool:
        """Say whether nothing is on its way to a service, nor could be."""
        return not self._looking and all(copy.idle for copy in self._of(service))

    @property
    def flying(self) -> bool:
        return any(copy.flying for copy in self._copies.values())

    def receiving(self) -> Iterator[str]:
        """Yield to whom something is on its way, in words."""
        for copy in self._copies.values():
            if copy.flying:
                yield f"files for {copy.container.name}"

    def send(self) -> None:
        """Begin to send what can be sent."""
        for copy in self._copies.values():
            if copy.pending and not copy.flying and not copy.blocked:
                self._send(copy)

    def _of(self, service: str) -> list[Copy]:
        return [one for one in self._copies.values() if one.container.service == service]

    def _hear(self) -> None:
        """Runs in a thread of its own: an engine that goes away may come back."""
        pause = 0.0
        while not self._closed.wait(pause):
            pause = min(_LONGEST_PAUSE, pause * 2 or 0.1)
            try:
                self._events = events = self._engine.changes(self._project)
                self._post(Changed())
                for _ in events:
                    pause = 0.0
                    self._post(Changed())
            except EngineError as error:
                self._post(Changed(error))
            except BaseException as error:  # a silent listener would leave us deaf
                self._post(Bug(error))
                return

    def _changed(self, error: ComposerError | None) -> None:
        if isinstance(error, EngineUnavailable):
            if not self._away:
                self._trouble(error.message, "what changes is kept, and sent when it is back")
            self._away = True
        elif error is None:
            if self._away:
                for copy in self._copies.values():
                    copy.blocked = False
            self._away = False
            self._look()

    def _look(self) -> None:
        """Have somebody look which containers there are, once more if somebody just does."""
        self._look_again = self._looking
        if not self._looking:
            self._looking = True
            self._crew.do(self._see)

    def _see(self) -> None:
        """Runs in a worker."""
        try:
            self._post(Seen(self._engine.project_containers(self._project)))
        except EngineError:
            self._post(Seen(None))
        except BaseException as error:  # a silent worker would leave us waiting
            self._post(Bug(error))

    def _meet(self, containers: Iterable[ObservedContainer] | None) -> None:
        """Know who is there; who is new lacks all that changed since watching began."""
        self._looking = False
        if self._look_again:
            self._look()
        if containers is None:
            return
        found: dict[str, Copy] = {}
        for container in containers:
            one = self._served.get(container.service)
            if one is not None and not (container.oneoff or container.hook):
                found[container.id] = self._met(container, one)
        self._copies = found

    def _met(self, container: ObservedContainer, one: Served) -> Copy:
        copy = self._copies.get(container.id)
        if copy is None:
            return Copy(container, one.everything(), fresh=bool(one.first))
        if copy.container.state.status != container.state.status:
            copy.move()
        copy.container = container
        return copy

    def _send(self, copy: Copy) -> None:
        one = self._served[copy.container.service]
        bounds = one.bounds(copy.container)
        load = Load(sources=copy.take(), base=copy.base, owner=one.owner, bounds=bounds)
        runs = copy.container.state.status == "running"
        self._crew.do(self._carry, copy.container.id, load, runs)

    def _carry(self, id: str, load: Load, runs: bool) -> None:
        """Runs in a worker."""
        try:
            self._post(Landed(id, load.sources, self._insist(id, load, runs)))
        except ComposerError as error:
            self._post(Landed(id, load.sources, error))
        except BaseException as error:  # a silent worker would leave us waiting
            self._post(Bug(error))

    def _insist(self, id: str, load: Load, runs: bool) -> Arrival:
        """Send a load; once more when an answer is lost, since to have it twice does no harm."""
        for _ in range(_ATTEMPTS - 1):
            with suppress(AnswerLost):
                return send(self._engine, id, load, runs=runs)
        return send(self._engine, id, load, runs=runs)

    def _has_landed(
        self, id: str, load: Mapping[str, str], arrival: Arrival | ComposerError
    ) -> None:
        copy = self._copies.get(id)
        if copy is None:
            return
        if isinstance(arrival, ComposerError):
            copy.landed(load)
            copy.blocked = True
            self._refused(copy, arrival)
            return
        copy.landed({**arrival.left, **arrival.refused})
        if arrival.error is not None:
            copy.blocked = True
            self._refused(copy, arrival.error)
        for one in arrival.unread:
            self._trouble(f"{one.path} cannot be read: {one.reason}", "")
        container = copy.container
        for why, help in arrival.spared.items():
            self._trouble(f"{container.service}: {why}", help)
        if arrival.changed or arrival.removed:
            if arrival.error is None:
                copy.told.clear()
            told = Sent(service=container.service, container=container.name, first=copy.fresh,
                        status=container.state.status,
                        changed=arrival.changed, removed=arrival.removed,
                        seconds=arrival.seconds)  # fmt: skip
            self._tell(told)
        copy.fresh = False
        if arrival.left and copy.block():
            status = container.state.status
            self._waits(copy, f"it is {status}: what is gone here goes there once it runs")

    def _refused(self, copy: Copy, error: ComposerError) -> None:
        if isinstance(error, NotFound):
            self._look()
        elif isinstance(error, AnswerLost | EngineUnavailable):
            self._away = True
            self._waits(copy, "the engine is away: what changes is kept until it is back")
        elif error.message not in copy.told:
            copy.told.add(error.message)
            self._tell(Failed("send", (copy.container.service,), error))

    def _waits(self, copy: Copy, reason: str) -> None:
        if reason not in copy.told:
            copy.told.add(reason)
            self._tell(Waiting(copy.container.name, reason))
