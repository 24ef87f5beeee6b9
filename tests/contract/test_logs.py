from __future__ import annotations

import pytest

from composer.engine.port import LogStream
from composer.errors import NotFound
from composer.model.events import LogLine
from support.lab import Bench, Collected

BOTH = ("sh", "-c", "echo one; echo two >&2; echo three")
TALKS_ON = ("sh", "-c", "echo here; sleep 1000")


def texts(lines: list[LogLine]) -> list[bytes]:
    return [line.text for line in lines]


def test_lines_have_no_line_end_and_know_their_stream(bench: Bench) -> None:
    name = bench.finish(command=BOTH)

    lines = list(bench.engine.logs(name))

    assert [line for line in lines if line.stream == "stdout"] == [
        LogLine(name, b"one", "stdout"),
        LogLine(name, b"three", "stdout"),
    ]
    assert [line for line in lines if line.stream == "stderr"] == [LogLine(name, b"two", "stderr")]


def test_a_last_line_needs_no_line_end(bench: Bench) -> None:
    name = bench.finish(command=("sh", "-c", "echo one; echo -n two"))

    assert texts(list(bench.engine.logs(name))) == [b"one", b"two"]


def test_empty_lines_are_lines(bench: Bench) -> None:
    name = bench.finish(command=("sh", "-c", "echo one; echo; echo three"))

    assert texts(list(bench.engine.logs(name))) == [b"one", b"", b"three"]


def test_a_terminal_has_one_stream_and_no_carriage_returns(bench: Bench) -> None:
    name = bench.finish(command=BOTH, tty=True)

    assert list(bench.engine.logs(name)) == [
        LogLine(name, b"one", "stdout"),
        LogLine(name, b"two", "stdout"),
        LogLine(name, b"three", "stdout"),
    ]


@pytest.mark.parametrize("tail", [0, 1, 2, 9])
def test_the_tail_is_that_many_lines(bench: Bench, tail: int) -> None:
    name = bench.finish(command=("sh", "-c", "echo one; echo two; echo three"))

    everything = [b"one", b"two", b"three"]

    assert texts(list(bench.engine.logs(name, tail=tail))) == everything[3 - min(tail, 3) :]


def test_times_are_split_off_when_asked_for(bench: Bench) -> None:
    name = bench.finish(command=("sh", "-c", "echo one; echo two three"))

    lines = list(bench.engine.logs(name, timestamps=True))

    assert texts(lines) == [b"one", b"two three"]
    assert all(line.time.startswith("20") and line.time.endswith("Z") for line in lines)
    assert lines[0].time < lines[1].time


def test_since_and_until_are_points_in_time(bench: Bench) -> None:
    name = bench.finish(command=("sh", "-c", "echo one"))
    (line,) = bench.engine.logs(name, timestamps=True)

    assert texts(list(bench.engine.logs(name, since="2020-01-01T00:00:00Z"))) == [b"one"]
    assert list(bench.engine.logs(name, until="2020-01-01T00:00:00Z")) == []
    assert texts(list(bench.engine.logs(name, since=line.time))) == [b"one"]


def test_logs_are_those_up_to_now_unless_followed(bench: Bench) -> None:
    name = bench.start(command=TALKS_ON)
    followed = bench.engine.logs(name, follow=True)
    Collected(followed).until(lambda lines: bool(lines))
    followed.close()

    assert texts(list(bench.engine.logs(name))) == [b"here"]


def test_followed_logs_end_with_the_container(bench: Bench) -> None:
    name = bench.start(command=TALKS_ON)
    follower = Collected(bench.engine.logs(name, follow=True))
    follower.until(lambda lines: bool(lines))

    bench.engine.kill(name)

    assert texts(follower.ended()) == [b"here"]
    assert follower.error is None


def test_closing_ends_whoever_follows(bench: Bench) -> None:
    name = bench.start(command=TALKS_ON)
    stream = bench.engine.logs(name, follow=True)
    follower = Collected(stream)
    follower.until(lambda lines: bool(lines))

    stream.close()

    follower.ended()
    assert follower.error is None


def test_logs_closed_before_they_are_read_are_empty(bench: Bench) -> None:
    stream = bench.engine.logs(bench.start(command=TALKS_ON), follow=True)

    stream.close()

    assert list(stream) == []


def test_following_what_has_ended_ends_at_once(bench: Bench) -> None:
    name = bench.finish(command=("sh", "-c", "echo one"))

    assert texts(list(bench.engine.logs(name, follow=True))) == [b"one"]


def test_a_container_that_never_ran_has_no_logs(bench: Bench) -> None:
    assert list(bench.engine.logs(bench.create())) == []


def test_logs_of_two_runs_are_kept(bench: Bench) -> None:
    name = bench.finish(command=("sh", "-c", "echo one"))
    bench.engine.start(name)
    bench.await_state(name, lambda state: state.status == "exited")

    assert texts(list(bench.engine.logs(name))) == [b"one", b"one"]


def test_there_are_no_logs_of_nobody(bench: Bench) -> None:
    with pytest.raises(NotFound, match=bench.name("nobody")):
        bench.engine.logs(bench.name("nobody"))


def test_batches_hold_every_line_with_its_time_and_stream(bench: Bench) -> None:
    name = bench.finish(command=BOTH)

    lines = [line for batch in bench.engine.logs(name).batches() for line in batch.lines()]

    assert sorted(lines, key=lambda line: line.time) == sorted(
        bench.engine.logs(name, timestamps=True), key=lambda line: line.time
    )
    assert {line.text: line.stream for line in lines} == {
        b"one": "stdout",
        b"two": "stderr",
        b"three": "stdout",
    }


def test_a_stream_that_halts_goes_on_with_what_is_said_after_that(bench: Bench) -> None:
    name = bench.finish(command=("sh", "-c", "echo one; echo two"))
    stream = bench.engine.logs(name, follow=True, halts=True)
    assert texts_of(stream) == [b"one", b"two"]

    bench.engine.start(name)
    bench.await_state(name, lambda state: state.status == "exited")

    assert texts_of(stream) == [b"one", b"two"]
    assert texts_of(bench.engine.logs(name)) == [b"one", b"two"] * 2


def texts_of(stream: LogStream) -> list[bytes]:
    return [text for batch in stream.batches() for text in batch.texts]


def test_what_halts_and_has_ended_says_nothing_more(bench: Bench) -> None:
    name = bench.finish(command=("sh", "-c", "echo one"))
    stream = bench.engine.logs(name, follow=True, halts=True)

    assert [batch.texts for batch in stream.batches()] == [[b"one"]]
    assert list(stream.batches()) == []
