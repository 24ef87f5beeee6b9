"""Very much that changes at once: bursts, editors, git, and more than the kernel can tell."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import tarfile
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from support.cli import Folder, docker, run
from support.lab import eventually
from support.watch_process import STAY, Watch, watching, write

pytestmark = pytest.mark.docker

FILE = """
services:
  web:
    image: {image}
    command: {stay}
    init: true
    develop: {{watch: [{{path: ./src, action: sync, target: /app}}]}}
"""
BY_TIME = """
import os
found = [os.path.join(top, name) for top, _, names in os.walk("/app") for name in names]
for path in found:
    print(os.lstat(path).st_ctime_ns, os.path.relpath(path, "/app"))
"""
GROUP = 20
"""How many files change before the kernel's clock must have ticked: within a tick is no order."""

Tree = dict[str, tuple[str, int, bytes]]
"""Kind, mode and content of what is below a directory, by its path."""


def there(folder: Folder) -> Tree:
    """Return what is in the container."""
    found = subprocess.run(
        ["docker", "cp", f"{folder.name}-web-1:/app", "-"], capture_output=True, check=False
    )
    tree: Tree = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(found.stdout)) as archive:
            for entry in archive:
                name = entry.name.partition("/")[2].rstrip("/")
                if entry.issym():
                    tree[name] = ("link", 0, entry.linkname.encode())
                elif entry.isreg():
                    tree[name] = ("file", entry.mode & 0o7777, archive.extractfile(entry).read())  # type: ignore[union-attr]
    except tarfile.ReadError:  # an engine cuts it short where something goes meanwhile
        return {}
    return tree


def here(top: Path) -> Tree:
    tree: Tree = {}
    for path in top.rglob("*"):
        name = str(path.relative_to(top))
        if name == ".git" or name.startswith(".git/"):
            continue
        if path.is_symlink():
            tree[name] = ("link", 0, os.readlink(path).encode())
        elif path.is_file():
            tree[name] = ("file", path.stat().st_mode & 0o7777, path.read_bytes())
    return tree


def alike(folder: Folder) -> None:
    """Wait until the container has what is here, and nothing else."""
    eventually(lambda: there(folder) == here(folder.path / "src"), bool)


@pytest.fixture
def source(folder: Folder) -> Path:
    folder.write("compose.yaml", FILE.format(image="busybox", stay=STAY))
    source = folder.path / "src"
    source.mkdir()
    return source


def until_the_clock_ticks(clock: Path) -> None:
    """Wait until what changes now has a later time than all before; few kernels tick every ms."""
    clock.touch()
    begun = clock.stat().st_ctime_ns
    while clock.stat().st_ctime_ns == begun:
        clock.touch()


def test_500_files_in_new_directories_arrive_in_the_order_in_which_they_changed(
    folder: Folder, source: Path
) -> None:
    folder.write("compose.yaml", FILE.format(image="python:3.12-slim", stay="sleep infinity"))
    random = Random(2)
    names = [f"d{number % 40}/e{number % 7}/f{number}" for number in range(500)]
    random.shuffle(names)
    groups = [names[begin : begin + GROUP] for begin in range(0, len(names), GROUP)]
    with watching(folder):
        for group in groups:
            for name in group:
                write(source / name, random.randbytes(random.randrange(20_000)))
            until_the_clock_ticks(folder.path / "clock")
        alike(folder)
        said = docker("exec", f"{folder.name}-web-1", "python", "-c", BY_TIME)
    arrived = {name: int(time) for time, name in (line.split() for line in said.splitlines())}
    assert len(arrived) == 500
    times = [sorted(arrived[name] for name in group) for group in groups]
    assert all(one[-1] <= after[0] for one, after in pairwise(times))


def vim(path: Path, text: str) -> None:
    """Save as vim does with `backup`: the old file moves, a new one comes, the old one goes."""
    probe = path.with_name("4913")
    probe.touch()
    probe.unlink()
    backup = path.with_name(f"{path.name}~")
    path.rename(backup)
    path.write_text(text)
    backup.unlink()


def jetbrains(path: Path, text: str) -> None:
    """Save as JetBrains' editors do: beside it, then both are exchanged by names."""
    new, old = (path.with_name(f"{path.name}___jb_{which}___") for which in ("tmp", "old"))
    new.write_text(text)
    path.rename(old)
    new.rename(path)
    old.unlink()


def emacs(path: Path, text: str) -> None:
    """Save as emacs does: with a lock that is a link to nowhere, and a copy of what was."""
    lock = path.with_name(f".#{path.name}")
    lock.symlink_to("somebody@somewhere.1:2")
    path.with_name(f"{path.name}~").write_bytes(path.read_bytes())
    path.write_text(text)
    lock.unlink()


def atomic(path: Path, text: str) -> None:
    """Save as sed -i and many others do: another file takes its place."""
    new = path.with_name(f"sedX{path.name}")
    new.write_text(text)
    new.rename(path)


def test_whatever_editor_saves_and_wherever_directories_move_the_container_has_it(
    folder: Folder, source: Path
) -> None:
    editors = (vim, jetbrains, emacs, atomic, Path.write_text)
    for number, _ in enumerate(editors):
        write(source / "pkg" / "deep" / f"f{number}", b"old")
    with watching(folder):
        for turn in range(30):
            for number, save in enumerate(editors):
                save(source / "pkg" / "deep" / f"f{number}", f"{turn} {number}")
        (source / "pkg" / "deep" / "f2~").unlink()
        alike(folder)

        (source / "pkg").rename(source / "moved")
        (source / "moved" / "deep").rename(source / "up")
        vim(source / "up" / "f0", "after the move")
        alike(folder)

        outside = folder.path / "outside"
        (source / "up").rename(outside)
        alike(folder)
        outside.rename(source / "back")
        (source / "back" / "f1").chmod(0o755)
        (source / "link").symlink_to("back/f1")
        alike(folder)

        (source / "link").unlink()
        (source / "back").rename(source / "link")
        alike(folder)


def git(source: Path, *words: str) -> None:
    run("git", "-C", str(source), "-c", "user.name=n", "-c", "user.email=e@x", *words).ok()


def test_another_branch_with_hundreds_of_files_is_there_as_git_leaves_it(
    folder: Folder, source: Path
) -> None:
    random = Random(3)
    git(source, "init", "-q", "-b", "main")
    for number in range(300):
        write(source / f"d{number % 9}" / f"f{number}", random.randbytes(300))
    (source / "kind").symlink_to("d0")
    git(source, "add", "-A")
    git(source, "commit", "-q", "-m", "one")
    git(source, "checkout", "-q", "-b", "other")
    for number in range(300):
        path = source / f"d{number % 9}" / f"f{number}"
        if number % 3 == 0:
            path.unlink()
        elif number % 3 == 1:
            path.write_bytes(random.randbytes(400))
            path.chmod(0o755)
    for number in range(200):
        write(source / f"new{number % 5}" / f"n{number}", random.randbytes(200))
    (source / "kind").unlink()
    write(source / "kind" / "is" / "another", b"1")
    git(source, "add", "-A")
    git(source, "commit", "-q", "-m", "two")
    git(source, "checkout", "-q", "main")

    with watching(folder):
        for branch in ("other", "main", "other"):
            git(source, "checkout", "-q", branch)
        write(source / "last", b"1")
        eventually(lambda: "last" in there(folder), bool)
        tracked = {name: of for name, of in here(source).items() if not name.startswith("d")}
        eventually(lambda: tracked.items() <= there(folder).items(), bool)
        git(source, "checkout", "-q", "main")
        git(source, "checkout", "-q", "other")
        eventually(lambda: tracked.items() <= there(folder).items(), bool)
        left = {name for name in there(folder) if not (source / name).exists()}
        assert left == set()


def overflow(watch: Watch, source: Path) -> None:
    """Have more happen than the kernel keeps, while nobody listens."""
    most = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    for number in range(most):
        for name in ("one", "two"):
            os.utime(source / name, (number, number))


def test_when_the_kernel_has_lost_changes_a_comparison_puts_them_right(
    folder: Folder, source: Path
) -> None:
    for name in ("one", "two", "gone", "sub/gone", "sub/stays"):
        write(source / name, b"old")
    with watching(folder) as watch:
        for name in ("one", "two", "gone", "sub/gone", "sub/stays"):
            write(source / name, b"known")
        alike(folder)
        watch.process.send_signal(signal.SIGSTOP)
        try:
            overflow(watch, source)
            (source / "gone").unlink()
            (source / "sub" / "gone").unlink()
            (source / "sub").rename(source / "moved")
            write(source / "new" / "deep" / "file", b"new")
            (source / "one").write_bytes(b"at last")
            (source / "two").unlink()
            (source / "two").symlink_to("one")
        finally:
            watch.process.send_signal(signal.SIGCONT)
        watch.until("Changes were missed")
        alike(folder)
        write(source / "new" / "deep" / "file", b"heard again")
        write(source / "moved" / "stays", b"heard again")
        alike(folder)
