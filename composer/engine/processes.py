"""What the kernel shows of processes on this machine."""

from __future__ import annotations

from collections.abc import Collection

from composer.pattern import pattern

_ID = pattern("[0-9a-f]{64}")


def is_one_of(pid: int, programs: Collection[str], proc: str = "/proc") -> bool:
    """Say whether process `pid`, seen from here, is one of `programs`."""
    return shown(f"{proc}/{pid}/comm").strip() in programs


def containers_of(pid: int, proc: str = "/proc") -> list[str]:
    """Return the ids of the containers that a process is in, the outermost first."""
    return list(dict.fromkeys(_ID.findall(shown(f"{proc}/{pid}/cgroup"))))


def shown(path: str) -> str:
    """Return what a file in /proc says, "" if there is nothing, or nobody may read it."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
