from __future__ import annotations

import os
from pathlib import Path

from composer.model.build import Build
from composer.model.service import Service
from composer.watching.tree import (
    Stamp,
    alike,
    as_known,
    by_time,
    differences,
    ignore_file,
    look,
    survey,
)


def nothing(directory: str) -> bool:
    return False


def names(tree: Path) -> list[str]:
    return sorted(survey([str(tree)], nothing).stamps)


def test_all_below_a_tree_is_known_with_links_as_links(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "f").write_text("1")
    (tmp_path / "link").symlink_to("d")
    below = [f"{tmp_path}/{one}" for one in ("d", "d/f", "link")]
    assert names(tmp_path) == [str(tmp_path), *below]


def test_a_tree_that_is_a_file_or_missing_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("1")
    assert names(tmp_path / "f") == [str(tmp_path / "f")]
    assert names(tmp_path / "missing") == []


def test_differences_are_what_came_went_or_changed(tmp_path: Path) -> None:
    for name in ("stays", "goes", "grows", "is chmodded"):
        (tmp_path / name).write_text("1")
    before = survey([str(tmp_path)], nothing).stamps
    (tmp_path / "goes").unlink()
    (tmp_path / "comes").write_text("1")
    (tmp_path / "grows").write_text("12")
    (tmp_path / "is chmodded").chmod(0o600)

    found = differences(before, survey([str(tmp_path)], nothing).stamps)

    assert [os.path.basename(path) for path in found] == ["comes", "grows", "is chmodded", "goes"]


def test_another_file_of_the_same_size_and_time_is_another(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text("1")
    before = look(str(one))
    other.write_text("2")
    os.utime(other, ns=(0, one.stat().st_mtime_ns))
    os.rename(other, one)
    assert not alike(before, look(str(one)))


def stamp(changed: int, written: int) -> Stamp:
    """Return what lstat says of a file, as far as its times go."""
    whole, fractions = (0,) * 10, (0.0,) * 3
    return os.stat_result((*whole, *fractions, 0, written, changed))


def test_paths_are_in_the_order_of_their_change_then_of_writing_then_as_heard() -> None:
    known = {
        "last": stamp(9, 1),
        "heard first": stamp(5, 3),
        "heard second": stamp(5, 3),
        "written before": stamp(5, 2),
    }

    found = by_time(["last", "heard first", "gone", "heard second", "written before"], known)

    assert found == ["gone", "written before", "heard first", "heard second", "last"]


def service(context: Path, dockerfile: str | None = None) -> Service:
    return Service(name="web", build=Build(context=str(context), dockerfile=dockerfile))


def test_the_ignore_file_of_the_dockerfile_counts_before_that_of_the_context(
    tmp_path: Path,
) -> None:
    (tmp_path / ".dockerignore").write_text("all\n")
    (tmp_path / "dev.Dockerfile.dockerignore").write_text("dev\n")
    found, other = ignore_file(service(tmp_path, "dev.Dockerfile")), ignore_file(service(tmp_path))
    assert found is not None
    assert other is not None
    assert (found.patterns, other.patterns) == (("dev",), ("all",))


def test_a_service_without_a_context_here_has_no_ignore_file() -> None:
    remote = Service(name="web", build=Build(context="https://example.com/x.git"))
    assert ignore_file(remote) is None
    assert ignore_file(Service(name="web")) is None


def test_what_happened_since_somebody_looked_is_still_a_difference(tmp_path: Path) -> None:
    tree, later = tmp_path / "tree", tmp_path / "later"
    for name in ("same", "other", "gone", "left out/x"):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text("1")
    later.mkdir()
    (later / "x").write_text("1")

    def prune(directory: str) -> bool:
        return directory.endswith("left out")

    before = survey([str(tree)], prune).stamps
    (tree / "other").write_text("22")
    (tree / "gone").unlink()
    (tree / "new").write_text("1")
    now = survey([str(tree), str(later)], nothing).stamps

    known = as_known(now, before, [str(tree)], prune)

    found = sorted(path.removeprefix(f"{tree}/") for path in differences(known, now))
    assert found == ["gone", "new", "other"]
