"""Where the output of containers ends so far."""

from __future__ import annotations

from collections.abc import Iterable

from composer.actions.moments import engine_time, parse_timestamp
from composer.engine.port import Engine
from composer.model.observed import ObservedContainer


def last_words(engine: Engine, containers: Iterable[ObservedContainer]) -> dict[str, str]:
    """Return for each container, by id, the moment after its last line, if it ever spoke."""
    found = {}
    for container in containers:
        times = [line.time for line in engine.logs(container.id, tail=1, timestamps=True)]
        if times and times[-1]:
            found[container.id] = engine_time(parse_timestamp(times[-1]) + 1)
    return found
