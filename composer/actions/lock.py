"""One project, one writer: commands that change a project take turns.

The lock is the kernel's (flock), so that it goes with the process that held it,
however that ended.  What stands in the file is only told to whoever waits.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

from composer.record import dataclass

_ROOM = 4096
_LONGEST = 500
"""What fits into `_ROOM` bytes, however it is escaped."""

_NEITHER_LINK_NOR_CHILD = os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has the lock: the command as typed, its process, and for how many seconds."""

    command: str
    process: int
    seconds: float


def place(environment: Mapping[str, str]) -> str:
    """Return the directory for locks: the user's own, not that of whom root works for.

    What root leaves there would be root's, and shut the user out.
    """
    runtime = environment.get("XDG_RUNTIME_DIR")
    if runtime and not (os.geteuid() == 0 and _is_somebody_elses(runtime)):
        return f"{runtime}/composer"
    return f"{environment.get('TMPDIR') or '/tmp'}/composer-{os.geteuid()}"


def _is_somebody_elses(directory: str) -> bool:
    try:
        return os.stat(directory).st_uid != os.geteuid()
    except OSError:
        return False


@contextmanager
def one_writer(
    directory: str | os.PathLike[str],
    project: str,
    command: str,
    waiting: Callable[[Holder | None], None],
) -> Iterator[None]:
    """Hold the lock of `project`; `waiting` is told once who has it, if somebody has.

    `directory` is made if needed.  Where no lock can be kept, say on a read-only
    disk, the command goes on without: the engine refuses what cannot be.
    """
    file = _open(directory, project)
    if file is None:
        yield
        return
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting(_holder(file))
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError:  # a file system without locks
            pass
        _sign(file, command)
        yield
    finally:
        os.close(file)


def _open(directory: str | os.PathLike[str], project: str) -> int | None:
    """Open the lock in a directory of our own, and over no link: that could lead anywhere."""
    there = None
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        there = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | _NEITHER_LINK_NOR_CHILD)
        if os.fstat(there).st_uid != os.geteuid():
            return None  # whose it is could keep us waiting for ever, root as well
        flags = os.O_RDWR | os.O_CREAT | _NEITHER_LINK_NOR_CHILD
        return os.open(f"{project}.lock", flags, 0o600, dir_fd=there)
    except OSError:
        return None
    finally:
        if there is not None:
            os.close(there)


def _sign(file: int, command: str) -> None:
    """Write who has the lock over what was written before: to cut a file short takes a while."""
    about = {"command": command[:_LONGEST], "process": os.getpid(), "since": time.time()}
    with suppress(OSError):  # a full disk keeps nobody from working
        os.pwrite(file, json.dumps(about).encode().ljust(_ROOM), 0)


def _holder(file: int) -> Holder | None:
    """Return who has the lock; None while that is being written."""
    try:
        about = json.loads(os.pread(file, _ROOM, 0))
        return Holder(about["command"], about["process"], time.time() - about["since"])
    except (ValueError, KeyError, TypeError):
        return None
