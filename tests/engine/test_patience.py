"""An engine that is silent for long: busy, or gone?"""

from __future__ import annotations

import socket
import threading
from contextlib import closing, suppress
from io import BufferedIOBase, BytesIO
from pathlib import Path
from typing import Any

import pytest

from composer.engine.docker.wire import Question, Wire
from composer.errors import AnswerLost, EngineUnavailable
from support.wire import HASTE, Script, hang_up, in_turn, listening, response, scripted

SILENT = HASTE.silence * 5
"""Seconds in which a patient one asks several times whether the engine is there."""


def pings(script: Script) -> int:
    return script.seen.count("GET /_ping")


def test_a_question_whose_answer_is_lost_is_asked_again() -> None:
    with scripted(Script({"GET /x": in_turn(hang_up, hang_up, 7)}), HASTE) as wire:
        assert wire.get("/x") == 7


def test_questions_whose_answers_are_lost_are_asked_again() -> None:
    with scripted(Script({"GET /x": in_turn(hang_up, 7), "GET /y": 8}), HASTE) as wire:
        assert wire.ask([Question("/x"), Question("/y")]) == [7, 8]


def test_questions_are_asked_again_when_a_proxy_fails_on_one_of_them() -> None:
    def bad_gateway(path: str, plug: socket.socket) -> None:
        plug.sendall(b"HTTP/1.1 502 X\r\nContent-Length: 11\r\n\r\nBad Gateway")

    with scripted(Script({"GET /x": in_turn(bad_gateway, 7), "GET /y": 8}), HASTE) as wire:
        assert wire.ask([Question("/x"), Question("/y")]) == [7, 8]


def test_an_engine_that_takes_its_time_and_answers_pings_is_waited_for() -> None:
    def slow(path: str, plug: socket.socket) -> None:
        threading.Event().wait(SILENT)
        plug.sendall(response("7"))

    script = Script({"POST /x": slow})
    with scripted(script, HASTE) as wire:
        assert wire.post("/x") == 7

    assert pings(script) > 1


def test_an_engine_that_answers_nobody_any_more_is_given_up() -> None:
    over = threading.Event()
    script = Script({})

    def fall_silent(path: str, plug: socket.socket) -> None:
        script.silent = over
        over.wait(10)

    script.answers["POST /x"] = fall_silent
    with scripted(script, HASTE) as wire:
        with pytest.raises(AnswerLost, match="does not answer any more"):
            wire.post("/x")
        with pytest.raises(EngineUnavailable, match="accepts connections and says nothing"):
            wire.await_back()
        over.set()


def test_a_stream_that_is_silent_is_not_cut_while_the_engine_answers() -> None:
    def quiet(path: str, plug: socket.socket) -> None:
        plug.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
        threading.Event().wait(SILENT)
        plug.sendall(b"3\r\ntwo\r\n0\r\n\r\n")

    with scripted(Script({"GET /events": quiet}), HASTE) as wire:
        assert list(wire.open("GET", "/events")) == [b"one", b"two"]


def test_a_stream_of_an_engine_that_hangs_is_an_error() -> None:
    over = threading.Event()
    script = Script({})

    def fall_silent(path: str, plug: socket.socket) -> None:
        plug.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
        script.silent = over
        over.wait(10)

    script.answers["GET /events"] = fall_silent
    with scripted(script, HASTE) as wire:
        reading = iter(wire.open("GET", "/events"))
        assert next(reading) == b"one"
        with pytest.raises(AnswerLost, match="does not answer any more"):
            next(reading)
        over.set()


def test_an_engine_that_comes_back_is_waited_for() -> None:
    script = Script({"GET /x": 7})
    with scripted(script, HASTE) as wire:
        script.gone = True
        threading.Timer(HASTE.absence / 3, lambda: setattr(script, "gone", False)).start()
        assert wire.get("/x") == 7


def test_who_was_waited_for_in_vain_is_not_waited_for_again() -> None:
    script = Script({})
    with scripted(script, HASTE) as wire:
        script.gone = True
        with pytest.raises(EngineUnavailable):
            wire.await_back()
        before = script.connections
        with pytest.raises(EngineUnavailable):
            wire.await_back()

    assert script.connections == before + 1


def test_many_who_wait_ask_once() -> None:
    """A project with a hundred followed logs is not to drown its engine in pings."""

    def slow(path: str, plug: Any) -> None:
        threading.Event().wait(HASTE.silence * 2.5)
        plug.sendall(response("7"))

    script = Script({"GET /x": slow})
    with scripted(script, HASTE) as wire:
        assert wire.ask([Question("/x")] * 8) == [7] * 8

    assert pings(script) <= 6


def test_an_engine_that_fails_once_at_first_is_asked_again() -> None:
    hasty: list[bool] = []

    def serve(plug: socket.socket) -> None:
        if hasty:
            script.serve(plug)
        else:
            hasty.append(True)
            plug.close()

    script = Script({"GET /x": 7})
    with listening(serve) as address, closing(Wire(address)) as wire:
        assert wire.get("/x") == 7


def test_an_engine_that_was_away_is_told_from_one_that_only_lost_an_answer() -> None:
    script = Script({"GET /x": in_turn(hang_up, 7)})
    with listening(script.serve) as address:
        moved = Path(address.rest).with_name("moved.sock")
        with closing(Wire(address, HASTE)) as wire:
            assert wire.get("/x") == 7
            assert wire.absences == 0

            Path(address.rest).rename(moved)
            threading.Timer(0.1, lambda: moved.rename(address.rest)).start()
            wire.await_back()
            assert wire.absences == 1


class Unread:
    """An engine that answers pings and leaves a request unread, until it is told to go on."""

    def __init__(self, *, answers: bool = True) -> None:
        self.go_on = threading.Event()
        self.pings = 0
        self.taken = 0
        self._answers = answers

    def serve(self, plug: socket.socket) -> None:
        with suppress(OSError), plug, plug.makefile("rb") as reader:
            while line := reader.readline():
                if b"_ping" in line:
                    self._ping(plug, reader)
                    continue
                self.go_on.wait(10)
                if not self._answers:
                    return
                self.taken = _content_of(reader)
                plug.sendall(response("7"))

    def _ping(self, plug: socket.socket, reader: BufferedIOBase) -> None:
        while reader.readline().strip():
            pass
        self.pings += 1
        if self._answers or self.pings == 1:
            plug.sendall(response("OK", headers="Api-Version: 1.41\r\n"))


def _content_of(reader: BufferedIOBase) -> int:
    while reader.readline().strip():
        pass
    taken = 0
    while size := int(reader.readline(), 16):
        taken += len(reader.read(size))
        reader.readline()
    reader.readline()
    return taken


LARGE = 8 * 1024 * 1024
"""More bytes than any socket keeps."""


def test_an_engine_that_reads_slowly_and_answers_pings_is_waited_for() -> None:
    engine = Unread()
    threading.Timer(SILENT, engine.go_on.set).start()
    with listening(engine.serve) as address, closing(Wire(address, HASTE)) as wire:
        list(wire.open("PUT", "/x", body=BytesIO(bytes(LARGE))))

    assert engine.taken == LARGE
    assert engine.pings > 1


@pytest.mark.parametrize("body", [bytes(LARGE), BytesIO(bytes(LARGE))], ids=["bytes", "file"])
def test_an_engine_that_stops_reading_and_answers_nobody_is_given_up(body: object) -> None:
    engine = Unread(answers=False)
    with listening(engine.serve) as address, closing(Wire(address, HASTE)) as wire:
        with pytest.raises(AnswerLost, match="does not answer any more"):
            list(wire.open("PUT", "/x", body=body))
        engine.go_on.set()
