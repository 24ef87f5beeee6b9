"""The main processes of containers, when the engine runs on this machine: hear when they end.

An engine says that a container has ended when it has tidied up after it, which takes some
ten times as long as to end; and while it does that, or runs probes, it keeps those waiting
who ask for a process.  So they are looked for here.
"""

from __future__ import annotations

import os
import select
from collections.abc import Callable, Collection, Iterator, Mapping, Set
from contextlib import contextmanager, suppress
from threading import Thread

from composer.engine.processes import containers_of, shown


def can_hear() -> bool:
    """Say whether processes can be watched on this machine at all."""
    return hasattr(os, "pidfd_open") and os.path.isdir("/proc/self")


@contextmanager
def hearing_the_ends(
    containers: Mapping[str, str], ended: Callable[[str], None]
) -> Iterator[Set[str]]:
    """Call `ended` with a name, from a thread, as each main process ends before the block does.

    `containers` maps ids to names.  Yields the names that are heard: those of an engine on
    another machine, or in a virtual one, are not seen from here.
    """
    opened = {end: containers[id] for id, end in _opened(containers)}
    if not opened:
        yield frozenset()
        return
    over, end = os.pipe()
    listener = Thread(
        target=_listen, args=(opened, over, ended), name="composer-ending", daemon=True
    )
    listener.start()
    try:
        yield frozenset(opened.values())
    finally:
        os.close(end)
        listener.join()
        for descriptor in (*opened, over):
            os.close(descriptor)


def _listen(opened: Mapping[int, str], over: int, ended: Callable[[str], None]) -> None:
    poll = select.poll()
    poll.register(over, select.POLLHUP)
    for process in opened:
        poll.register(process, select.POLLIN)
    while over not in (found := dict(poll.poll())):
        for process in found:
            poll.unregister(process)
            ended(opened[process])


def _opened(ids: Collection[str]) -> Iterator[tuple[str, int]]:
    """Yield descriptors of the main processes of containers; each means that one for ever."""
    found: dict[str, list[tuple[int, int]]] = {}
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        if (id := _container(pid)) in ids and (depth := _depth_of_first(pid)):
            found.setdefault(id, []).append((depth, pid))
    for id, candidates in found.items():
        depth, pid = min(candidates)
        with suppress(OSError):
            process = os.pidfd_open(pid)
            if _container(pid) == id and _depth_of_first(pid) == depth:
                yield id, process
            else:
                os.close(process)


def _container(pid: int) -> str:
    """Return the id of the container that a process is in, "" if it is in none."""
    return (containers_of(pid) or [""])[-1]


def _depth_of_first(pid: int) -> int:
    """Return in how many namespaces a process is, if it is the first of one; else 0.

    That of a container, with which all others end, is in fewest of those in it: a browser
    puts its pages into namespaces of their own.
    """
    status = shown(f"/proc/{pid}/status").splitlines()
    numbers = next((line.split()[1:] for line in status if line[:6] == "NSpid:"), [])
    return len(numbers) if len(numbers) > 1 and numbers[-1] == "1" else 0
