"""One project, one writer: commands that change a project take turns.

The lock is the kernel's (flock), so that it goes with the process that held it,
however that ended.  What stands in the file is only told to whoever waits.
Root takes turns with root, and with the user for whom `sudo` has made it work.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress

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


@dataclass(frozen=True, slots=True)
class Place:
    """A directory for locks, and the user whose it is."""

    directory: str
    user: int


def places(environment: Mapping[str, str]) -> tuple[Place, ...]:
    """Return where this process keeps its locks, in the order in which they are taken.

    First the directory of the user; root under `sudo` then has those in which whom it
    works for may have theirs: sudo may hide where that is.
    """
    user, temporary = os.geteuid(), environment.get("TMPDIR") or "/tmp"
    runtime = environment.get("XDG_RUNTIME_DIR")
    own = f"{temporary}/composer-{user}"
    if runtime and (user != 0 or _owner(runtime) in (0, None)):
        own = f"{runtime}/composer"
    asked = environment.get("SUDO_UID", "")
    if user != 0 or not asked.isdecimal() or int(asked) == 0:
        return (Place(own, user),)
    theirs = [f"{temporary}/composer-{int(asked)}"]
    theirs += [
        f"{directory}/composer"
        for directory in (runtime, f"/run/user/{int(asked)}")
        if directory and _owner(directory) == int(asked)
    ]
    return (Place(own, 0), *(Place(one, int(asked)) for one in dict.fromkeys(theirs)))


def _owner(directory: str) -> int | None:
    try:
        return os.stat(directory).st_uid
    except OSError:
        return None


@contextmanager
def one_writer(
    places: Iterable[Place], project: str, command: str, waiting: Callable[[Holder | None], None]
) -> Iterator[None]:
    """Hold the locks of `project` in all `places`; `waiting` is told who has one, if somebody has.

    Directories are made if needed.  Where no lock can be kept, say on a read-only
    disk, the command goes on without: the engine refuses what cannot be.
    """
    with ExitStack() as held:
        for place in places:
            held.enter_context(_lock(place, project, command, waiting))
        yield


@contextmanager
def _lock(
    place: Place, project: str, command: str, waiting: Callable[[Holder | None], None]
) -> Iterator[None]:
    file = _open(place, project)
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


def _open(place: Place, project: str) -> int | None:
    """Open the lock in the directory of its user, and over no link: that could lead anywhere."""
    there = None
    with _files_as(place.user) as may:
        try:
            if not may:
                return None
            os.makedirs(place.directory, mode=0o700, exist_ok=True)
            there = os.open(place.directory, os.O_RDONLY | os.O_DIRECTORY | _NEITHER_LINK_NOR_CHILD)
            if os.fstat(there).st_uid != place.user:
                return None  # whose it is could keep us waiting for ever, root as well
            flags = os.O_RDWR | os.O_CREAT | _NEITHER_LINK_NOR_CHILD
            return os.open(f"{project}.lock", flags, 0o600, dir_fd=there)
        except OSError:
            return None
        finally:
            if there is not None:
                os.close(there)


@contextmanager
def _files_as(user: int) -> Iterator[bool]:
    """Open files as `user` would, on this thread; yield whether that can be done.

    So root makes nothing that shuts a user out, and is led nowhere that is closed to them.
    """
    if user == os.geteuid():
        yield True
        return
    import ctypes

    become = getattr(ctypes.CDLL(None), "setfsuid", None)  # of Linux, for one thread alone
    if become is None:
        yield False
        return
    become(user)
    try:
        yield become(user) == user  # it returns who it was before
    finally:
        become(os.geteuid())


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
