"""The main process of a container, when the engine runs on this machine: hear when it ends.

An engine says that a container has ended when it has tidied up after it, which takes some
ten times as long as to end.
"""

from __future__ import annotations

import os
import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread


@contextmanager
def hearing_the_end(pid: int, container: str, ended: Callable[[], None]) -> Iterator[None]:
    """Call `ended`, from a thread, if process `pid` ends before the block does.

    It has to be that of the container with the id `container`, seen from here: an engine
    on another machine, or in a virtual one, counts processes of its own.
    """
    process = _opened(pid, container)
    if process is None:
        yield
        return
    over, end = os.pipe()
    listener = Thread(
        target=_listen, args=(process, over, ended), name="composer-ending", daemon=True
    )
    listener.start()
    try:
        yield
    finally:
        os.close(end)
        listener.join()
        os.close(process)
        os.close(over)


def _listen(process: int, over: int, ended: Callable[[], None]) -> None:
    poll = select.poll()
    poll.register(process, select.POLLIN)
    poll.register(over, select.POLLHUP)
    if process in dict(poll.poll()):
        ended()


def _opened(pid: int, container: str) -> int | None:
    """Return a descriptor of the process, which means that one for ever; None if it is not ours."""
    if pid <= 0 or not hasattr(os, "pidfd_open"):
        return None
    try:
        process = os.pidfd_open(pid)
    except OSError:
        return None
    if _is_first_of(pid, container):
        return process
    os.close(process)
    return None


def _is_first_of(pid: int, container: str) -> bool:
    """Say whether a process is the first of its container, with which all others end."""
    try:
        groups, status = _read(f"/proc/{pid}/cgroup"), _read(f"/proc/{pid}/status")
    except OSError:
        return False
    numbers = next((line.split()[1:] for line in status.splitlines() if line[:6] == "NSpid:"), [])
    return container in groups and len(numbers) > 1 and numbers[-1] == "1"


def _read(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()
