from __future__ import annotations

import io

from composer.model.events import STDERR, STDOUT, LogBatch
from composer.render.console import Console
from composer.render.logs import LogWriter


def streams() -> tuple[io.TextIOWrapper, io.TextIOWrapper]:
    return io.TextIOWrapper(io.BytesIO()), io.TextIOWrapper(io.BytesIO())


def written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    return stream.buffer.getvalue().decode()  # type: ignore[attr-defined,no-any-return]


def line(text: str, stream: int = STDOUT, time: str = "") -> LogBatch:
    return LogBatch("", [text.encode()], [time.encode()], bytearray([stream]))


def test_prefixes_are_aligned_to_the_longest_name() -> None:
    out, err = streams()
    writer = LogWriter(Console(out=out, err=err), "demo")
    writer.expect([("demo-web-1", "web"), ("demo-database-1", "database")])
    writer.write("demo-web-1", "web", line("hello"))

    assert written(out) == "web-1       | hello\n"


def test_who_is_being_replaced_speaks_under_its_own_name() -> None:
    out, err = streams()
    writer = LogWriter(Console(out=out, err=err), "demo")
    writer.write("0123456789ab_demo-web-1", "web", line("bye"))
    writer.write("0123456789ab_custom", "web", line("bye"))

    assert written(out) == "web-1  | bye\n0123456789ab_custom  | bye\n"


def test_a_longer_name_that_comes_later_widens_what_follows() -> None:
    out, err = streams()
    writer = LogWriter(Console(out=out, err=err), "demo")
    writer.write("demo-web-1", "web", line("a"))
    writer.write("custom", "other", line("b"))
    writer.write("demo-web-1", "web", line("c"))

    assert written(out) == "web-1  | a\ncustom  | b\nweb-1   | c\n"


def test_replicas_share_the_colour_of_their_service() -> None:
    out, err = streams()
    writer = LogWriter(Console(out=out, err=err, colour_out=True), "demo")
    for name, service in (("demo-a-1", "a"), ("demo-b-1", "b"), ("demo-a-2", "a")):
        writer.write(name, service, line("x"))

    assert [text[:5] for text in written(out).splitlines()] == ["\033[36m", "\033[33m", "\033[36m"]


def test_stderr_stays_apart_only_when_asked_to() -> None:
    out, err = streams()
    console = Console(out=out, err=err)
    LogWriter(console, "demo").write("demo-a-1", "a", line("one", STDERR))
    LogWriter(console, "demo", apart=True).write("demo-a-1", "a", line("two", STDERR))

    assert (written(out), written(err)) == ("a-1  | one\n", "a-1  | two\n")


def test_a_time_stamp_stands_behind_the_prefix() -> None:
    out, err = streams()
    writer = LogWriter(Console(out=out, err=err), "demo", timestamps=True)
    writer.write("demo-a-1", "a", line("x", time="12:00"))

    assert written(out) == "a-1  | 12:00 x\n"


def test_the_end_of_a_container_is_told() -> None:
    out, err = streams()
    writer = LogWriter(Console(out=out, err=err), "demo")
    writer.stopped("demo-a-1", "a", 3, again=False)
    writer.stopped("demo-a-1", "a", 4, again=True)

    assert written(out) == "a-1 exited with code 3\na-1 exited with code 4 (restarting)\n"


def test_a_colour_is_the_same_whoever_else_speaks() -> None:
    out, err = streams()
    console = Console(out=out, err=err, colour_out=True)
    for speakers in (("a", "b"), ("b",)):
        writer = LogWriter(console, "demo", services=("c", "b", "a"))
        writer.expect((f"demo-{name}-1", name) for name in speakers)
        writer.write("demo-b-1", "b", line("x"))

    assert [text[:5] for text in written(out).splitlines()] == ["\033[33m", "\033[33m"]
