"""`logs` on many lines beside Docker Compose: `make bench` prints the table.

The containers have ended, so what is measured is how fast a program takes in, puts in
order and writes out what the engine gives.  That is also the limit: the engine looks at
every line by itself.  Programs take turns, to nowhere and to a file.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from uuid import uuid4

from bench.programs import OURS, PLUGIN, THEIRS, machine, programs, ratio, run

HEADING = (
    "| lines | to | `composer`, s | `docker compose`, s | ratio (quartiles) | of `docker-compose` "
    "| processor time, s | of `docker compose` |\n" + f"|{'---|' * 8}"
)
GOAL = 1.0


@dataclass(frozen=True, slots=True)
class Scene:
    services: int
    lines: int

    @property
    def name(self) -> str:
        each = f"{self.lines // self.services:,}".replace(",", " ")
        return f"{each} of one container" if self.services == 1 else f"{self.services} × {each}"

    @property
    def text(self) -> str:
        """Return the file: services that say numbered lines of some sixty characters."""
        said = "GET /api/v1/items the quick brown fox jumps over "
        script = f"seq 1 {self.lines // self.services} | awk '{{print \"{said}\" $$1}}'"
        command = script.replace('"', '\\"')
        service = f'{{image: busybox, command: [sh, -c, "{command}"]}}'
        return "services:\n" + "".join(f"  s{n}: {service}\n" for n in range(self.services))


@dataclass(slots=True)
class Row:
    """For each program how long it took, and how much of a processor, in milliseconds."""

    took: dict[str, list[float]] = field(default_factory=dict)
    used: dict[str, list[float]] = field(default_factory=dict)


def measure(
    scene: Scene, calls: Mapping[str, Sequence[str]], scratch: Path, rounds: int
) -> dict[str, Row]:
    """Return a row for each destination."""
    directory = scratch / uuid4().hex
    directory.mkdir()
    (directory / "compose.yaml").write_text(scene.text)
    project = f"bench{uuid4().hex[:8]}"
    rows = {"nowhere": Row(), "a file": Row()}
    try:
        run([*calls[OURS], "up"], directory, COMPOSE_PROJECT_NAME=project)
        for turn in range(rounds):
            for place, row in rows.items():
                for name in [*calls][turn % len(calls) :] + [*calls][: turn % len(calls)]:
                    target = os.devnull if place == "nowhere" else str(directory / "out")
                    _take(row, name, calls[name], directory, project, target)
                    if place == "a file":
                        _check(Path(target), scene.lines)
    finally:
        run([*calls[OURS], "down"], directory, COMPOSE_PROJECT_NAME=project)
    return rows


def _take(
    row: Row, name: str, call: Sequence[str], directory: Path, project: str, target: str
) -> None:
    before = _used()
    with open(target, "wb") as out:
        took = run([*call, "logs"], directory, out, COMPOSE_PROJECT_NAME=project)
    row.took.setdefault(name, []).append(took)
    row.used.setdefault(name, []).append((_used() - before) * 1000)


def _used() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _check(file: Path, lines: int) -> None:
    counted = subprocess.run(["wc", "-l", file], capture_output=True, text=True, check=True).stdout
    assert int(counted.split()[0]) == lines, f"{counted} instead of {lines} lines"


def line(scene: Scene, place: str, row: Row, *, judged: bool) -> str:
    """Return a row of the table; whether the goal is reached only if it is `judged`."""
    peer = PLUGIN if PLUGIN in row.took else THEIRS
    measured = ratio(row.took, OURS, peer)
    reached = f" {'✓' if measured.median <= GOAL else '✗'}" if judged else ""
    cells = [
        scene.name,
        place,
        f"{median(row.took[OURS]) / 1000:.1f}",
        f"{median(row.took[peer]) / 1000:.1f}",
        f"{measured.median:.2f} × ({measured.low:.2f}–{measured.high:.2f}){reached}",
        f"{ratio(row.took, OURS, THEIRS).median:.2f} ×",
        f"{median(row.used[OURS]) / 1000:.1f}",
        f"{median(row.used[peer]) / 1000:.1f}",
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round of few lines")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    lines, rounds = (20_000, 1) if given.quick else (2_000_000, given.rounds)
    with TemporaryDirectory() as scratch:
        calls = programs(Path(scratch))
        print(f"{machine(calls)}; load {os.getloadavg()[0]:.1f} before", end="\n\n")
        print(HEADING, flush=True)
        for scene in (Scene(1, lines), Scene(4, lines)):
            for place, row in measure(scene, calls, Path(scratch), rounds).items():
                print(line(scene, place, row, judged=not given.quick), flush=True)


if __name__ == "__main__":
    main()
