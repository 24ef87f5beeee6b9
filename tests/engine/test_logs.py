"""Streams of logs that are cut: no line is lost, and none comes twice."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from composer.engine.docker.logs import SPARE
from composer.engine.docker.streams import Streams
from composer.errors import AnswerLost, EngineUnavailable
from support.lab import Collected, eventually
from support.wire import HASTE, Script, in_turn, scripted

START = 1_767_225_600
"""2026-01-01 in seconds."""


class Talkative:
    """A container with a log.  `cuts` are how many bytes of each answer arrive before it is cut."""

    def __init__(self, *cuts: int, follows: bool = False) -> None:
        self.lines: list[tuple[str, int, bytes]] = []
        self.running = follows
        self.started = "2026-01-01T00:00:00Z"
        self.asked: list[dict[str, list[str]]] = []
        self.more = threading.Condition()
        self.parts: set[int] = set()
        self.log_config: dict[str, Any] = {"Type": "json-file", "Config": {}}
        self._cuts = list(cuts)

    def say(self, text: bytes, nanosecond: int, stream: str = "stdout") -> None:
        with self.more:
            self.lines.append((stream, nanosecond, text))
            self.more.notify_all()

    def part(self, text: bytes, nanosecond: int) -> None:
        """Say a part of a line that is longer than the engine's."""
        self.parts.add(len(self.lines))
        self.say(text, nanosecond)

    def restart(self) -> None:
        with self.more:
            self.started = "2026-01-01T00:00:09Z"
            self.more.notify_all()

    def stop(self) -> None:
        with self.more:
            self.running = False
            self.more.notify_all()

    def script(self) -> Script:
        return Script(
            {
                "GET /containers/web/json": self._json,
                "GET /containers/1/json": self._json,
                "GET /containers/1/logs": self._logs,
                "GET /info": {"SystemTime": "2026-01-01T00:00:30Z"},
            }
        )

    def _json(self, path: str, plug: socket.socket) -> None:
        state = {"Running": self.running, "StartedAt": self.started}
        told = {"Id": "1", "Name": "/web", "Config": {"Tty": False}, "State": state}
        in_turn({**told, "HostConfig": {"LogConfig": self.log_config}})(path, plug)

    def _logs(self, path: str, plug: socket.socket) -> None:
        asked = parse_qs(urlsplit(path).query)
        self.asked.append(asked)
        first, run = since_start(asked.get("since", [f"{START}.0"])[0]), self.started
        follow = asked["follow"] == ["1"]
        left = self._cuts.pop(0) if self._cuts else 10**9
        tail = len(self.lines) if asked["tail"] == ["all"] else int(asked["tail"][0])
        position = max(0, len(self.lines) - tail)
        plug.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        if not left:
            return
        while line := self._next(position, follow, run):
            position += 1
            if line[1] < first:
                continue
            sent = frame(*line, part=position - 1 in self.parts)[:left]
            left -= len(sent)
            if sent:
                plug.sendall(f"{len(sent):x}\r\n".encode() + sent + b"\r\n")
            if left <= 0:
                return
        plug.sendall(b"0\r\n\r\n")

    def _next(self, position: int, follow: bool, run: str) -> tuple[str, int, bytes] | None:
        with self.more:
            while position >= len(self.lines):
                if not (follow and self.running):
                    return None
                self.more.wait(10)
                if self.started != run:
                    return None
            return self.lines[position]


def frame(stream: str, nanosecond: int, text: bytes, *, part: bool = False) -> bytes:
    seconds, rest = divmod(nanosecond, 10**9)
    stamp = f"2026-01-01T00:00:{seconds:02d}.{rest:09d}Z ".encode()
    content = stamp + text + (b"" if part else b"\n")
    return struct.pack(">BxxxL", 2 if stream == "stderr" else 1, len(content)) + content


def since_start(text: str) -> int:
    seconds, _, rest = text.partition(".")
    return (int(seconds) - START) * 10**9 + int(rest.ljust(9, "0"))


LENGTH = len(frame("stdout", 0, b"one"))
CUTS = [0, 5, LENGTH, LENGTH + 20, 3 * LENGTH, 4 * LENGTH - 1]
"""Before the first line, in its header, between lines, in the middle of one, …"""


def texts(lines: Any) -> list[str]:
    return [line.text.decode() for line in lines]


@contextmanager
def logs(container: Talkative, **wanted: Any) -> Iterator[Any]:
    with scripted(container.script(), HASTE) as wire:
        yield Streams(wire, {}).logs("web", **wanted)


@pytest.mark.parametrize("cut", CUTS)
def test_logs_that_are_cut_go_on_where_they_were_cut(cut: int) -> None:
    container = Talkative(cut)
    for nanosecond, text in enumerate([b"one", b"two", b"six", b"ten"]):
        container.say(text, nanosecond)

    with logs(container) as stream:
        assert texts(stream) == ["one", "two", "six", "ten"]

    assert len(container.asked) == 2


@pytest.mark.parametrize(
    ("before", "after", "asked"),
    [(3 * SPARE, 5, [False]), (0, 5, [False, True]), (3, 2 * SPARE, [False, True])],
)
def test_what_is_followed_since_a_moment_is_looked_for_at_the_end_of_a_log_first(
    before: int, after: int, asked: list[bool]
) -> None:
    """An engine goes through all of a log to find a moment, gigabytes if need be."""
    container = Talkative(follows=True)
    for number in range(before + after):
        container.say(str(number).encode(), number)
    with logs(container, follow=True, since=f"{START}.{before:09d}") as stream:
        reader = Collected(stream)
        reader.until(lambda seen: len(seen) >= after)
        container.say(b"live", before + after)
        container.stop()
        assert texts(reader.ended()) == [*map(str, range(before, before + after)), "live"]
    assert ["since" in one for one in container.asked] == asked


def test_lines_of_one_moment_are_told_apart() -> None:
    container = Talkative(2 * LENGTH, 2 * LENGTH)
    for text in (b"one", b"two", b"two", b"ten"):
        container.say(text, 7)
    container.say(b"one", 7, "stderr")

    with logs(container) as stream:
        assert texts(stream) == ["one", "two", "two", "ten", "one"]


def test_lines_whose_times_are_not_in_order_come_once() -> None:
    container = Talkative(2 * LENGTH)
    container.say(b"one", 6, "stderr")
    container.say(b"two", 5)
    container.say(b"ten", 7)

    with logs(container) as stream:
        assert texts(stream) == ["one", "two", "ten"]


def test_a_time_stamp_is_shown_to_who_asked_for_it() -> None:
    container = Talkative(LENGTH)
    container.say(b"one", 1)
    container.say(b"two", 2)

    with logs(container) as stream:
        assert [line.time for line in stream] == ["", ""]
    with logs(container, timestamps=True) as stream:
        assert [line.time[-3:] for line in stream] == ["01Z", "02Z"]


def test_a_followed_stream_that_is_cut_is_followed_again() -> None:
    container = Talkative(LENGTH, 2 * LENGTH, follows=True)
    with logs(container, follow=True) as stream:
        reader = Collected(stream)
        for nanosecond, text in enumerate([b"one", b"two", b"six", b"ten"]):
            container.say(text, nanosecond)
            reader.until(lambda items, n=nanosecond: len(items) > n)
        container.stop()

        assert texts(reader.ended()) == ["one", "two", "six", "ten"]
    assert reader.error is None


def test_a_stream_that_ends_in_peace_while_the_container_runs_on_is_followed_again() -> None:
    class Peaceful(Talkative):
        """Ends the first stream as if the container had stopped."""

        def _next(self, position: int, follow: bool, run: str) -> tuple[str, int, bytes] | None:
            return super()._next(position, follow and len(self.asked) > 1, run)

    container = Peaceful(follows=True)
    container.say(b"one", 1)
    with logs(container, follow=True) as stream:
        reader = Collected(stream)
        reader.until(bool)
        eventually(lambda: container.asked, lambda asked: len(asked) > 1)
        container.say(b"two", 2)
        reader.until(lambda items: len(items) == 2)
        container.stop()

        assert texts(reader.ended()) == ["one", "two"]


def test_a_container_that_was_started_anew_meanwhile_is_somebody_elses_to_follow() -> None:
    container = Talkative(follows=True)
    container.say(b"one", 1)
    with logs(container, follow=True) as stream:
        reader = Collected(stream)
        reader.until(bool)
        container.restart()

        assert texts(reader.ended()) == ["one"]
    assert len(container.asked) == 1


def test_what_was_said_during_the_cut_is_not_lost_to_who_wants_news_only() -> None:
    container = Talkative(0, follows=True)
    container.say(b"old", 1)
    with logs(container, follow=True, tail=0) as stream:
        container.say(b"new", 31 * 10**9)
        reader = Collected(stream)
        reader.until(bool)
        container.stop()

        assert texts(reader.ended()) == ["new"]


def test_a_stream_that_is_cut_again_and_again_without_a_line_is_an_error() -> None:
    container = Talkative(*[5] * 20)
    container.say(b"one", 1)
    with logs(container) as stream, pytest.raises(AnswerLost, match="broke off"):
        list(stream)


def test_an_engine_that_is_gone_ends_its_streams_and_is_named() -> None:
    container = Talkative(LENGTH)
    container.say(b"one", 1)
    script = container.script()
    with scripted(script, HASTE) as wire:
        reading = iter(Streams(wire, {}).logs("web"))
        assert next(reading).text == b"one"
        script.gone = True
        with pytest.raises(EngineUnavailable, match="went away"):
            next(reading)


def test_logs_closed_in_the_middle_of_a_frame_just_end() -> None:
    container = Talkative(follows=True)
    container.say(b"one", 1)
    with logs(container, follow=True) as stream:
        reader = Collected(stream)
        reader.until(bool)
        stream.close()

        assert texts(reader.ended()) == ["one"]
    assert reader.error is None
    container.stop()


class Rotated(Talkative):
    """Follows as engines do around a rotation: leaves out every other line.

    Of the files that it has compressed, it gives nothing to who asks for a moment.
    """

    def __init__(self, **options: str) -> None:
        super().__init__(follows=True)
        self.log_config = {"Type": "json-file", "Config": {"max-size": "1k", **options}}

    def _logs(self, path: str, plug: socket.socket) -> None:
        asked = parse_qs(urlsplit(path).query)
        if "since" in asked and self.log_config["Config"].get("compress"):
            path = path.replace("tail=all", "tail=1")
        super()._logs(path, plug)

    def _next(self, position: int, follow: bool, run: str) -> tuple[str, int, bytes] | None:
        line = super()._next(position, follow, run)
        return super()._next(position + 1, follow, run) if follow and position % 2 else line


@pytest.mark.parametrize("options", [{}, {"compress": "true"}], ids=["plain", "compressed"])
@pytest.mark.parametrize("halts", [False, True])
def test_lines_that_a_following_engine_leaves_out_are_read(
    options: dict[str, str], halts: bool
) -> None:
    container = Rotated(**options)
    container.say(b"0", 0)
    with logs(container, follow=True, halts=halts) as stream:
        if halts:
            assert [batch.texts for batch in stream.batches()] == [[b"0"]]
        reader = Collected(stream)
        for nanosecond in range(1, 9):
            container.say(str(nanosecond).encode(), nanosecond)
        reader.until(lambda items: len(items) >= 8)
        container.say(b"last", 9)
        container.stop()

        found = texts(reader.ended())
    assert found == [*map(str, range(1 if halts else 0, 9)), "last"]
    assert reader.error is None


class Stumbling(Rotated):
    """Loses its own file amid a rotation, once, and says so in place of a line."""

    stumbles = 1

    def _logs(self, path: str, plug: socket.socket) -> None:
        follows = parse_qs(urlsplit(path).query)["follow"] == ["1"]
        if not (follows and self.stumbles):
            super()._logs(path, plug)
            return
        self.stumbles -= 1
        Talkative._next(self, 1, follow=True, run=self.started)
        said = b"Error grabbing logs: no such file or directory"
        sent = b"\x03\0\0\0" + len(said).to_bytes(4) + said
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        plug.sendall(head + f"{len(sent):x}\r\n".encode() + sent + b"\r\n0\r\n\r\n")


def test_an_engine_that_stumbles_over_its_own_rotation_loses_no_line() -> None:
    container = Stumbling()
    container.say(b"one", 1)
    with logs(container, follow=True) as stream:
        reader = Collected(stream)
        reader.until(bool)
        container.say(b"two", 2)
        reader.until(lambda items: len(items) == 2)
        container.say(b"three", 3)
        container.stop()

        assert texts(reader.ended()) == ["one", "two", "three"]
    assert (reader.error, container.stumbles) == (None, 0)


def test_a_moment_in_a_compressed_log_is_found_here() -> None:
    container = Rotated(compress="true")
    for nanosecond in range(5):
        container.say(str(nanosecond).encode(), nanosecond)
    container.stop()

    with logs(container, since=f"{START}.000000003") as stream:
        assert texts(stream) == ["3", "4"]
    assert "since" not in container.asked[0]


def test_a_rotated_log_that_is_closed_ends() -> None:
    container = Rotated()
    container.say(b"one", 1)
    with logs(container, follow=True) as stream:
        reader = Collected(stream)
        reader.until(bool)
        stream.close()

        assert texts(reader.ended()) == ["one"]
    assert reader.error is None
    container.stop()


def test_what_comes_between_the_halt_and_the_rest_comes_once() -> None:
    container = Talkative(follows=True)
    for nanosecond in range(5):
        container.say(str(nanosecond).encode(), nanosecond)
    with logs(container, follow=True, halts=True) as stream:
        before = [text for batch in stream.batches() for text in batch.texts]
        for nanosecond in range(5, 9):
            container.say(str(nanosecond).encode(), nanosecond)
        reader = Collected(stream)
        reader.until(lambda items: len(items) == 4)
        container.stop()

        assert before == [b"0", b"1", b"2", b"3", b"4"]
        assert texts(reader.ended()) == ["5", "6", "7", "8"]


def test_more_than_a_few_lines_between_the_halt_and_the_rest_are_found_too() -> None:
    container = Talkative(follows=True)
    container.say(b"first", 0)
    with logs(container, follow=True, halts=True) as stream:
        assert [batch.texts for batch in stream.batches()] == [[b"first"]]
        for nanosecond in range(1, 1001):
            container.say(str(nanosecond).encode(), nanosecond)
        reader = Collected(stream)
        reader.until(lambda items: len(items) == 1000)
        container.stop()

        assert texts(reader.ended()) == [str(number) for number in range(1, 1001)]


def test_a_long_line_that_is_said_in_part_at_the_halt_is_not_torn() -> None:
    container = Talkative(follows=True)
    container.say(b"one", 1)
    container.part(b"x" * 16384, 2)
    with logs(container, follow=True, halts=True) as stream:
        assert [text for batch in stream.batches() for text in batch.texts] == [b"one"]
        reader = Collected(stream)
        container.say(b"end", 2)
        reader.until(bool)
        container.stop()

        assert texts(reader.ended()) == ["x" * 16384 + "end"]
