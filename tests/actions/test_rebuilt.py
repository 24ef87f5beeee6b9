from __future__ import annotations

import os
from pathlib import Path

from composer.actions.build import build
from composer.actions.rebuilt import Memory
from composer.model.build import Build
from composer.model.built import Rebuilt
from composer.model.options import BuildOptions
from composer.model.project import Project
from composer.model.service import Service
from support.engine import FakeEngine
from support.plans import project


def builds(one: Project, engine: FakeEngine, memory: Path) -> Rebuilt:
    kept = Memory(str(memory))
    _, (found,) = build(one, engine, (), BuildOptions(), lambda event: None, memory=kept)
    return found


def demo(tmp_path: Path) -> Project:
    (tmp_path / "app").mkdir()
    (tmp_path / "app/Dockerfile").write_text("FROM scratch\nCOPY . /\n")
    return project(Service(name="web", build=Build(context=str(tmp_path / "app"))))


def test_a_file_of_the_same_content_is_the_same_whatever_its_time(tmp_path: Path) -> None:
    one, engine, memory = demo(tmp_path), FakeEngine(), tmp_path / "memory"
    engine.said_by_builds = ("Step 2/2 : COPY . /",)
    for name in ("a", "b"):
        (tmp_path / "app" / name).write_text("1")

    assert builds(one, engine, memory).reasons == ("no earlier build of it is known here",)
    os.utime(tmp_path / "app/a", (5, 5))
    (tmp_path / "app/b").write_text("2")
    assert builds(one, engine, memory).reasons == ("changed: b",)
    assert not list((tmp_path / "app").glob(".*"))
    assert [oct(path.stat().st_mode) for path in (memory,)] == ["0o40700"]


def test_a_memory_that_cannot_be_read_or_kept_is_none(tmp_path: Path) -> None:
    one, engine = demo(tmp_path), FakeEngine()
    engine.said_by_builds = ("Step 2/2 : COPY . /",)
    (tmp_path / "memory").write_text("a file")

    for _ in range(2):
        found = builds(one, engine, tmp_path / "memory")
        assert found.reasons == ("no earlier build of it is known here",)


def test_what_failed_is_not_remembered(tmp_path: Path) -> None:
    one, engine, memory = demo(tmp_path), FakeEngine(), tmp_path / "memory"
    engine.said_by_builds = ("Step 2/2 : COPY . /",)
    builds(one, engine, memory)
    (tmp_path / "app/a").write_text("1")
    engine.failing_builds["web"] = "no"
    try:
        builds(one, engine, memory)
    except Exception:
        engine.failing_builds.clear()

    assert builds(one, engine, memory).reasons == ("new: a",)
