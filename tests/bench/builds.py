"""How long `build` takes beside Docker Compose: ten services that share stages.

    python -m bench.builds [--rounds N]

The programs take turns; `anew` has another first instruction each time, so that nothing of
it is in the cache, `nothing changed` finds all of it there.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.programs import OURS, PLUGIN, THEIRS, machine, programs, ratio, run
from support.cli import run as quietly

SERVICES = 10

_SHARED = """\
FROM busybox AS tools
RUN echo {salt}; for n in $(seq 300); do echo $n | md5sum; done > /tools
FROM tools AS deps
COPY deps.txt /
RUN for n in $(seq 300); do echo $n | sha1sum; done > /deps
"""


def write(directory: Path, salt: str) -> None:
    """Write a project whose services have two stages in common and one of their own."""
    stages = [
        f"FROM deps AS s{n}\nCOPY s{n} /app\nRUN cat /app/* | md5sum > /sum\n"
        for n in range(1, SERVICES + 1)
    ]
    (directory / "Dockerfile").write_text(_SHARED.format(salt=salt) + "".join(stages))
    (directory / "deps.txt").write_text("one\ntwo\n")
    services = [
        f"  s{n}: {{build: {{context: ., target: s{n}}}}}\n" for n in range(1, SERVICES + 1)
    ]
    (directory / "compose.yaml").write_text("name: bench-builds\nservices:\n" + "".join(services))
    for n in range(1, SERVICES + 1):
        (directory / f"s{n}").mkdir(exist_ok=True)
        for name in range(20):
            (directory / f"s{n}" / f"{name}.txt").write_text(f"{n} {name}\n" * 50)


def measure(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        every = programs(Path(scratch))
        known = {name: one for name, one in every.items() if name != THEIRS}
        project = Path(scratch, "project")
        project.mkdir()
        print(f"{machine(every)}\n")
        print(f"| {SERVICES} services | {' | '.join(known)} | ratio |")
        print("|---" * (len(known) + 2) + "|")
        number = iter(range(10_000))
        row("build, anew", known, project, rounds, lambda: f"{scratch} {next(number)}")
        row("build, nothing changed", known, project, rounds, lambda: scratch)
        quietly("docker", "rmi", "-f", *(f"bench-builds-s{n}" for n in range(1, SERVICES + 1)))


def row(
    name: str,
    known: dict[str, list[str]],
    project: Path,
    rounds: int,
    salt: Callable[[], str],
) -> None:
    times: dict[str, list[float]] = {program: [] for program in known}
    for turn in range(rounds + 1):
        order = list(known) if turn % 2 else list(known)[::-1]
        for program in order:
            write(project, salt())
            took = run([*known[program], "build"], project)
            if turn:  # the first one is for whatever is read only once
                times[program].append(took)
    ours, theirs = OURS, PLUGIN
    middle = [f"{sorted(one)[len(one) // 2] / 1000:.2f} s" for one in times.values()]
    found = ratio(times, ours, theirs)
    told = f"{found.median:.2f} ({found.low:.2f}-{found.high:.2f})"
    print(f"| {name} | {' | '.join(middle)} | {told} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    measure(parser.parse_args().rounds)


if __name__ == "__main__":
    main()
