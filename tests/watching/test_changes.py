"""What has changed is taken in the order in which it changed, whatever is heard of first."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from composer.watching.changes import LONGEST, Changes


@pytest.fixture
def changes() -> Changes:
    return Changes()


def changed(path: Path) -> int:
    """Change a file, and return the moment with which it is dated."""
    path.write_text("1")
    return path.stat().st_ctime_ns


def test_what_changed_after_all_that_is_heard_of_waits_for_what_came_before(
    tmp_path: Path, changes: Changes
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    begun = changed(first)
    later = changed(second)
    now = time.monotonic()
    changes.heard(begun)
    changes.note([str(second)])

    assert changes.take((), now)[1] == []

    changes.note([str(first)])
    changes.heard(later + 1)

    assert changes.take((), now)[1] == [str(first), str(second)]


def test_what_changes_again_and_again_does_not_wait_for_ever(
    tmp_path: Path, changes: Changes
) -> None:
    path = tmp_path / "log"
    now = time.monotonic()
    for elapsed in (0.0, LONGEST / 2):
        changes.heard(changed(path))
        changes.note([str(path)])
        assert changes.take((), now + elapsed)[1] == []
    changes.heard(changed(path))
    changes.note([str(path)])

    assert changes.take((), now + 2 * LONGEST)[1] == [str(path)]


def test_what_another_machine_dates_in_the_future_does_not_wait(
    tmp_path: Path, changes: Changes
) -> None:
    path = tmp_path / "file"
    changes.heard(changed(path) - 2 * 10**9)
    changes.note([str(path)])

    assert changes.take((), time.monotonic())[1] == [str(path)]


def test_what_is_gone_does_not_wait(tmp_path: Path, changes: Changes) -> None:
    path = tmp_path / "file"
    changed(path)
    changes.known[str(path)] = os.lstat(path)
    changes.heard(0)
    path.unlink()
    changes.note([str(path)])

    assert changes.take((), time.monotonic())[1] == [str(path)]
    assert changes.known == {}
