"""Chaos: commands that are disturbed at a random moment, and whether the next `up -d` mends it.

    cd tests && python -m chaos.runs --runs 50 --seed 1

The seed decides what is done and when; how threads and processes then meet is
the machine's affair.  A moment is a line of the command's own output, and a
fraction of a second after it.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from threading import Lock, Thread

from chaos.private_engine import PrivateEngine
from chaos.proxy import Fate, Kind, Proxy
from chaos.stack import IMAGES, Stack

_HANGS = 150
"""Seconds after which a command hangs, on a machine that does much else."""

_LINES = 16
"""Nearly as many lines as an `up` with changes prints."""

Disturb = Callable[["Scene"], None]


@dataclass
class Record:
    """What was done in one run, and how long it took until everything stood again."""

    number: int
    kind: str
    command: str
    moment: str
    code: int
    seconds: float
    mended: float
    said: str = ""
    failure: str = ""


class Scene:
    """One run: a command under way, and who disturbs it."""

    def __init__(self, stack: Stack, proxy: Proxy, random: Random) -> None:
        self.stack = stack
        self.engine = stack.engine
        self.proxy = proxy
        self.random = random
        self.up = random.random() < 0.75
        self.moment = "the end"
        self.said: list[str] = []
        self.code = 0
        self.disturbance: BaseException | None = None
        self._threads: list[Thread] = []
        self._line = random.randrange(_LINES)
        self._pause = random.uniform(0, 0.6)
        if self.up:
            self._change_something()

    @property
    def command(self) -> tuple[str, ...]:
        return ("up", "-d") if self.up else ("down", "-t", "2")

    def run(self, *, host: str | None = None, at_the_moment: Disturb | None = None) -> None:
        """Carry the command out, and disturb it when its moment has come."""
        with self.stack.begin(*self.command, host=host) as process:
            self.process = process
            watch = Thread(target=self._watch, args=(process, at_the_moment))
            watch.start()
            try:
                process.wait(_HANGS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise AssertionError(f"it hangs: {self.said[-5:]}") from None
            finally:
                watch.join(_HANGS)
                for thread in self._threads:
                    thread.join(_HANGS)
            self.code = process.returncode
        if self.disturbance is not None:
            raise self.disturbance
        assert self.code in (0, 1, 130, -signal.SIGKILL), f"exit code {self.code}: {self.said}"
        assert not any("Traceback" in line for line in self.said), self.said

    def _watch(self, process: subprocess.Popen[str], disturb: Disturb | None) -> None:
        assert process.stdout is not None
        left = self._line
        for line in process.stdout:
            self.said.append(line.rstrip())
            if disturb is not None and left <= 0:
                self.moment = line.strip()
                time.sleep(self._pause)
                self._threads.append(Thread(target=self._disturb, args=(disturb,)))
                self._threads[-1].start()
                disturb = None
            left -= 1

    def _disturb(self, disturb: Disturb) -> None:
        try:
            disturb(self)
        except BaseException as error:
            self.disturbance = error

    def _change_something(self) -> None:
        settings = self.stack.settings
        for name in self.random.sample(["APP", "DB", "NETWORK"], self.random.randrange(3)):
            settings[name] = str(int(settings.get(name, "0")) + 1)
        settings["REPLICAS"] = str(self.random.randint(1, 3))
        settings["MEMORY"] = str(self.random.choice([64, 96, 128]))


# -- the kinds -----------------------------------------------------------------------------


def killed(scene: Scene) -> None:
    """Composer itself is killed."""

    def kill(scene: Scene) -> None:
        with suppress(ProcessLookupError):
            os.killpg(scene.process.pid, signal.SIGKILL)

    scene.run(at_the_moment=kill)


def removed(scene: Scene) -> None:
    """Containers are removed, killed and stopped underneath."""

    def remove(scene: Scene) -> None:
        for _ in range(scene.random.randint(1, 3)):
            ids = scene.engine.docker("ps", "-aq").split()
            verb = scene.random.choice(["rm -f", "kill", "stop -t 1"])
            if ids:
                with suppress(AssertionError):  # it may be gone by now
                    scene.engine.docker(*verb.split(), scene.random.choice(sorted(ids)))

    scene.run(at_the_moment=remove)


def bereft(scene: Scene) -> None:
    """The engine is killed, and comes back with or without the containers that ran."""
    away = scene.random.choice([0.2, 1, 7])
    keeping = scene.random.random() < 0.7

    def restart(scene: Scene) -> None:
        scene.engine.kill()
        time.sleep(away)
        scene.engine.start(keeping=keeping)

    scene.run(at_the_moment=restart)


def frozen(scene: Scene) -> None:
    """The engine stands still for some seconds, and goes on."""
    seconds = scene.random.uniform(1, 5)

    def freeze(scene: Scene) -> None:
        scene.engine.freeze()
        time.sleep(seconds)
        scene.engine.thaw()

    scene.run(at_the_moment=freeze)
    assert scene.code == 0, scene.said


def misled(scene: Scene) -> None:
    """A proxy delays, cuts, and answers 500."""
    lock = Lock()
    likely = scene.random.choice([0.05, 0.15, 0.3])

    def fate(request: str) -> Fate:
        with lock:
            if scene.random.random() > likely:
                return Fate()
            kind = scene.random.choice(list(Kind)[1:])
            return Fate(kind, scene.random.uniform(0.1, 1), scene.random.randrange(400))

    scene.moment = f"{likely:.0%} of all requests"
    scene.proxy.fates = fate
    try:
        scene.run(host=scene.proxy.host)
    finally:
        scene.proxy.fates = lambda request: Fate()


def doubled(scene: Scene) -> None:
    """Two at once, which do not know of each other's lock."""
    with TemporaryDirectory() as runtime, scene.stack.begin("up", "-d", runtime=runtime) as other:
        time.sleep(scene.random.uniform(0, 0.5))
        scene.run()
        said, _ = other.communicate(timeout=_HANGS)
    assert "Traceback" not in said, said
    assert other.returncode in (0, 1), said


KINDS: dict[str, Disturb] = {
    one.__name__: one for one in (killed, removed, bereft, misled, frozen, doubled)
}


def run(stack: Stack, proxy: Proxy, number: int, seed: str, kind: str) -> Record:
    """Do one run, and have the project mended by one `up -d`."""
    scene = Scene(stack, proxy, Random(f"{seed}.{number}"))
    begun = time.monotonic()
    failure = ""
    try:
        KINDS[kind](scene)
        if scene.up and scene.code == 0 and kind in ("misled", "frozen"):
            stack.assert_converged()
    except Exception as error:
        failure = _told(error)
    disturbed = time.monotonic()
    try:
        code, said = stack.composer("up", "-d", seconds=_HANGS)
        assert code == 0, f"the next up fails: {said}"
        stack.assert_converged()
        stack.assert_rows()
        stack.insert()
    except Exception as error:
        failure += f"\n{_told(error)}\nbefore it: {scene.said}"
        _from_scratch(stack)
    done = time.monotonic()
    return Record(
        number,
        kind,
        scene.command[0],
        scene.moment,
        scene.code,
        disturbed - begun,
        done - disturbed,
        " | ".join(line for line in scene.said if "error" in line) if scene.code else "",
        failure,
    )


def _from_scratch(stack: Stack) -> None:
    """Let a failure not spoil the runs after it: only the volume stays."""
    with suppress(AssertionError):
        if ids := stack.engine.docker("ps", "-aq").split():
            stack.engine.docker("rm", "-f", *ids)
        stack.engine.docker("network", "prune", "-f")
        stack.composer("up", "-d")


def prepared(stack: Stack) -> Stack:
    """Bring the project up for the first time, undisturbed."""
    code, said = stack.composer("up", "-d")
    assert code == 0, said
    stack.assert_converged()
    stack.insert()
    return stack


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--kind", choices=list(KINDS), action="append")
    parser.add_argument("--first", type=int, default=1)
    options = parser.parse_args()
    kinds = options.kind or list(KINDS)
    records = []
    with ExitStack() as cleanup:
        engine = cleanup.enter_context(PrivateEngine(IMAGES))
        directory = Path(cleanup.enter_context(TemporaryDirectory()))
        proxy = Proxy(engine.socket, engine.directory / "proxy.sock")
        cleanup.callback(proxy.close)
        stack = prepared(Stack(engine, directory))
        for number in range(options.first, options.first + options.runs):
            record = run(stack, proxy, number, options.seed, kinds[number % len(kinds)])
            records.append(record)
            print(_line(record), flush=True)
        met = Counter(kind for _, kind in proxy.met)
        crashes, cures = engine.crashes, engine.cures
    _summarise(records, met)
    print(f"the engine crashed at its start {crashes} times, and lost its networks {cures} times")
    return 1 if any(record.failure for record in records) else 0


def _line(record: Record) -> str:
    text = (
        f"{record.number:3} {record.kind:8} {record.command:4} exit {record.code:3}"
        f" {record.seconds:5.1f} s, mended in {record.mended:5.1f} s, at: {record.moment}"
    )
    text += f"\n      {record.said}" if record.said else ""
    return f"{text}\nFAILED: {record.failure}\n" if record.failure else text


def _summarise(records: list[Record], met: Counter[Kind]) -> None:
    print()
    for kind in KINDS:
        ours = [record for record in records if record.kind == kind]
        if not ours:
            continue
        hit = len([record for record in ours if record.moment != "the end"])
        clean = len([record for record in ours if record.code == 0])
        failed = len([record for record in ours if record.failure])
        print(
            f"{kind:8} {len(ours):3} runs, {hit} disturbed, {clean} ended with 0,"
            f" {failed} failed, mended in {max(record.mended for record in ours):.1f} s at most"
        )
    for fate, count in met.items():
        print(f"proxy: {count} {fate.value}")


def _told(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))[-3000:]


if __name__ == "__main__":
    sys.exit(main())
