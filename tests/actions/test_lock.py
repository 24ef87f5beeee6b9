from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import pytest

from composer.actions.lock import Holder, Place, one_writer, places

HOLD = """
import os, sys, time
from composer.actions.lock import Place, one_writer
here = [Place(sys.argv[1], os.geteuid())]
with one_writer(here, "demo", "composer up -d", lambda holder: None):
    print("held", flush=True)
    time.sleep(60)
"""


def nobody(holder: Holder | None) -> None:
    raise AssertionError(f"waited for {holder}")


def at(directory: Path) -> tuple[Place, ...]:
    return (Place(str(directory), os.geteuid()),)


def hold(directory: Path) -> subprocess.Popen[str]:
    command = (sys.executable, "-c", HOLD, str(directory))
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_second_waits_and_hears_for_whom(tmp_path: Path) -> None:
    heard: list[Holder | None] = []
    told, entered = Event(), Event()
    first = hold(tmp_path)

    def second() -> None:
        def waiting(holder: Holder | None) -> None:
            heard.append(holder)
            told.set()

        with one_writer(at(tmp_path), "demo", "composer down", waiting):
            entered.set()

    thread = Thread(target=second)
    thread.start()
    assert told.wait(10)
    assert not entered.is_set()
    first.kill()
    first.communicate()
    assert entered.wait(10)
    thread.join()
    assert [(h.command, h.process) for h in heard if h] == [("composer up -d", first.pid)]


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    first = hold(tmp_path)
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    with one_writer(at(tmp_path), "demo", "composer up", nobody):
        pass


def test_other_projects_do_not_wait(tmp_path: Path) -> None:
    with (
        one_writer(at(tmp_path), "demo", "composer up", nobody),
        one_writer(at(tmp_path), "other", "composer up", nobody),
    ):
        pass


def test_a_place_that_cannot_be_written_does_not_stand_in_the_way(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with one_writer(at(blocked / "locks"), "demo", "composer up", nobody):
        pass


def test_what_a_link_leads_to_is_not_written(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("data")
    (tmp_path / "demo.lock").symlink_to(precious)
    with one_writer(at(tmp_path), "demo", "composer up", nobody):
        pass
    assert precious.read_text() == "data"


def test_a_link_in_place_of_the_directory_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "locks").symlink_to(elsewhere)
    with one_writer(at(tmp_path / "locks"), "demo", "composer up", nobody):
        pass
    assert list(elsewhere.iterdir()) == []


def test_a_directory_of_somebody_else_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = tmp_path.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    with one_writer(at(tmp_path), "demo", "composer up", nobody):
        pass
    assert list(tmp_path.iterdir()) == []


def not_roots(directory: Path) -> Path:
    """Return `directory` as it is if a user runs the tests; root gives it away."""
    if directory.stat().st_uid == 0:
        os.chown(directory, 12345, -1)
    return directory


def test_root_does_not_wait_for_whoever_made_the_directory_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = not_roots(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with one_writer(at(theirs), "demo", "composer up", nobody):
        pass
    assert list(theirs.iterdir()) == []


def test_root_has_its_locks_for_itself_and_takes_those_of_whom_it_works_for_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = not_roots(tmp_path)
    owner = runtime.stat().st_uid
    environment = {"XDG_RUNTIME_DIR": str(runtime), "TMPDIR": "/var/tmp"}
    monkeypatch.setattr(os, "geteuid", lambda: owner)
    assert places(environment) == (Place(f"{runtime}/composer", owner),)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert places(environment) == (Place("/var/tmp/composer-0", 0),)
    assert places({**environment, "SUDO_UID": str(owner)})[:3] == (
        Place("/var/tmp/composer-0", 0),
        Place(f"/var/tmp/composer-{owner}", owner),
        Place(f"{runtime}/composer", owner),
    )


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory of a user, on the way to which nothing is closed to them."""
    with TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        (Path(directory) / "home").mkdir()
        yield not_roots(Path(directory) / "home")


def test_root_takes_turns_with_whom_it_works_for_and_leaves_them_what_is_theirs(
    home: Path,
) -> None:
    user = home.stat().st_uid
    there = [Place(f"{home}/composer", user)]
    with one_writer(there, "demo", "sudo -E composer up", nobody):
        made = [home / "composer", home / "composer/demo.lock"]
        assert [path.stat().st_uid for path in made] == [user, user]
        with made[1].open() as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with made[1].open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    (home / "after").mkdir()
    assert (home / "after").stat().st_uid == os.geteuid()


def test_root_is_not_led_to_where_whom_it_works_for_may_not_go(home: Path) -> None:
    closed = home.parent / "closed"
    closed.mkdir()
    closed.chmod(0o555)
    (home / "way").symlink_to(closed)
    there = [Place(f"{home}/way/composer", home.stat().st_uid)]
    with one_writer(there, "demo", "sudo -E composer up", nobody):
        pass
    assert list(closed.iterdir()) == []
