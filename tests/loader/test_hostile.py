"""No file, however mean, takes longer than five seconds, more than 500 MB, or ends in a traceback.

Seconds are those of the processor, so that a busy machine changes nothing.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from loader.hostile import ATTACKS, Attack

SECONDS = 5
MEGABYTES = 500


@dataclass(frozen=True)
class Ended:
    """How a process ended, and what it took: processor seconds and megabytes at most."""

    code: int
    err: str
    seconds: float
    megabytes: float


def run(folder: Path, attack: Attack, command: tuple[str, ...]) -> Ended:
    with open(folder / "stderr", "w+b") as err:
        process = subprocess.Popen(
            (sys.executable, "-m", "composer", *attack.flags, *command),
            cwd=folder,
            env={**os.environ, **attack.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=err,
            preexec_fn=_limited,
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        err.seek(0)
        said = err.read().decode("utf-8", "replace")
    seconds = used.ru_utime + used.ru_stime
    return Ended(process.returncode, said, seconds, used.ru_maxrss / 1024)


def _limited() -> None:
    """End a process that hangs or grows without end: long after it has failed the test."""
    resource.setrlimit(resource.RLIMIT_CPU, (4 * SECONDS, 4 * SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    signal.alarm(60)


@pytest.mark.slow
@pytest.mark.parametrize("name", ATTACKS)
def test_a_hostile_project_gets_a_quick_answer(name: str, tmp_path: Path) -> None:
    attack = ATTACKS[name]
    attack.prepare(tmp_path)

    ended = run(tmp_path, attack, ("config", "-q"))

    assert ended.code == (0 if attack.good else 1), ended.err[-2000:]
    assert "Traceback" not in ended.err, ended.err[-2000:]
    assert attack.good or ended.err
    assert len(ended.err) < 1_000_000
    assert ended.seconds <= SECONDS
    assert ended.megabytes <= MEGABYTES


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("port_ranges", "config --no-interpolate"),
        ("port_ranges", "config --variables"),
        ("ten_thousand_services_of_2014", "migrate"),
        ("ten_thousand_unknown_warnings_silenced", "check"),
    ],
)
def test_other_commands_are_as_quick(name: str, command: str, tmp_path: Path) -> None:
    attack = ATTACKS[name]
    attack.prepare(tmp_path)

    ended = run(tmp_path, attack, tuple(command.split()))

    assert ended.code == 0, ended.err[-2000:]
    assert ended.seconds <= SECONDS
    assert ended.megabytes <= MEGABYTES
