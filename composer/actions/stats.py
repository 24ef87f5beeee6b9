"""What the containers of a project use, again and again."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from queue import Empty, SimpleQueue

from composer.engine.port import Engine, Reader
from composer.executor.listen import Heard, Listener, Lost
from composer.model.observed import ObservedContainer
from composer.model.usage import Sample
from composer.record import dataclass

PACE = 1.0
"""Seconds from one reading to the next."""

SHORTLY = 0.5
"""Seconds after which a second reading tells enough: some engines take one a second anyway."""

_RUNNING = ("running", "paused", "restarting")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a container uses.  `cpu` is in percent of one processor, None while nobody knows.

    `cpu_limit` is in percent too, and None without a limit; `memory` is in percent of
    its limit.
    """

    container: ObservedContainer
    sample: Sample
    cpu: float | None
    memory: float
    cpu_limit: float | None = None


class Meter:
    """Reads what the containers of a project use; one that does not run, with `all`, nothing.

    With `limits` it finds out those of the processor, too, which are not in samples.
    """

    def __init__(
        self,
        engine: Reader,
        project: str,
        services: Collection[str] = (),
        *,
        all: bool = False,
        limits: bool = False,
    ) -> None:
        self._engine = engine
        self._project = project
        self._services = services
        self._all = all
        self._limits: dict[str, float | None] | None = {} if limits else None
        self._members: tuple[ObservedContainer, ...] = ()
        self._before: dict[str, Sample] = {}
        self.outdated = True

    def read(self) -> tuple[Reading, ...]:
        """Return a reading of each container, by name.  Say `outdated` when some came or went."""
        if self.outdated:
            self.outdated = False
            self._members = self._look()
        samples = self._engine.samples(container.id for container in self._members)
        before, self._before = self._before, dict(samples)
        limits = self._limits or {}
        return tuple(
            reading(container, before.get(container.id), samples[container.id], limits)
            for container in self._members
            if container.id in samples
        )

    def _look(self) -> tuple[ObservedContainer, ...]:
        found = [
            container
            for container in self._engine.project_containers(self._project)
            if (self._all or container.state.status in _RUNNING)
            and (not self._services or container.service in self._services)
        ]
        if self._limits is not None:
            new = [one.id for one in found if one.id not in self._limits]
            inspected = self._engine.inspect(new) if new else {}
            self._limits |= {id: _cpu_limit(one) for id, one in inspected.items()}
        return tuple(sorted(found, key=lambda container: container.name))


def readings(meter: Meter, engine: Engine, project: str) -> Iterator[tuple[Reading, ...]]:
    """Yield readings, one each second, of those containers that are there then, for ever."""
    inbox: SimpleQueue[Heard | Lost] = SimpleQueue()
    listener = Listener(lambda: engine.changes(project), inbox.put)
    try:
        while True:
            begun = time.monotonic()
            yield meter.read()
            for heard in _heard(inbox, begun + PACE):
                if isinstance(heard, Lost):
                    raise heard.error
                meter.outdated = True
    finally:
        listener.close()


def _heard(inbox: SimpleQueue[Heard | Lost], until: float) -> Iterator[Heard | Lost]:
    """Yield what is heard until that moment, and all that was heard before."""
    while True:
        try:
            yield inbox.get(timeout=max(0.0, until - time.monotonic()))
        except Empty:
            return


def reading(
    container: ObservedContainer,
    before: Sample | None,
    now: Sample,
    limits: dict[str, float | None],
) -> Reading:
    """Return what `now` says, beside the sample `before`, as Docker's client counts it."""
    cpu = None if before is None else 0.0
    if before is not None and now.system > before.system and now.cpu > before.cpu:
        cpu = (now.cpu - before.cpu) / (now.system - before.system) * now.cpus * 100
    if not now.memory_limit:  # it does not run
        cpu = 0.0
    memory = now.memory / now.memory_limit * 100 if now.memory_limit else 0.0
    return Reading(
        container=container,
        sample=now,
        cpu=cpu,
        memory=memory,
        cpu_limit=limits.get(container.id),
    )


def _cpu_limit(container: ObservedContainer) -> float | None:
    config = container.config
    if config is None:
        return None
    if config.cpus:
        return config.cpus * 100
    if config.cpu_quota > 0:
        return config.cpu_quota / (config.cpu_period or 100_000) * 100
    return None
