"""`up`, `down` and `ps` on a real engine beside Docker Compose: `make bench` prints the table.

Beside each figure stands the floor: the same engine calls from a bare script
(`floor.py`), so that one sees what is the engine's time.  A scene is brought up,
looked at, changed and taken down by each program, in a project of its own.  Where
the containers do nothing, all programs do one step before any does the next; the
probes of a chain would disturb the others, so there one program comes after another.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TypeVar
from uuid import uuid4

from bench import scenes
from bench.programs import OURS, PLUGIN, THEIRS, machine, noise, programs, ratio, run

_T = TypeVar("_T")

FLOOR = "floor"
FLOOR_SCRIPT = Path(__file__).parent / "floor.py"

UP = ("up", "-d")
DOWN_AT_ONCE = ("down", "-t", "0")


@dataclass(frozen=True, slots=True)
class Action:
    """One command that is timed.  `goal` is the most times Docker Compose's it may take.

    `floor` is the work of `floor.py` that stands for it; `text` what the file is
    before it, None as it was; it is done `times` times over.
    """

    row: str
    words: tuple[str, ...]
    goal: float
    floor: str
    text: str | None = None
    times: int = 1


@dataclass(frozen=True, slots=True)
class Scene:
    """What becomes of one project.  `together`: the programs take turns action by action."""

    name: str
    services: int
    actions: tuple[Action, ...]
    rounds: int
    together: bool = True


@dataclass(slots=True)
class Measured:
    """The milliseconds that each program took for an action, round by round."""

    action: Action
    took: dict[str, list[float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Runner:
    """A program at work in a project of its own."""

    program: str
    call: Sequence[str]
    directory: Path
    project: str
    services: int

    def do(self, action: Action) -> float:
        if action.text is not None:
            (self.directory / "compose.yaml").write_text(action.text)
        if self.program == FLOOR:
            command = [*self.call, action.floor, self.project, str(self.services)]
        else:
            command = [*self.call, *action.words]
        return run(command, self.directory, COMPOSE_PROJECT_NAME=self.project)


def many(services: int, rounds: int) -> Scene:
    """Return the scene of services that need nothing of each other."""
    s = "" if services == 1 else "s"
    first, second = scenes.independent(services), scenes.independent(services, changed="next")
    looks = []
    if services > 1:
        looks = [
            Action("up -d, nothing to do", UP, 1.5, "nothing", times=3),
            Action("ps", ("ps",), 1.5, "ps", times=3),
        ]
    return Scene(
        f"{services} service{s}",
        services,
        (
            Action("up -d", UP, 1.0, "up", first),
            *looks,
            Action("up -d, one changed", UP, 1.0, "change", second),
            Action("down -t 0", DOWN_AT_ONCE, 0.95, "down"),
        ),
        rounds,
    )


def chains(rounds: int, length: int) -> Iterator[Scene]:
    """Yield the scenes of services that wait for each other."""
    health, completion = scenes.gated_on_health(length), scenes.gated_on_completion(length)
    yield Scene(
        f"chain of {length}, on health",
        length,
        (
            Action("up -d", UP, 0.6, "health", health),
            Action("up -d, all healthy", UP, 0.06, "nothing", times=2),
            Action("down", ("down",), 0.7, "down_chain"),
        ),
        rounds,
        together=False,
    )
    yield Scene(
        f"chain of {length}, on completion",
        length,
        (
            Action("up -d", UP, 0.45, "completion", completion),
            Action("down", ("down",), 0.7, "down_chain"),
        ),
        rounds,
        together=False,
    )


def all_scenes(*, quick: bool) -> tuple[Scene, ...]:
    """Return what is measured; `quick` is enough to see that it can be."""
    if quick:
        return (*chains(1, 2), many(2, 1))
    return (*chains(5, scenes.CHAIN), many(1, 15), many(10, 9), many(40, 5))


def measure(scene: Scene, calls: Mapping[str, Sequence[str]], scratch: Path) -> list[Measured]:
    """Return one row for each action; each round is begun by another program."""
    rows = [Measured(action, {name: [] for name in calls}) for action in scene.actions]
    for turn in range(scene.rounds):
        runners = [
            _runner(name, calls[name], scratch, scene.services)
            for name in _rotated(list(calls), turn)
        ]
        try:
            if scene.together:
                for row in rows:
                    _take(row, runners)
            else:
                for runner in runners:
                    for row in rows:
                        _take(row, [runner])
        finally:
            for runner in runners:
                _clear(runner.project)
    return rows


def _runner(program: str, call: Sequence[str], scratch: Path, services: int) -> Runner:
    project = f"bench{uuid4().hex[:8]}"
    directory = scratch / project
    directory.mkdir()
    return Runner(program, call, directory, project, services)


def _take(row: Measured, runners: Sequence[Runner]) -> None:
    for turn in range(row.action.times):
        for runner in _rotated(runners, turn):
            row.took[runner.program].append(runner.do(row.action))


def _rotated(items: Sequence[_T], turn: int) -> list[_T]:
    first = turn % len(items)
    return [*items[first:], *items[:first]]


def _clear(project: str) -> None:
    """Take away what is left of a project."""
    for what, removal in (("container", ["rm", "-f", "-v"]), ("network", ["rm"])):
        flags = ["-aq"] if what == "container" else ["-q"]
        label = f"label=com.docker.compose.project={project}"
        if found := _docker(what, "ls", *flags, "--filter", label).split():
            _docker(what, *removal, *found)


def _docker(*words: str) -> str:
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=False).stdout


HEADING = (
    "| project | command | `composer`, ms | `docker compose`, ms | ratio (quartiles) | goal "
    "| of `docker-compose` | floor, ms | of the floor |\n" + f"|{'---|' * 9}"
)


def line(scene: Scene, row: Measured, *, judged: bool) -> str:
    """Return a row of the table; whether the goal is reached only if it is `judged`."""
    took = row.took
    peer = PLUGIN if PLUGIN in took else THEIRS
    measured = ratio(took, OURS, peer)
    reached = measured.median <= row.action.goal
    alone = f"{ratio(took, OURS, THEIRS).median:.2f} ×" if THEIRS in took else "–"
    cells = [
        scene.name,
        f"`{row.action.row}`",
        f"{median(took[OURS]):.0f}",
        f"{median(took[peer]):.0f}",
        f"{measured.median:.3f} × ({measured.low:.3f}–{measured.high:.3f})",
        f"{row.action.goal} × {'✓' if reached else '✗'}" if judged else "–",
        alone,
        f"{median(took[FLOOR]):.0f}",
        f"{ratio(took, OURS, FLOOR).median:.2f} ×",
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round of small projects")
    parser.add_argument("--only", default="", help="the scenes whose name has this in it")
    parser.add_argument("--rounds", type=int, help="of each scene")
    given = parser.parse_args()
    with TemporaryDirectory() as scratch:
        known = programs(Path(scratch))
        calls = {**known, FLOOR: [sys.executable, "-I", "-S", str(FLOOR_SCRIPT)]}
        print(f"{machine(known)}; load {os.getloadavg()[0]:.1f} before", end="\n\n")
        print(HEADING, flush=True)
        unrest: list[float] = []
        for scene in all_scenes(quick=given.quick):
            if given.only in scene.name:
                scene = replace(scene, rounds=given.rounds or scene.rounds)
                for row in measure(scene, calls, Path(scratch)):
                    print(line(scene, row, judged=not given.quick), flush=True)
                    unrest += [noise(times) for times in row.took.values()]
    print(f"\nNoise: from one round to the next the same command differs by {median(unrest):.0%}.")


if __name__ == "__main__":
    main()
