"""Streams of events that are cut: none is lost, and none comes twice."""

from __future__ import annotations

import json
import socket
from urllib.parse import parse_qs, urlsplit

import pytest

from composer.engine.docker.streams import Streams
from composer.errors import AnswerLost
from support.wire import HASTE, Script, scripted

START = 1_767_225_600


class Eventful:
    """An engine with a history, a moment (in nanoseconds) and a name each; each stream of
    which is cut after so many events, and the last one ends in peace."""

    def __init__(self, *cuts: int) -> None:
        self.history: list[tuple[int, str]] = []
        self.asked: list[str] = []
        self._cuts = list(cuts)

    def script(self) -> Script:
        return Script(
            {"GET /events": self._events, "GET /info": {"SystemTime": "2026-01-01T00:00:00Z"}}
        )

    def _events(self, path: str, plug: socket.socket) -> None:
        since = parse_qs(urlsplit(path).query)["since"][0]
        self.asked.append(since)
        seconds, _, rest = since.partition(".")
        first = (int(seconds) - START) * 10**9 + int(rest.ljust(9, "0"))
        plug.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        left = self._cuts.pop(0) if self._cuts else None
        for nanosecond, name in self.history:
            if nanosecond < first:
                continue
            if left == 0:
                return
            left = None if left is None else left - 1
            actor = {"ID": name, "Attributes": {"name": name}}
            told = {"Action": "start", "Actor": actor, "timeNano": START * 10**9 + nanosecond}
            line = json.dumps(told).encode() + b"\n"
            plug.sendall(f"{len(line):x}\r\n".encode() + line + b"\r\n")
        if left is None:
            plug.sendall(b"0\r\n\r\n")


def heard(engine: Eventful) -> list[str]:
    with scripted(engine.script(), HASTE) as wire:
        stream = Streams(wire, {}).events("demo", since=f"{START}.0", until="1900000000")
        return [event.name for event in stream]


@pytest.mark.parametrize("cuts", [(0,), (1,), (2, 2), (3, 1, 2)])
def test_events_go_on_where_they_were_cut(cuts: tuple[int, ...]) -> None:
    engine = Eventful(*cuts)
    engine.history = [(1, "one"), (2, "two"), (2, "six"), (3, "ten")]

    assert heard(engine) == ["one", "two", "six", "ten"]
    assert len(engine.asked) == len(cuts) + 1


@pytest.mark.parametrize("cuts", [(), (1,), (2,), (3, 3)])
def test_what_is_told_out_of_order_is_neither_lost_nor_doubled(cuts: tuple[int, ...]) -> None:
    engine = Eventful(*cuts)
    engine.history = [(2, "two"), (1, "one"), (5, "five"), (4, "four")]

    assert heard(engine) == ["two", "one", "five", "four"]


def test_the_memory_of_what_was_told_is_bounded() -> None:
    engine = Eventful(2500)
    engine.history = [(second * 10**9, str(second)) for second in range(3000)]

    assert heard(engine) == [str(second) for second in range(3000)]
    assert float(engine.asked[1]) > START + 1000


def test_a_stream_without_an_end_that_ends_is_opened_again() -> None:
    engine = Eventful()
    engine.history = [(1, "one")]
    with scripted(engine.script(), HASTE) as wire:
        stream = Streams(wire, {}).events("demo", since=f"{START}.0")
        reading = iter(stream)
        assert next(reading).name == "one"
        engine.history.append((2, "two"))
        assert next(reading).name == "two"
        stream.close()


def test_a_stream_that_is_cut_again_and_again_without_an_event_is_an_error() -> None:
    engine = Eventful(*[0] * 20)
    engine.history = [(1, "one")]
    with scripted(engine.script(), HASTE) as wire, pytest.raises(AnswerLost):
        list(Streams(wire, {}).events("demo", since=f"{START}.0"))
