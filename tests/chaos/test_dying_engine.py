"""What a user sees of an engine that dies, hangs, or cuts its streams."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen

import pytest

from chaos.private_engine import PrivateEngine
from chaos.proxy import PASS, Fate, Kind, Proxy
from chaos.stack import Stack

pytestmark = pytest.mark.docker

WAITS = """
services:
  db:
    image: busybox:latest
    init: true
    command: [sleep, infinity]
    healthcheck: {test: [CMD, test, -e, /ready], interval: 200ms, retries: 1000}
  web:
    image: busybox:latest
    init: true
    command: [sleep, infinity]
    depends_on: {db: {condition: service_healthy}}
"""

WORKS = """
services:
  db:
    image: busybox:latest
    init: true
    command: [sh, -c, "until test -e /ready; do sleep 0.1; done"]
  web:
    image: busybox:latest
    init: true
    command: [sleep, infinity]
    depends_on: {db: {condition: service_completed_successfully}}
"""

COUNTS = """
services:
  count:
    image: busybox:latest
    init: true
    command: [sh, -c, "for n in $$(seq 100); do echo line $$n; sleep 0.05; done; exit 7"]
"""


@contextmanager
def project(engine: PrivateEngine, directory: Path, text: str, name: str) -> Iterator[Stack]:
    stack = Stack(engine, directory, text, name)
    yield stack
    if not engine.answers():
        engine.start()
    stack.composer("down", "-v", "-t", "0")


def read_until(process: Popen[str], seen: str) -> list[str]:
    """Return what a command says until it has said `seen`."""
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if seen in line:
            return said
    raise AssertionError(f"it never said {seen!r}: {said}")


def ended(process: Popen[str], seconds: float) -> str:
    """Return the rest of what a command says; it must end within `seconds`."""
    begun = time.monotonic()
    rest, _ = process.communicate(timeout=60)
    assert time.monotonic() - begun < seconds
    return rest


def make_ready(stack: Stack) -> None:
    stack.engine.docker("exec", f"{stack.name}-db-1", "touch", "/ready")


def test_an_engine_that_dies_while_health_is_awaited_ends_the_wait_and_is_named(
    engine: PrivateEngine, tmp_path: Path
) -> None:
    with project(engine, tmp_path, WAITS, "dies") as stack:
        with stack.begin("up", "-d") as process:
            read_until(process, "Container dies-db-1  Waiting")
            engine.kill()
            said = ended(process, 20)

        assert process.returncode == 1
        assert (
            f"error: the engine at {engine.host} went away: "
            "connection refused: nothing listens there\n"
            "   while: wait until db is healthy\n"
            "   run the same command again when it is back: it goes on from there\n"
        ) in said
        assert "start dies-db-1\nnot done because of it: start dies-web-1\n" in said

        engine.start(keeping=False)
        with stack.begin("up", "-d") as process:
            read_until(process, "Container dies-db-1  Waiting")
            make_ready(stack)
            ended(process, 30)
        assert process.returncode == 0
        assert stack.states() == {"dies-db-1": "healthy", "dies-web-1": "running"}


def test_an_engine_that_is_restarted_in_between_is_waited_for(
    engine: PrivateEngine, tmp_path: Path
) -> None:
    with project(engine, tmp_path, WORKS, "restarts") as stack:
        with stack.begin("up", "-d") as process:
            read_until(process, "Container restarts-db-1  Waiting")
            engine.kill()
            engine.start(keeping=True)
            make_ready(stack)
            said = ended(process, 30)

        assert process.returncode == 0, said
        assert stack.states()["restarts-web-1"] == "running"


def test_an_engine_that_stands_still_for_some_seconds_is_waited_for(
    engine: PrivateEngine, tmp_path: Path
) -> None:
    with project(engine, tmp_path, WAITS, "stands") as stack:
        with stack.begin("up", "-d") as process:
            read_until(process, "Creating")
            engine.freeze()
            time.sleep(2)
            engine.thaw()
            read_until(process, "Container stands-db-1  Waiting")
            make_ready(stack)
            ended(process, 30)

        assert process.returncode == 0
        assert stack.states()["stands-web-1"] == "running"


def cut_streams(*paths: str, bytes: int = 200) -> Callable[[str], Fate]:
    """Return the fates of a proxy that cuts every answer from these paths."""
    return lambda request: (
        Fate(Kind.CUT_WITHIN, bytes=bytes) if any(path in request for path in paths) else PASS
    )


def lines_of(said: str) -> list[str]:
    return [line.partition("| ")[2] for line in said.splitlines() if "| line " in line]


def test_followed_logs_that_are_cut_lose_no_line_and_repeat_none(
    engine: PrivateEngine, proxy: Proxy, tmp_path: Path
) -> None:
    with project(engine, tmp_path, COUNTS, "follows") as stack:
        assert stack.composer("up", "-d")[0] == 0
        proxy.fates = cut_streams("/logs", bytes=2000)
        with stack.begin("logs", "-f", host=proxy.host) as process:
            said = ended(process, 40)

        assert lines_of(said) == [f"line {number}" for number in range(1, 101)]
        assert [kind for _, kind in proxy.met].count(Kind.CUT_WITHIN) > 3


def test_up_in_the_foreground_bears_that_its_streams_are_cut(
    engine: PrivateEngine, proxy: Proxy, tmp_path: Path
) -> None:
    with project(engine, tmp_path, COUNTS, "stays") as stack:
        proxy.fates = cut_streams("/logs", "/events", bytes=2000)
        with stack.begin("up", "--exit-code-from", "count", host=proxy.host) as process:
            said = ended(process, 60)

        assert process.returncode == 7, said
        assert lines_of(said) == [f"line {number}" for number in range(1, 101)]
        assert [kind for _, kind in proxy.met].count(Kind.CUT_WITHIN) > 3


def lose_first(path: str) -> Callable[[str], Fate]:
    """Return the fates of a proxy that forwards one request for `path`, and loses the answer."""
    left = [Fate(Kind.CUT_AFTER)]
    return lambda request: left.pop() if path in request and left else PASS


@pytest.mark.parametrize(
    "path", ["/containers/create", "/networks/create", "/start", "/stop", "/rename", "DELETE"]
)
def test_a_lost_answer_is_no_failure(
    engine: PrivateEngine, proxy: Proxy, tmp_path: Path, path: str
) -> None:
    with project(engine, tmp_path, COUNTS, "loses") as stack:
        if path in ("/stop", "/rename", "DELETE"):
            assert stack.composer("up", "-d")[0] == 0
            stack.directory.joinpath("compose.yaml").write_text(f"{COUNTS}    hostname: other\n")
        proxy.fates = lose_first(path)

        with stack.begin("up", "-d", host=proxy.host) as process:
            said = ended(process, 60)

        assert process.returncode == 0, said
        assert [kind for _, kind in proxy.met].count(Kind.CUT_AFTER) == 1
        assert set(stack.states()) == {"loses-count-1"}


@pytest.mark.parametrize("shared", [True, False], ids=["one lock", "two locks"])
def test_two_at_once_end_in_one_good_state(
    engine: PrivateEngine, tmp_path: Path, shared: bool
) -> None:
    text = WAITS.replace("[CMD, test, -e, /ready]", "[CMD, 'true']")
    with project(engine, tmp_path, text, "twice") as stack:
        runtimes = [str(tmp_path / ("lock" if shared else f"lock{n}")) for n in range(2)]
        processes = [stack.begin("up", "-d", runtime=runtime) for runtime in runtimes]
        said = [ended(process, 60) for process in processes]

        assert [process.returncode for process in processes] == [0, 0], said
        assert set(stack.states()) == {"twice-db-1", "twice-web-1"}
        assert stack.composer("plan", "--exit-code")[0] == 0
        assert len(engine.docker("network", "ls", "-q", "--filter", "name=twice_").split()) == 1
