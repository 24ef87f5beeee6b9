"""What happens to the containers of a project, as the engine tells it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import closing

from composer.engine.port import Streams
from composer.model.names import Label
from composer.model.observed import EngineEvent


def events(
    project: str,
    engine: Streams,
    services: Collection[str],
    *,
    since: str | None = None,
    until: str | None = None,
) -> Iterator[EngineEvent]:
    """Yield events of replicas, of all services or of those named, to `until` or for ever.

    With an end and no beginning they are all that the engine remembers.
    """
    if until is not None:
        since = since or "0"
    with closing(engine.events(project, since=since, until=until)) as stream:
        for happened in stream:
            oneoff = happened.labels.get(Label.ONEOFF, "").lower() == "true"
            if not oneoff and (not services or happened.labels.get(Label.SERVICE) in services):
                yield happened
