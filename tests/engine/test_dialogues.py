from __future__ import annotations

import socket
import threading
from contextlib import closing, suppress
from typing import Any

import pytest

from composer.engine.docker.dialogues import Dialogues, exec_requests
from composer.errors import AnswerLost, EngineError
from composer.model.command import Attachment, Command
from support.wire import HASTE, Script, hang_up, scripted

SWITCHED = b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"


def frame(data: bytes) -> bytes:
    return b"\x01\0\0\0" + len(data).to_bytes(4) + data


def executing(start: Any, **more: Any) -> Script:
    """Return an engine that executes something; `start` is what it does then."""
    script = {"POST /containers/web/exec": {"Id": "e"}, "POST /exec/e/start": start, **more}
    return Script(script)


def test_a_command_that_is_silent_for_long_is_waited_for_while_the_engine_answers() -> None:
    def quiet(path: str, plug: socket.socket) -> None:
        plug.sendall(SWITCHED)
        threading.Event().wait(HASTE.silence * 5)
        plug.sendall(frame(b"done"))

    script = executing(quiet)
    with scripted(script, HASTE) as wire:
        assert list(Dialogues(wire, {}).exec("web", Command(("x",)))) == [("stdout", b"done")]

    assert script.seen.count("GET /_ping") > 1


def test_a_command_of_an_engine_that_hangs_is_an_error() -> None:
    heard, over = threading.Event(), threading.Event()

    def fall_silent(path: str, plug: socket.socket) -> None:
        plug.sendall(SWITCHED + frame(b"one"))
        heard.wait(10)
        script.silent = over
        over.wait(10)

    script = executing(fall_silent)
    with scripted(script, HASTE) as wire:
        said = iter(Dialogues(wire, {}).exec("web", Command(("x",))))
        assert next(said) == ("stdout", b"one")
        heard.set()
        with pytest.raises(AnswerLost, match="does not answer any more"):
            next(said)
        over.set()


def test_an_engine_that_takes_no_upgrade_is_talked_to_all_the_same() -> None:
    def old(path: str, plug: socket.socket) -> None:
        plug.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n")
        plug.sendall(frame(plug.recv(3)))

    with scripted(executing(old), HASTE) as wire:
        dialogue = Dialogues(wire, {}).exec("web", Command(("x",), interactive=True))
        dialogue.write(b"two")
        assert list(dialogue) == [("stdout", b"two")]


def test_who_writes_to_a_command_that_has_ended_is_not_kept_waiting() -> None:
    over = threading.Event()

    def end(path: str, plug: socket.socket) -> None:
        plug.sendall(SWITCHED)
        assert plug.recv(1)  # so that somebody is writing
        plug.sendall(frame(b"done"))
        plug.shutdown(socket.SHUT_WR)
        over.wait(20)

    with scripted(executing(end), HASTE) as wire:
        dialogue = Dialogues(wire, {}).exec("web", Command(("x",), interactive=True))

        def write() -> None:
            with suppress(EngineError):
                dialogue.write(bytes(50_000_000))

        writer = threading.Thread(target=write)
        writer.start()
        assert list(dialogue) == [("stdout", b"done")]
        writer.join(5)
        assert not writer.is_alive()
        over.set()


def test_a_newer_engine_begins_with_the_size_of_the_terminal() -> None:
    command = Command(("x",), tty=True, window=(31, 91))

    assert [body.get("ConsoleSize") for body in exec_requests(command, (1, 41))] == [None, None]
    assert [body["ConsoleSize"] for body in exec_requests(command, (1, 42))] == [[31, 91]] * 2


def test_an_older_engine_is_told_the_size_before_the_command_begins() -> None:
    asked = threading.Event()

    def resized(path: str, plug: socket.socket) -> None:
        asked.set()
        plug.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    def begin(path: str, plug: socket.socket) -> None:
        told = asked.wait(10)
        plug.sendall(SWITCHED + (b"in time" if told else b"late"))

    command = Command(("x",), tty=True, window=(31, 91))
    script = executing(begin, **{"POST /exec/e/resize": resized})
    with scripted(script, HASTE) as wire:
        assert b"".join(data for _, data in Dialogues(wire, {}).exec("web", command)) == b"in time"


def attached(state: dict[str, Any]) -> Script:
    """Return an engine that is away when the process ends, and knows its state afterwards."""

    def switched(path: str, plug: socket.socket) -> None:
        plug.sendall(SWITCHED)

    def cut(path: str, plug: socket.socket) -> None:
        plug.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")

    return Script(
        {
            "POST /containers/web/wait": cut,
            "POST /containers/web/attach": switched,
            "GET /containers/web/json": {"State": state, "Config": {}, "HostConfig": {}},
        }
    )


def test_the_exit_code_is_known_although_the_engine_was_away_at_the_end() -> None:
    with scripted(attached({"Status": "exited", "ExitCode": 7}), HASTE) as wire:
        dialogue = Dialogues(wire, {}).attach("web", Attachment())
        with closing(dialogue):
            assert list(dialogue) == []
            assert dialogue.exit_code() == 7


def test_a_process_that_outlives_the_connection_has_no_exit_code() -> None:
    with scripted(attached({"Status": "running", "ExitCode": 0}), HASTE) as wire:
        dialogue = Dialogues(wire, {}).attach("web", Attachment())
        with closing(dialogue), pytest.raises(EngineError, match="which runs on"):
            dialogue.exit_code()


def test_a_command_that_outlives_the_connection_has_no_exit_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("composer.engine.docker.dialogues._EXIT_CODE_SECONDS", 0.05)
    running = {"Running": True, "ExitCode": None}

    def switched(path: str, plug: socket.socket) -> None:
        plug.sendall(SWITCHED)

    with scripted(executing(switched, **{"GET /exec/e/json": running}), HASTE) as wire:
        dialogue = Dialogues(wire, {}).exec("web", Command(("x",)))
        assert list(dialogue) == []
        with pytest.raises(EngineError, match="container web has ended, but it runs on"):
            dialogue.exit_code()


def test_who_cannot_join_waits_for_no_end() -> None:
    def pending(path: str, plug: socket.socket) -> None:
        plug.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        plug.recv(1)

    script = Script({"POST /containers/web/wait": pending, "POST /containers/web/attach": hang_up})
    with scripted(script, HASTE) as wire, pytest.raises(AnswerLost):
        Dialogues(wire, {}).attach("web", Attachment())
