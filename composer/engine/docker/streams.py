"""Events and logs: what arrives over time, and can be closed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from composer.engine.docker.base import Base
from composer.engine.docker.clock import engine_time, moment, seconds_to_nanoseconds
from composer.engine.docker.flow import Download, json_lines
from composer.engine.docker.listing import event
from composer.errors import EngineError
from composer.model.names import Label
from composer.model.observed import EngineEvent

if TYPE_CHECKING:
    from composer.engine.docker.happenings import Happenings
    from composer.engine.docker.logs import Logs

_CHANGES = [
    *("create", "start", "restart", "pause", "unpause", "kill", "oom", "die", "stop"),
    *("rename", "update", "destroy", "health_status", "exec_die"),
]
"""What is said of a container; that something is executed in it would drown that."""


class Streams(Base):
    def changes(self, project: str) -> Events:
        """Return the container events of a project, from now on.

        The engine answers before it listens, so it is asked for everything since
        a moment before, by its own clock, and older events are dropped here.
        """
        since = self._engine_now()
        filters = {
            "type": ["container"],
            "label": [f"{Label.PROJECT}={project}"],
            "event": _CHANGES,
        }
        params = {"since": engine_time(since), "filters": filters}
        return Events(self._wire.open("GET", "/events", params), since)

    def events(
        self, project: str, *, since: str | None = None, until: str | None = None
    ) -> Happenings:
        from composer.engine.docker.happenings import Happenings

        start = self._engine_now() if since is None else seconds_to_nanoseconds(since)
        return Happenings(self._wire, project, start, until)

    def logs(
        self,
        container: str,
        *,
        follow: bool = False,
        tail: int | None = None,
        since: str | None = None,
        until: str | None = None,
        timestamps: bool = False,
        halts: bool = False,
    ) -> Logs:
        from composer.engine.docker.logs import Logs, Output, Wanted
        from composer.engine.docker.rotating import RotatingLogs

        now = datetime.now(UTC).timestamp()
        wanted = Wanted(
            follow=follow, tail=tail, since=moment(since, now), until=moment(until, now)
        )
        asked = f"container {container}"
        json = self._wire.get(f"/containers/{container}/json", asked=asked)
        output = Output(self._wire, json)
        make = RotatingLogs if follow and output.rotates else Logs
        return make(output, wanted, timestamps=timestamps, halts=halts)


class Events:
    def __init__(self, download: Download, since: int) -> None:
        self._download = download
        self._since = since

    def __iter__(self) -> Iterator[EngineEvent]:
        for text in json_lines(self._download):
            happened = event(text)
            passed = happened.action == "exec_die" and not happened.exit_code
            if happened.time >= self._since and not passed:
                yield happened
        if not self._download.closed:
            raise EngineError("the engine ended its stream of events")

    def close(self) -> None:
        self._download.close()
