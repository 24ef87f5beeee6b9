"""What is heard of changes: on Linux by inotify, elsewhere by a library; both are tried here."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from composer.watching.elsewhere import Elsewhere
from composer.watching.inotify import Inotify
from composer.watching.notices import Missed, Noticed, Notices, Places, Prune, Unheard
from support.lab import eventually


class Ear:
    """Hears what happens on a thread of its own; `paths` are those that were told."""

    def __init__(self, notices: Notices) -> None:
        self.heard: list[Any] = []
        self._notices = notices
        self._thread = Thread(target=self._hear, daemon=True)
        self._thread.start()

    def _hear(self) -> None:
        for notice in self._notices:
            self.heard.append(notice)

    @property
    def paths(self) -> list[str]:
        told = [notice.paths for notice in list(self.heard) if isinstance(notice, Noticed)]
        return [path for paths in told for path in paths]

    def until(self, *wanted: Path) -> None:
        """Wait until these paths were told, or that everything has to be looked at."""
        names = {str(one) for one in wanted}
        eventually(lambda: names <= set(self.paths) or Missed() in self.heard, bool)

    def close(self) -> None:
        self._notices.close()
        self._thread.join(10)
        assert not self._thread.is_alive()


def nothing(directory: str) -> bool:
    return False


class Ears:
    def __init__(self, kind: type[Inotify | Elsewhere]) -> None:
        self._kind = kind
        self._open: list[Ear] = []

    def __call__(self, *trees: Path, alone: tuple[Path, ...] = (), prune: Prune = nothing) -> Ear:
        places = Places(tuple(map(str, trees)), tuple(map(str, alone)))
        self._open.append(Ear(self._kind(places, prune)))
        return self._open[-1]

    def close(self) -> None:
        for ear in self._open:
            ear.close()


@pytest.fixture(params=[Inotify, Elsewhere], ids=["inotify", "elsewhere"])
def listen(request: pytest.FixtureRequest) -> Iterator[Ears]:
    ears = Ears(request.param)
    yield ears
    ears.close()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "tree" / "sub").mkdir(parents=True)
    (tmp_path / "tree" / "a").write_text("1")
    return tmp_path / "tree"


def test_a_file_that_is_written_is_heard_of(listen: Ears, tree: Path) -> None:
    ear = listen(tree)
    (tree / "a").write_text("2")
    (tree / "sub" / "b").write_text("2")
    ear.until(tree / "a", tree / "sub" / "b")


def test_a_file_that_goes_is_heard_of(listen: Ears, tree: Path) -> None:
    ear = listen(tree)
    (tree / "a").unlink()
    ear.until(tree / "a")


def test_a_file_that_takes_the_place_of_another_is_heard_of(listen: Ears, tree: Path) -> None:
    (tree.parent / "elsewhere").write_text("2")
    ear = listen(tree)
    os.rename(tree.parent / "elsewhere", tree / "a")
    ear.until(tree / "a")


def test_what_is_in_a_new_directory_is_heard_of(listen: Ears, tree: Path) -> None:
    ear = listen(tree)
    (tree / "new" / "deep").mkdir(parents=True)
    (tree / "new" / "deep" / "c").write_text("1")
    ear.until(tree / "new" / "deep" / "c")


def test_a_tree_that_comes_later_is_heard_of(listen: Ears, tree: Path) -> None:
    ear = listen(tree / "later" / "here")
    (tree / "later" / "here").mkdir(parents=True)
    (tree / "later" / "here" / "x").write_text("1")
    ear.until(tree / "later" / "here" / "x")


def test_a_tree_may_be_a_file(listen: Ears, tree: Path) -> None:
    ear = listen(tree / "a")
    (tree / "a").unlink()
    (tree / "a").write_text("anew")
    ear.until(tree / "a")


def test_what_is_pruned_is_not_heard_of(listen: Ears, tree: Path) -> None:
    (tree / "node_modules").mkdir()
    ear = listen(tree, prune=lambda directory: directory.endswith("node_modules"))
    (tree / "node_modules" / "x").write_text("1")
    (tree / "a").write_text("2")
    ear.until(tree / "a")
    assert str(tree / "node_modules" / "x") not in ear.paths


def test_a_directory_alone_is_heard_without_what_is_below(listen: Ears, tree: Path) -> None:
    ear = listen(alone=(tree,))
    (tree / "sub" / "b").write_text("1")
    (tree / "a").write_text("2")
    ear.until(tree / "a")
    assert str(tree / "sub" / "b") not in ear.paths


@pytest.fixture
def ear(tree: Path) -> Iterator[Ear]:
    ear = Ear(Inotify(Places((str(tree),)), nothing))
    yield ear
    ear.close()


def test_a_directory_that_moves_is_heard_at_both_places(tree: Path, ear: Ear) -> None:
    (tree / "sub" / "b").write_text("1")
    os.rename(tree / "sub", tree / "moved")
    ear.until(tree / "sub", tree / "moved", tree / "moved" / "b")
    (tree / "moved" / "c").write_text("1")
    ear.until(tree / "moved" / "c")


def test_a_tree_that_goes_and_comes_again_is_heard_of(tree: Path, ear: Ear) -> None:
    shutil.rmtree(tree)
    ear.until(tree)
    tree.mkdir()
    (tree / "again").write_text("1")
    ear.until(tree / "again")


def test_an_overflow_of_the_kernels_queue_is_told(tree: Path) -> None:
    notices = Inotify(Places((str(tree),)), nothing)
    most = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    for number in range(most):  # nobody reads yet
        os.utime(tree / "a", (number, number))
        os.utime(tree / "sub", (number, number))

    ear = Ear(notices)

    eventually(lambda: Missed() in ear.heard, bool)
    ear.heard.clear()
    (tree / "after").write_text("1")
    ear.until(tree / "after")
    ear.close()


def test_what_cannot_be_heard_is_told(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(self: Any, path: str, mask: int) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("composer.watching.inotify.INotify.add_watch", refused)
    ear = Ear(Inotify(Places((str(tree),)), nothing))
    told = eventually(lambda: list(ear.heard), bool)
    assert [type(one) for one in told] == [Unheard]
    assert "max_user_watches" in told[0].help
    ear.close()


def test_what_happened_before_the_end_is_heard_though_nobody_had_taken_it(tree: Path) -> None:
    notices = Inotify(Places((str(tree),)), nothing)
    (tree / "late").write_text("1")
    notices.close()
    heard = [path for notice in notices if isinstance(notice, Noticed) for path in notice.paths]
    assert str(tree / "late") in heard
