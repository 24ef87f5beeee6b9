from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from composer.engine.docker.streams import Events, Streams
from composer.errors import EngineError
from support.wire import Handler, Script, chunks, scripted

NOW = "2026-01-01T00:00:00.000000005Z"
NANOSECONDS = 1_767_225_600_000_000_005


def told(action: str, time: int) -> bytes:
    entry = {"Action": action, "Actor": {"ID": "1", "Attributes": {}}, "timeNano": time}
    return json.dumps(entry).encode() + b"\n"


@contextmanager
def events(answer: Handler, seen: dict[str, Any] | None = None) -> Iterator[Events]:
    def handler(path: str, plug: socket.socket) -> None:
        if seen is not None:
            seen.update(parse_qs(urlsplit(path).query))
        answer(path, plug)

    script = Script({"GET /info": {"SystemTime": NOW}, "GET /events": handler})
    with scripted(script) as wire:
        stream = Streams(wire, {}).changes("demo")
        yield stream
        stream.close()


def test_events_are_asked_for_from_a_moment_of_the_engines_clock_on() -> None:
    """The engine answers before it listens: what happens in between must not be lost."""
    seen: dict[str, Any] = {}

    with events(chunks(), seen):
        pass

    assert seen["since"] == ["1767225600.000000005"]
    filters = json.loads(seen["filters"][0])
    assert filters["type"] == ["container"]
    assert filters["label"] == ["com.docker.compose.project=demo"]
    assert "exec_start" not in filters["event"]


def test_older_events_that_the_engine_repeats_are_dropped() -> None:
    told_again = chunks(told("old", NANOSECONDS - 1), told("new", NANOSECONDS))

    with events(told_again) as stream:
        assert next(iter(stream)).action == "new"


def test_commands_that_end_well_in_a_container_are_not_told() -> None:
    def ended(code: str) -> bytes:
        actor = {"ID": "1", "Attributes": {"exitCode": code}}
        entry = {"Action": "exec_die", "Actor": actor, "timeNano": NANOSECONDS}
        return json.dumps(entry).encode() + b"\n"

    with events(chunks(ended("0"), ended("2"))) as stream:
        assert next(iter(stream)).exit_code == 2


def test_a_stream_of_events_that_is_cut_is_an_error() -> None:
    with events(chunks(told("start", NANOSECONDS), end=False)) as stream:
        reading = iter(stream)
        next(reading)

        with pytest.raises(EngineError, match="broke off"):
            next(reading)


def test_a_stream_of_events_that_the_engine_ends_is_an_error() -> None:
    with events(chunks()) as stream, pytest.raises(EngineError, match="ended its stream"):
        list(stream)
