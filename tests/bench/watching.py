"""How soon a saved file is in the container, beside Docker Compose: `make bench` prints it.

Both programs watch a tree of their own, side by side, and take turns: a file is saved,
and the file system of the container is looked at until it has it, as only root may.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from uuid import uuid4

from bench.programs import OURS, THEIRS, machine, programs, ratio

FILES = 2000
BURST = 500
_TOO_LONG = 60.0

FILE = """
services:
  web:
    image: busybox
    command: [sh, -c, "trap 'exit 0' TERM; while :; do sleep 1; done"]
    develop:
      watch:
        - {path: ./src, action: sync, target: /app, ignore: ["node_modules/"]}
"""


class Side:
    """A program that watches; `root` is the file system of its container."""

    def __init__(self, folder: Path, call: Sequence[str]) -> None:
        self.source = folder / "src"
        self._call = call
        self._folder = folder
        self._project = f"cb{uuid4().hex[:10]}"
        for number in range(FILES):
            file = self.source / f"d{number % 50}" / f"f{number}"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{number}\n" * 100)
        (folder / "compose.yaml").write_text(FILE)
        self._process = subprocess.Popen(
            [*call, "watch"],
            cwd=folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        while "Watch enabled" not in self._process.stdout.readline():
            assert self._process.poll() is None, f"{call} does not watch"
        found = json.loads(self._run("docker", "inspect", f"{self._project}-web-1"))
        self.root = Path(found[0]["GraphDriver"]["Data"]["MergedDir"])

    def one(self, number: int) -> float:
        """Save a file and return after how many milliseconds the container has it."""
        return self._until_there({f"d{number % 50}/f{number}": f"one {time.time_ns()}"})

    def burst(self, number: int) -> float:
        """Save many files and return after how many milliseconds all of them are there."""
        text = f"burst {number} {time.time_ns()}"
        return self._until_there({f"d{n % 50}/f{n}": text for n in range(BURST)})

    def close(self) -> None:
        self._process.send_signal(signal.SIGINT)
        self._process.communicate()
        subprocess.run(
            [*self._call, "down", "-t", "0"],
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            check=True,
        )

    @property
    def _environment(self) -> dict[str, str]:
        return {**os.environ, "COMPOSE_PROJECT_NAME": self._project}

    def _run(self, *command: str) -> str:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def _until_there(self, texts: dict[str, str]) -> float:
        begun = time.perf_counter()
        for name, text in texts.items():
            (self.source / name).write_text(text)
        missing = [(self.root / "app" / name, text) for name, text in texts.items()]
        while missing:
            path, text = missing[-1]
            if _text(path) == text:
                missing.pop()
                continue
            assert time.perf_counter() - begun < _TOO_LONG, f"{path} never came"
            time.sleep(0.001)
        return (time.perf_counter() - begun) * 1000


def _text(path: Path) -> str | None:
    try:
        return path.read_text()
    except OSError:  # it is being put in the place of the old one
        return None


def measured(
    ours: Side, theirs: Side, what: Callable[[Side, int], float], rounds: int
) -> dict[str, list[float]]:
    """Return what each takes, round by round; they take turns."""
    took: dict[str, list[float]] = {OURS: [], THEIRS: []}
    for number in range(rounds + 1):
        for name, side in ((OURS, ours), (THEIRS, theirs)):
            milliseconds = what(side, number)
            if number:  # the first round makes the directories in the container
                took[name].append(milliseconds)
    return took


def row(name: str, took: dict[str, list[float]]) -> str:
    cells = [name]
    for program in (OURS, THEIRS):
        low, median, high = quantiles(took[program], n=4)
        cells.append(f"{median:.0f} ({low:.0f}–{high:.0f})")
    compared = ratio(took, OURS, THEIRS)
    cells.append(f"{compared.median:.2f} × ({compared.low:.2f}–{compared.high:.2f})")
    return f"| {' | '.join(cells)} |"


def main(rounds: int) -> None:
    with TemporaryDirectory() as scratch:
        calls = programs(Path(scratch))
        ours = Side(Path(scratch) / "ours", calls[OURS])
        theirs = Side(Path(scratch) / "theirs", calls[THEIRS])
        try:
            print(machine(calls))
            print(f"\n| change | `{OURS}`, ms (quartiles) | `{THEIRS}`, ms (quartiles) | ratio |")
            print("|---|---|---|---|")
            print(row("one file saved", measured(ours, theirs, Side.one, rounds)))
            print(
                row(f"{BURST} files saved", measured(ours, theirs, Side.burst, max(rounds // 4, 3)))
            )
        finally:
            ours.close()
            theirs.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
