from __future__ import annotations

from contextlib import closing

import pytest

from composer.engine.port import Dialogue
from composer.errors import Conflict, EngineError, NotFound
from composer.model.command import Attachment
from composer.model.resources import OneOff
from support.lab import Bench, Collected, eventually

BOTH = ("sh", "-c", "echo one; echo two >&2; exit 7")


def heard(dialogue: Dialogue) -> tuple[dict[str, bytes], int]:
    """Return all that is said, by stream, and the exit code."""
    said: dict[str, bytes] = {}
    with closing(dialogue):
        for stream, data in dialogue:
            said[stream] = said.get(stream, b"") + data
        return said, dialogue.exit_code()


def test_who_joins_before_the_start_misses_nothing(bench: Bench) -> None:
    name = bench.create(command=BOTH)

    dialogue = bench.engine.attach(name, Attachment())
    bench.engine.start(name)

    assert heard(dialogue) == ({"stdout": b"one\n", "stderr": b"two\n"}, 7)


def test_a_terminal_has_one_stream_and_carriage_returns(bench: Bench) -> None:
    name = bench.create(command=BOTH, tty=True)

    dialogue = bench.engine.attach(name, Attachment(tty=True))
    bench.engine.start(name)

    assert heard(dialogue) == ({"stdout": b"one\r\ntwo\r\n"}, 7)


def test_input_reaches_a_one_off_container_until_it_is_closed(bench: Bench) -> None:
    name = bench.create(command=("cat",), stdin_open=True, one_off=OneOff(attached=True))
    dialogue = bench.engine.attach(name, Attachment(interactive=True))
    bench.engine.start(name)

    dialogue.write(b"one ")
    dialogue.write(b"two")
    dialogue.close_input()

    assert heard(dialogue) == ({"stdout": b"one two"}, 0)


def test_a_replica_goes_on_when_the_input_of_who_joined_it_ends(bench: Bench) -> None:
    name = bench.start(command=("cat",), stdin_open=True)
    dialogue = bench.engine.attach(name, Attachment(interactive=True))
    reader = Collected(dialogue)
    dialogue.write(b"one")
    reader.until(bool)

    dialogue.close_input()
    dialogue.close()

    reader.ended()
    again = bench.engine.attach(name, Attachment(interactive=True))
    reader = Collected(again)
    again.write(b"two")
    assert reader.until(bool) == [("stdout", b"two")]
    again.close()
    reader.ended()


def test_the_exit_code_of_who_is_killed_tells_the_signal(bench: Bench) -> None:
    name = bench.start()
    dialogue = bench.engine.attach(name, Attachment())

    bench.engine.kill(name)

    assert heard(dialogue) == ({}, 137)


def test_a_one_off_container_is_gone_when_its_exit_code_is_there(bench: Bench) -> None:
    name = bench.create(command=BOTH, one_off=OneOff(removed=True))
    dialogue = bench.engine.attach(name, Attachment(removed=True))
    bench.engine.start(name)

    assert heard(dialogue) == ({"stdout": b"one\n", "stderr": b"two\n"}, 7)
    assert bench.names() == []


def test_a_one_off_container_that_cannot_start_is_removed_all_the_same(bench: Bench) -> None:
    name = bench.create(command=("/no/such/program",), one_off=OneOff(removed=True))

    with pytest.raises(EngineError, match="/no/such/program"):
        bench.engine.start(name)

    eventually(bench.names, lambda names: names == [])


def test_closing_ends_whoever_reads_and_not_the_process(bench: Bench) -> None:
    name = bench.start()
    dialogue = bench.engine.attach(name, Attachment())
    reader = Collected(dialogue)

    dialogue.close()

    reader.ended()
    assert reader.error is None
    assert bench.engine.state(name).status == "running"


def test_a_terminal_can_be_resized_while_the_process_runs_and_after(bench: Bench) -> None:
    name = bench.start(command=("cat",), stdin_open=True, tty=True)
    dialogue = bench.engine.attach(name, Attachment(interactive=True, tty=True))

    dialogue.resize(40, 120)
    bench.engine.kill(name)
    bench.await_state(name, lambda state: state.status == "exited")
    dialogue.resize(41, 121)
    dialogue.close()


def test_nobody_joins_a_paused_container(bench: Bench) -> None:
    name = bench.start()
    bench.engine.pause(name)

    with pytest.raises(Conflict, match="paused"):
        bench.engine.attach(name, Attachment())


def test_nobody_joins_nobody(bench: Bench) -> None:
    with pytest.raises(NotFound, match=bench.name("nobody")):
        bench.engine.attach(bench.name("nobody"), Attachment())
