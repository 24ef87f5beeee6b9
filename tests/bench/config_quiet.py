"""`composer config -q` beside Docker Compose, whole processes: `make bench` prints the table.

How long a bare interpreter takes is printed too; `programs.py` says how it is measured.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.programs import BARE, OURS, PLUGIN, THEIRS, Times, machine, programs, ratio, run
from bench.projects import compose_file

SAMPLE = Path(__file__).parent.parent.parent / "samples" / "todo"
SIZES = (1, 10, 50, 500, 1000, 2000)
ROUNDS = 25


@dataclass(frozen=True, slots=True)
class Row:
    """What the rounds on one project took: a list of milliseconds for each program."""

    project: str
    took: Times

    def milliseconds(self, program: str) -> float:
        return median(self.took[program])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, metavar="SERVICES")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of each project, at most")
    given = parser.parse_args()
    with TemporaryDirectory() as scratch:
        compared = commands(Path(scratch))
        print(machine(compared), end="\n\n")
        print(heading(compared))
        for row in measure(compared, projects(given.sizes, Path(scratch)), given.rounds):
            print(line(row), flush=True)


def commands(scratch: Path) -> dict[str, list[str]]:
    """Return the command lines to compare."""
    checks = {name: [*call, "config", "-q"] for name, call in programs(scratch).items()}
    return {**checks, BARE: [sys.executable, "-c", "pass"]}


def projects(sizes: Sequence[int], scratch: Path) -> Iterator[tuple[str, Path]]:
    """Yield names and directories: the sample, then one project of each size."""
    yield "samples/todo", SAMPLE
    for size in sizes:
        directory = scratch / str(size)
        directory.mkdir()
        (directory / "compose.yaml").write_text(compose_file(size))
        yield f"{size} service{'s' if size > 1 else ''}", directory


def measure(
    compared: Mapping[str, Sequence[str]], places: Iterator[tuple[str, Path]], rounds: int
) -> Iterator[Row]:
    for name, directory in places:
        slow = sum(run(command, directory) for command in compared.values()) > 1000
        took: dict[str, list[float]] = {program: [] for program in compared}
        for _ in range(max(3, rounds // 3) if slow else rounds):
            for program, command in compared.items():
                took[program].append(run(command, directory))
        yield Row(name, took)


def heading(compared: Mapping[str, Sequence[str]]) -> str:
    peers = [name for name in (THEIRS, PLUGIN) if name in compared]
    times = [f"`{name}`, ms" for name in (OURS, *peers)]
    cells = ["project", *times, *(f"of `{name}`" for name in peers), "bare Python, ms"]
    return f"| {' | '.join(cells)} |\n|{'---|' * len(cells)}"


def line(row: Row) -> str:
    peers = [name for name in (THEIRS, PLUGIN) if name in row.took]
    times = [f"{row.milliseconds(name):.0f}" for name in (OURS, *peers)]
    ratios = [f"{ratio(row.took, OURS, name).median:.2f} ×" for name in peers]
    share = row.milliseconds(BARE) / row.milliseconds(OURS)
    bare = f"{row.milliseconds(BARE):.0f} ({share:.0%})"
    return f"| {' | '.join([row.project, *times, *ratios, bare])} |"


if __name__ == "__main__":
    main()
