from __future__ import annotations

import os
from pathlib import Path
from threading import Event

import pytest

from composer.actions.build import build
from composer.actions.build import builds as planned
from composer.actions.rebuilt import Memory
from composer.errors import ComposerError, InvalidProject
from composer.model.build import Build, BuildSecret
from composer.model.built import Rebuilt
from composer.model.observed import ObservedImage
from composer.model.options import BuildOptions
from composer.model.project import FileObject, Project
from composer.model.service import Service
from composer.record import replace
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


def test_a_base_that_the_command_line_names_is_built_first(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("ARG BASE=busybox\nFROM $BASE\n")
    one = project(
        Service(name="app", build=Build(context=str(tmp_path))),
        Service(name="base", image="lib:1", build=Build(context=str(tmp_path), dockerfile="none")),
    )

    plan = planned(one, (), BuildOptions(args={"BASE": "lib:1"}))

    assert [step.id for step in plan.steps] == ["build image lib:1", "build image demo-app"]


def test_a_secret_that_nobody_has_keeps_its_service_alone_from_being_built(
    tmp_path: Path,
) -> None:
    one = replace(
        project(
            Service(name="a", build=Build(context=".", secrets=(BuildSecret(source="s"),))),
            Service(name="b", build=Build(context=".")),
        ),
        secrets={"s": FileObject(name="s", external=True)},
    )

    with pytest.raises(InvalidProject, match="secret 's' is external"):
        build(one, FakeEngine(), (), BuildOptions(), lambda event: None)
    assert not planned(one, ("b",), BuildOptions()).errors


def test_a_build_that_fails_does_not_wait_for_its_files_to_be_read(tmp_path: Path) -> None:
    over, waits = Event(), []

    class Slow(FakeEngine):
        def image(self, ref: str) -> ObservedImage | None:
            waits.append(over.wait(5))
            return None

    one, engine, memory = demo(tmp_path), Slow(), Memory(str(tmp_path / "memory"))
    (tmp_path / "app/Dockerfile").write_text("FROM busybox\n")
    engine.failing_builds["web"] = "no"

    with pytest.raises(ComposerError):
        build(one, engine, (), BuildOptions(), lambda event: None, memory=memory)
    assert waits == []
    over.set()


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
