"""`composer config -q` beside Docker Compose, whole processes: `make bench` prints the table.

Programs take turns within a round, so that whatever else the machine does meets
all of them; a ratio is the median of the ratios of the rounds.  Docker Compose
is measured as a program of its own and, where there is a docker program, as
`docker compose`, which is how people call it.  Bytecode is compiled first, as an
installation does.  How long a bare interpreter takes is printed too.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import composer
from bench.projects import compose_file
from support.peer import docker_compose

SAMPLE = Path(__file__).parent.parent.parent / "samples" / "todo"
SIZES = (1, 10, 50, 500, 1000, 2000)
ROUNDS = 25

OURS, THEIRS, PLUGIN, BARE = "composer", "docker-compose", "docker compose", "python"


@dataclass(frozen=True, slots=True)
class Row:
    """What the rounds on one project took: a list of milliseconds for each program."""

    project: str
    took: Mapping[str, Sequence[float]]

    def milliseconds(self, program: str) -> float:
        return median(self.took[program])

    def ratio(self, program: str) -> float:
        """Return how many times as long as `program` composer takes."""
        pairs = zip(self.took[OURS], self.took[program], strict=True)
        return median(ours / theirs for ours, theirs in pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, metavar="SERVICES")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of each project, at most")
    given = parser.parse_args()
    with TemporaryDirectory() as scratch:
        programs = commands(Path(scratch))
        print(machine(programs), end="\n\n")
        print(heading(programs))
        for row in measure(programs, projects(given.sizes, Path(scratch)), given.rounds):
            print(line(row), flush=True)


def commands(scratch: Path) -> dict[str, list[str]]:
    """Return the command lines to compare; compiles composer, and makes a home for docker."""
    compileall.compile_dir(Path(composer.__file__).parent, quiet=1)
    peer = docker_compose()
    (scratch / "config.json").write_text(
        json.dumps({"cliPluginsExtraDirs": [str(Path(peer).parent)]})
    )
    through_docker = {}
    if docker := shutil.which("docker"):
        through_docker[PLUGIN] = [docker, "--config", str(scratch), "compose", "config", "-q"]
    return {
        OURS: [str(Path(sys.executable).parent / "composer"), "config", "-q"],
        THEIRS: [peer, "config", "-q"],
        **through_docker,
        BARE: [sys.executable, "-c", "pass"],
    }


def projects(sizes: Sequence[int], scratch: Path) -> Iterator[tuple[str, Path]]:
    """Yield names and directories: the sample, then one project of each size."""
    yield "samples/todo", SAMPLE
    for size in sizes:
        directory = scratch / str(size)
        directory.mkdir()
        (directory / "compose.yaml").write_text(compose_file(size))
        yield f"{size} service{'s' if size > 1 else ''}", directory


def measure(
    programs: Mapping[str, Sequence[str]], places: Iterator[tuple[str, Path]], rounds: int
) -> Iterator[Row]:
    for name, directory in places:
        slow = sum(run(command, directory) for command in programs.values()) > 1000
        took: dict[str, list[float]] = {program: [] for program in programs}
        for _ in range(max(3, rounds // 3) if slow else rounds):
            for program, command in programs.items():
                took[program].append(run(command, directory))
        yield Row(name, took)


def run(command: Sequence[str], directory: Path) -> float:
    """Return how many milliseconds a command took, from its start to its end."""
    names = [name for name in os.environ if name.startswith("COMPOSE_")]
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONDONTWRITEBYTECODE", *names)
    }
    began = time.perf_counter()
    done = subprocess.run(
        command, cwd=directory, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    took = (time.perf_counter() - began) * 1000
    assert done.returncode == 0, f"{command}: {done.stderr.decode()}"
    return took


def machine(programs: Mapping[str, Sequence[str]]) -> str:
    version = subprocess.run(
        [programs[THEIRS][0], "version", "--short"], capture_output=True, text=True, check=True
    )
    return (
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, Docker Compose {version.stdout.strip()}"
    )


def heading(programs: Mapping[str, Sequence[str]]) -> str:
    peers = [name for name in (THEIRS, PLUGIN) if name in programs]
    times = [f"`{name}`, ms" for name in (OURS, *peers)]
    cells = ["project", *times, *(f"of `{name}`" for name in peers), "bare Python, ms"]
    return f"| {' | '.join(cells)} |\n|{'---|' * len(cells)}"


def line(row: Row) -> str:
    peers = [name for name in (THEIRS, PLUGIN) if name in row.took]
    times = [f"{row.milliseconds(name):.0f}" for name in (OURS, *peers)]
    ratios = [f"{row.ratio(name):.2f} ×" for name in peers]
    share = row.milliseconds(BARE) / row.milliseconds(OURS)
    bare = f"{row.milliseconds(BARE):.0f} ({share:.0%})"
    return f"| {' | '.join([row.project, *times, *ratios, bare])} |"


if __name__ == "__main__":
    main()
