"""Processes in containers, heard and told: commands that are executed, and attachments."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from time import sleep
from typing import Any

from composer.engine.docker.api import WINDOWS, Api
from composer.engine.docker.base import Base
from composer.engine.docker.flow import Download, Hijacked, json_lines
from composer.engine.docker.frames import demultiplexed, raw
from composer.engine.docker.listing import inspected_state
from composer.engine.docker.wire import Wire
from composer.errors import AnswerLost, EngineError
from composer.model.command import Attachment, Command, Window

_EXIT_CODE_SECONDS = 2.0
_TICK = 0.01


class Dialogues(Base):
    def exec(self, container: str, command: Command) -> Executed:
        create, start = exec_requests(command, self._wire.api)
        asked = f"container {container}"
        id = self._wire.post(f"/containers/{container}/exec", body=create, asked=asked)["Id"]
        if command.window is not None and "ConsoleSize" not in start:
            self._size_early(f"/exec/{id}", command.window)
        hijacked = self._wire.hijack(f"/exec/{id}/start", start, asked=asked)
        return Executed(self._wire, id, container, hijacked, tty=command.tty)

    def _size_early(self, path: str, window: Window) -> None:
        """Ask for the size of a terminal before it is there: the engine waits for its start.

        That is as early as one that cannot begin with a size can tell the command.
        """
        from threading import Thread

        rows, columns = window

        def ask() -> None:
            with suppress(EngineError):
                self._wire.post(f"{path}/resize", {"h": rows, "w": columns})

        Thread(target=ask, name="composer-window", daemon=True).start()

    def exec_detached(self, container: str, command: Command) -> None:
        body = _command(command)
        asked = f"container {container}"
        id = self._wire.post(f"/containers/{container}/exec", body=body, asked=asked)["Id"]
        self._wire.post(f"/exec/{id}/start", body={"Detach": True, "Tty": command.tty}, asked=asked)

    def attach(self, container: str, attachment: Attachment) -> Attached:
        path, asked = f"/containers/{container}", f"container {container}"
        condition = "removed" if attachment.removed else "next-exit"

        def wait(lost: bool) -> Download:
            return self._wire.open("POST", f"{path}/wait", {"condition": condition}, asked=asked)

        end = self._until_answered(wait)
        params = {
            "stream": True,
            "stdin": attachment.interactive,
            "stdout": True,
            "stderr": True,
            "detachKeys": attachment.detach_keys or None,
        }
        try:
            hijacked = self._wire.hijack(f"{path}/attach", params=params, asked=asked)
        except EngineError:
            end.close()
            raise
        return Attached(self._wire, container, hijacked, end, tty=attachment.tty)


class _Dialogue:
    """Both directions of a process; `path` is where its terminal is resized."""

    def __init__(self, wire: Wire, path: str, hijacked: Hijacked, *, tty: bool) -> None:
        self._wire = wire
        self._path = path
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
        """Tell the terminal its size; a process that has ended does not care."""
        with suppress(EngineError):
            self._wire.post(f"{self._path}/resize", {"h": rows, "w": columns})

    def close(self) -> None:
        self._hijacked.close()


class Executed(_Dialogue):
    """A command in a container."""

    def __init__(
        self, wire: Wire, id: str, container: str, hijacked: Hijacked, *, tty: bool
    ) -> None:
        super().__init__(wire, f"/exec/{id}", hijacked, tty=tty)
        self._container = container

    def exit_code(self) -> int:
        """Return the code; the engine knows it a moment after the output has ended.

        Raises EngineError for a command that runs on: be it that the connection was cut,
        or that it closed its output itself, nobody knows how it is going to end.
        """
        waited = 0.0
        while True:
            json = self._wire.get(f"{self._path}/json")
            if not json["Running"]:
                return int(json["ExitCode"] or 0)
            if waited >= _EXIT_CODE_SECONDS:
                raise EngineError(
                    f"the output of the command in container {self._container} has ended,"
                    " but it runs on",
                    help="the connection was cut, or the command closed its output;"
                    " 'composer top' shows what runs",
                )
            sleep(_TICK)
            waited += _TICK


class Attached(_Dialogue):
    """The process of a container; `end` is the engine's answer when it has ended."""

    def __init__(
        self, wire: Wire, container: str, hijacked: Hijacked, end: Download, *, tty: bool
    ) -> None:
        super().__init__(wire, f"/containers/{container}", hijacked, tty=tty)
        self._container = container
        self._end = end

    def close(self) -> None:
        super().close()
        self._end.close()

    def exit_code(self) -> int:
        """Return the code; if the engine was away when it ended, the one that it remembers."""
        with suppress(AnswerLost):
            for answer in json_lines(self._end):
                return int(answer["StatusCode"])
        asked = f"container {self._container}"
        state = inspected_state(self._wire.get(f"{self._path}/json", asked=asked))
        if state.status in ("running", "paused", "restarting"):
            raise EngineError(
                f"the engine broke off the connection to {asked}, which runs on",
                help="composer attach joins it again",
            )
        return state.exit_code


def exec_requests(command: Command, api: Api) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the bodies of the calls that make a command and start it."""
    begun = command.window is not None and api >= WINDOWS
    window = {"ConsoleSize": list(command.window or ())} if begun else {}
    create = {
        "AttachStdin": command.interactive,
        "AttachStdout": True,
        "AttachStderr": True,
        **_command(command),
        **window,
    }
    return create, {"Detach": False, "Tty": command.tty, **window}


def _command(command: Command) -> dict[str, Any]:
    return {
        "Cmd": list(command.words),
        "Env": list(command.environment),
        "Privileged": command.privileged,
        "Tty": command.tty,
        "User": command.user or "",
        "WorkingDir": command.workdir or "",
        **({"DetachKeys": command.detach_keys} if command.detach_keys else {}),
    }
