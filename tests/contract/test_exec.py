from __future__ import annotations

from typing import Any

import pytest

from composer.errors import Conflict, NotFound
from composer.model.command import Command
from support.lab import Bench, Collected, eventually


def run(bench: Bench, *command: str, **options: Any) -> tuple[dict[str, bytes], int]:
    """Return what a command said, by stream, and its exit code."""
    session = bench.engine.exec(bench.name("web"), Command(command, **options))
    said: dict[str, bytes] = {}
    for stream, data in session:
        said[stream] = said.get(stream, b"") + data
    return said, session.exit_code()


def test_output_arrives_by_stream(bench: Bench) -> None:
    bench.start()

    said, code = run(bench, "sh", "-c", "echo one; echo two >&2")

    assert said == {"stdout": b"one\n", "stderr": b"two\n"}
    assert code == 0


def test_the_exit_code_is_that_of_the_command(bench: Bench) -> None:
    bench.start()

    assert run(bench, "sh", "-c", "exit 7") == ({}, 7)


def test_a_terminal_has_one_stream_and_carriage_returns(bench: Bench) -> None:
    bench.start()

    said, _ = run(bench, "sh", "-c", "echo one; echo two >&2", tty=True)

    assert said == {"stdout": b"one\r\ntwo\r\n"}


def test_input_reaches_the_command_until_it_is_closed(bench: Bench) -> None:
    bench.start()
    session = bench.engine.exec(bench.name("web"), Command(("cat",), interactive=True))

    session.write(b"one ")
    session.write(b"two")
    session.close_input()

    assert b"".join(data for _, data in session) == b"one two"
    assert session.exit_code() == 0


def test_without_input_there_is_nothing_to_read(bench: Bench) -> None:
    bench.start()

    assert run(bench, "cat") == ({}, 0)


def test_the_command_runs_where_and_as_whom_it_is_told(bench: Bench) -> None:
    bench.start(working_dir="/tmp")

    assert run(bench, "pwd")[0]["stdout"] == b"/tmp\n"
    assert run(bench, "pwd", workdir="/etc")[0]["stdout"] == b"/etc\n"
    assert run(bench, "id", "-u", user="5")[0]["stdout"] == b"5\n"


def test_the_command_sees_the_containers_environment_and_its_own(bench: Bench) -> None:
    bench.start(environment={"COLOUR": "blue", "SIZE": "small"})

    said, _ = run(bench, "sh", "-c", "echo $COLOUR $SIZE", environment=("SIZE=big",))

    assert said["stdout"] == b"blue big\n"


def test_closing_ends_whoever_reads(bench: Bench) -> None:
    bench.start()
    session = bench.engine.exec(bench.name("web"), Command(("cat",), interactive=True))
    session.write(b"x")
    reader = Collected(session)
    reader.until(lambda pieces: bool(pieces))

    session.close()

    reader.ended()
    assert reader.error is None


def test_a_terminal_can_be_resized_while_the_command_runs_and_after(bench: Bench) -> None:
    bench.start()
    session = bench.engine.exec(bench.name("web"), Command(("cat",), interactive=True, tty=True))

    session.resize(40, 120)
    session.close_input()
    session.close()
    session.resize(41, 121)


def test_nothing_is_executed_in_a_stopped_container(bench: Bench) -> None:
    bench.create()

    with pytest.raises(Conflict, match="not running"):
        bench.engine.exec(bench.name("web"), Command(("true",)))


def test_nothing_is_executed_in_nobody(bench: Bench) -> None:
    with pytest.raises(NotFound, match=bench.name("nobody")):
        bench.engine.exec(bench.name("nobody"), Command(("true",)))


def test_a_missing_command_has_the_shells_exit_code(bench: Bench) -> None:
    bench.start()

    said, code = run(bench, "/no/such/command")

    assert code in (126, 127)
    assert b"/no/such/command" in b"".join(said.values())


def test_a_detached_command_goes_on_alone(bench: Bench) -> None:
    bench.start()

    bench.engine.exec_detached(bench.name("web"), Command(("sh", "-c", "echo done > /tmp/done")))

    eventually(
        lambda: run(bench, "cat", "/tmp/done")[0].get("stdout"), lambda said: said == b"done\n"
    )
