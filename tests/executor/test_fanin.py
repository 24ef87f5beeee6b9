from __future__ import annotations

import threading
from collections.abc import Iterator
from queue import SimpleQueue
from threading import Event

from composer.executor.fanin import Arrived, Ended, FanIn


class Words:
    """A stream of what is put into it, until it is closed."""

    def __init__(self, *words: str, ends: bool = False) -> None:
        self.inbox: SimpleQueue[str | None] = SimpleQueue()
        self.closed = False
        for word in words:
            self.inbox.put(word)
        if ends:
            self.inbox.put(None)

    def __iter__(self) -> Iterator[str]:
        while (word := self.inbox.get()) is not None:
            yield word

    def close(self) -> None:
        self.closed = True
        self.inbox.put(None)


def test_all_streams_are_read_and_their_ends_told() -> None:
    fan: FanIn[str] = FanIn()
    fan.add("a", lambda: Words("1", "2", ends=True))
    fan.add("b", lambda: Words("3", ends=True))

    messages = list(fan)

    assert [m for m in messages if m.source == "a"] == [
        Arrived("a", "1"),
        Arrived("a", "2"),
        Ended("a"),
    ]
    assert [m for m in messages if m.source == "b"] == [Arrived("b", "3"), Ended("b")]


def test_a_stream_that_breaks_does_not_break_the_others() -> None:
    def broken() -> Words:
        raise ValueError("no such container")

    fan: FanIn[str] = FanIn()
    fan.add("a", broken)
    fan.add("b", lambda: Words("3", ends=True))

    ended = {message.source: message.error for message in fan if isinstance(message, Ended)}

    assert str(ended["a"]) == "no such container"
    assert ended["b"] is None


def test_one_name_is_read_once() -> None:
    fan: FanIn[str] = FanIn()

    assert fan.add("a", lambda: Words("1", ends=True)) is True
    assert fan.add("a", lambda: Words("1", ends=True)) is False


def test_a_stream_may_join_while_others_are_read() -> None:
    fan: FanIn[str] = FanIn()
    fan.add("a", lambda: Words("1", ends=True))
    seen = []
    for message in fan:
        seen.append(message)
        if message == Arrived("a", "1"):
            fan.add("b", lambda: Words("2", ends=True))

    assert Arrived("b", "2") in seen


def test_closing_ends_streams_and_iteration() -> None:
    words = Words("1")
    fan: FanIn[str] = FanIn()
    fan.add("a", lambda: words)
    for _ in fan:
        fan.close()

    assert words.closed


def test_a_word_from_outside_arrives_between_the_streams() -> None:
    fan: FanIn[str] = FanIn()
    words = Words()
    fan.add("a", lambda: words)
    fan.post("outside", "hello")

    assert next(iter(fan)) == Arrived("outside", "hello")
    fan.close()


def test_a_stream_that_opens_after_the_end_is_closed_at_once() -> None:
    opening, closed = Event(), Event()
    late = Words()

    def open_late() -> Words:
        opening.set()
        closed.wait(5)
        return late

    fan: FanIn[str] = FanIn()
    fan.add("late", open_late)
    assert opening.wait(5)
    fan.close()
    closed.set()

    assert late.inbox.get(timeout=5) is None
    assert late.closed


def test_closing_frees_a_reader_that_is_stuck_because_nobody_reads() -> None:
    words = Words(*(str(number) for number in range(5000)))
    fan: FanIn[str] = FanIn()
    fan.add("stuck", lambda: words)
    assert next(iter(fan)) == Arrived("stuck", "0")
    (reader,) = (thread for thread in threading.enumerate() if thread.name == "composer-stuck")
    reader.join(0.2)
    assert reader.is_alive()

    fan.close()
    reader.join(5)

    assert not reader.is_alive()


def test_a_word_from_outside_finds_room_though_nobody_reads() -> None:
    words = Words(*(str(number) for number in range(5000)))
    fan: FanIn[str] = FanIn()
    fan.add("talkative", lambda: words)
    (reader,) = (thread for thread in threading.enumerate() if thread.name == "composer-talkative")
    reader.join(0.2)
    assert reader.is_alive()

    speaker = threading.Thread(target=fan.post, args=("outside", "hello"), daemon=True)
    speaker.start()
    speaker.join(5)

    assert not speaker.is_alive()
    assert Arrived("outside", "hello") in (next(iter(fan)) for _ in range(5001))
    fan.close()
