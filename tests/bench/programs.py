"""The programs that are compared, as whole processes, and what is said of their times.

Programs take turns, so that whatever else the machine does meets all of them; a
ratio is the median of the ratios of the rounds.  Docker Compose is measured as a
program of its own and, where there is a docker program, as `docker compose`,
which is how people call it.  Bytecode is compiled first, as an installation does.
"""

from __future__ import annotations

import compileall
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles
from typing import IO

import composer
from support.peer import docker_compose

OURS, THEIRS, PLUGIN, BARE = "composer", "docker-compose", "docker compose", "python"

Times = Mapping[str, Sequence[float]]
"""For each program the milliseconds of its rounds."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times as long one program takes as another: the median and the quartiles."""

    median: float
    low: float
    high: float


def programs(scratch: Path) -> dict[str, list[str]]:
    """Return how each program is called; compiles composer, and makes a home for docker."""
    compileall.compile_dir(Path(composer.__file__).parent, quiet=1)
    peer = docker_compose()
    (scratch / "config.json").write_text(
        json.dumps({"cliPluginsExtraDirs": [str(Path(peer).parent)]})
    )
    through_docker = {}
    if docker := shutil.which("docker"):
        through_docker[PLUGIN] = [docker, "--config", str(scratch), "compose"]
    return {
        OURS: [str(Path(sys.executable).parent / "composer")],
        THEIRS: [peer],
        **through_docker,
    }


def run(
    command: Sequence[str], directory: Path, out: IO[bytes] | int = subprocess.DEVNULL, **more: str
) -> float:
    """Return how many milliseconds a command took, from its start to its end."""
    names = [name for name in os.environ if name.startswith("COMPOSE_")]
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONDONTWRITEBYTECODE", *names)
    }
    began = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=directory,
        env={**environment, **more},
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.PIPE,
    )
    took = (time.perf_counter() - began) * 1000
    assert done.returncode == 0, f"{command}: {done.stderr.decode()}"
    return took


def ratio(took: Times, one: str, other: str) -> Ratio:
    """Return how many times as long as `other` takes `one`, round by round."""
    ratios = [ours / theirs for ours, theirs in zip(took[one], took[other], strict=True)]
    low, middle, high = quantiles(ratios, method="inclusive") if ratios[1:] else ratios * 3
    return Ratio(middle, low, high)


def noise(took: Sequence[float]) -> float:
    """Return by how much, as a share, a round typically differs from the one before."""
    steps = [abs(after / before - 1) for before, after in pairwise(took)]
    return median(steps) if steps else 0.0


def machine(known: Mapping[str, Sequence[str]]) -> str:
    """Return on what the figures were taken."""
    version = subprocess.run(
        [known[THEIRS][0], "version", "--short"], capture_output=True, text=True, check=True
    )
    return (
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, Docker Compose {version.stdout.strip()}"
    )
