"""Events, logs, and commands in containers: what arrives over time, and can be closed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from time import sleep
from typing import Any

from composer.engine.docker.base import Base
from composer.engine.docker.clock import engine_time, moment, nanoseconds
from composer.engine.docker.flow import Download, Hijacked, json_lines
from composer.engine.docker.frames import demultiplexed, raw
from composer.engine.docker.listing import event
from composer.engine.docker.logs import Logs, Output, Wanted
from composer.engine.docker.wire import Wire
from composer.errors import EngineError
from composer.model.command import Command
from composer.model.names import Label
from composer.model.observed import EngineEvent

_CHANGES = [
    *("create", "start", "restart", "pause", "unpause", "kill", "oom", "die", "stop"),
    *("rename", "update", "destroy", "health_status", "exec_die"),
]
"""What is said of a container; that something is executed in it would drown that."""

_EXIT_CODE_SECONDS = 2.0
_TICK = 0.01


class Streams(Base):
    def changes(self, project: str) -> Events:
        """Return the container events of a project, from now on.

        The engine answers before it listens, so it is asked for everything since
        a moment before, by its own clock, and older events are dropped here.
        """
        since = nanoseconds(self._wire.get("/info")["SystemTime"])
        filters = {
            "type": ["container"],
            "label": [f"{Label.PROJECT}={project}"],
            "event": _CHANGES,
        }
        params = {"since": engine_time(since), "filters": filters}
        return Events(self._wire.open("GET", "/events", params), since)

    def logs(
        self,
        container: str,
        *,
        follow: bool = False,
        tail: int | None = None,
        since: str | None = None,
        until: str | None = None,
        timestamps: bool = False,
    ) -> Logs:
        now = datetime.now(UTC).timestamp()
        wanted = Wanted(
            follow=follow, tail=tail, since=moment(since, now), until=moment(until, now)
        )
        asked = f"container {container}"
        json = self._wire.get(f"/containers/{container}/json", asked=asked)
        return Logs(Output(self._wire, json), wanted, timestamps=timestamps)

    def exec(self, container: str, command: Command) -> Session:
        body = {
            "AttachStdin": command.interactive,
            "AttachStdout": True,
            "AttachStderr": True,
            **_command(command),
        }
        asked = f"container {container}"
        id = self._wire.post(f"/containers/{container}/exec", body=body, asked=asked)["Id"]
        hijacked = self._wire.hijack(
            f"/exec/{id}/start", {"Detach": False, "Tty": command.tty}, asked=asked
        )
        return Session(self._wire, id, hijacked, tty=command.tty)

    def exec_detached(self, container: str, command: Command) -> None:
        body = _command(command)
        asked = f"container {container}"
        id = self._wire.post(f"/containers/{container}/exec", body=body, asked=asked)["Id"]
        self._wire.post(f"/exec/{id}/start", body={"Detach": True, "Tty": command.tty}, asked=asked)


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


class Session:
    """A command running in a container."""

    def __init__(self, wire: Wire, id: str, hijacked: Hijacked, *, tty: bool) -> None:
        self._wire = wire
        self._id = id
        self._hijacked = hijacked
        self._tty = tty

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        try:
            yield from (raw if self._tty else demultiplexed)(self._hijacked)
        except EngineError:
            if not self._hijacked.closed:
                raise

    def write(self, data: bytes) -> None:
        self._hijacked.write(data)

    def close_input(self) -> None:
        self._hijacked.close_input()

    def resize(self, rows: int, columns: int) -> None:
        """Tell the terminal its size; a command that has ended does not care."""
        with suppress(EngineError):
            self._wire.post(f"/exec/{self._id}/resize", {"h": rows, "w": columns})

    def close(self) -> None:
        self._hijacked.close()

    def exit_code(self) -> int:
        """Return the code; the engine knows it a moment after the output has ended.

        0 for a command that closed its output and runs on.
        """
        waited = 0.0
        while True:
            json = self._wire.get(f"/exec/{self._id}/json")
            if not json["Running"] or waited >= _EXIT_CODE_SECONDS:
                return int(json["ExitCode"] or 0)
            sleep(_TICK)
            waited += _TICK


def _command(command: Command) -> dict[str, Any]:
    return {
        "Cmd": list(command.words),
        "Env": list(command.environment),
        "Privileged": command.privileged,
        "Tty": command.tty,
        "User": command.user or "",
        "WorkingDir": command.workdir or "",
    }
