"""`watch` from the command line to the state of a fake engine, with real files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from threading import Event as Flag
from threading import Thread
from typing import Any

import pytest

from composer.model.service import Service
from composer.model.watch import IgnoreFile
from composer.watching.notices import Missed, Notice, Noticed, Places, Prune
from composer.watching.tree import ignore_file
from support.lab import eventually
from support.session import World
from support.watched import Watched, all_have, containers

FILE = """
    name: demo
    services:
      web:
        build: .
        scale: 2
        command: [sleep, inf]
        develop:
          watch:
            - {path: ./src, target: /app, action: sync, ignore: ["*.log"]}
            - {path: ./conf, target: /conf, action: sync+restart}
            - {path: ./lib, action: rebuild}
            - path: ./run
              target: /run
              action: sync+exec
              exec: {command: [sh, -c, "echo $$WHO > /said"], environment: [WHO=me]}
"""


class Deaf:
    """Hears of files only what a test says."""

    def __init__(self, inbox: SimpleQueue[Notice | None]) -> None:
        self._inbox = inbox

    def __iter__(self) -> Iterator[Notice]:
        while (notice := self._inbox.get()) is not None:
            yield notice

    def close(self) -> None:
        self._inbox.put(None)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(tmp_path, monkeypatch)
    world.write(FILE)
    world.write("FROM scratch", "Dockerfile")
    for name in ("src", "conf", "lib", "run"):
        (tmp_path / name).mkdir()
    return world


@pytest.fixture
def watched(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    watched = Watched(world, monkeypatch)
    watched.start("watch")
    watched.until("Watch enabled")
    yield watched
    watched.stop()
    assert watched.code == 130


def test_it_brings_the_project_up_first(watched: Watched) -> None:
    assert watched.world.states == {"demo-web-1": "running", "demo-web-2": "running"}


def test_what_changes_comes_into_every_replica(watched: Watched) -> None:
    (watched.world.directory / "src" / "a.py").write_text("1")
    all_have(watched.world.engine, lambda files: files.get("/app/a.py") == b"1")


def test_what_is_ignored_does_not(watched: Watched) -> None:
    (watched.world.directory / "src" / "x.log").write_text("1")
    (watched.world.directory / "src" / "a.py").write_text("1")
    all_have(watched.world.engine, lambda files: files.keys() == {"/app/a.py"})


def test_what_goes_here_goes_there(watched: Watched) -> None:
    directory = watched.world.directory / "src"
    (directory / "a.py").write_text("1")
    all_have(watched.world.engine, lambda files: "/app/a.py" in files)
    (directory / "a.py").unlink()
    all_have(watched.world.engine, lambda files: "/app/a.py" not in files)


def test_a_file_that_becomes_a_directory_does_so_there(watched: Watched) -> None:
    directory = watched.world.directory / "src"
    (directory / "a").write_text("1")
    all_have(watched.world.engine, lambda files: files.get("/app/a") == b"1")
    (directory / "a").unlink()
    (directory / "a").mkdir()
    (directory / "a" / "b").write_text("2")
    all_have(watched.world.engine, lambda files: files == {"/app/a/b": b"2"})


def test_after_a_restart_the_files_are_there(watched: Watched) -> None:
    engine = watched.world.engine
    before = {one.name: one.state.started_at for one in containers(engine)}
    (watched.world.directory / "conf" / "c").write_text("1")
    all_have(engine, lambda files: files.get("/conf/c") == b"1")
    eventually(
        lambda: [one.state.started_at for one in containers(engine)],
        lambda now: not set(now) & set(before.values()),
    )


def test_a_command_is_run_after_the_files_have_come(watched: Watched) -> None:
    (watched.world.directory / "run" / "c").write_text("1")
    all_have(watched.world.engine, lambda files: files.get("/said") == b"me\n")


def test_a_rebuild_replaces_the_containers_which_have_what_changed_before(
    watched: Watched,
) -> None:
    engine = watched.world.engine
    ids = {one.id for one in containers(engine)}
    (watched.world.directory / "src" / "a.py").write_text("1")
    all_have(engine, lambda files: "/app/a.py" in files)
    engine.sources["web"] = "changed"
    (watched.world.directory / "lib" / "l.py").write_text("1")
    eventually(lambda: {one.id for one in containers(engine)} & ids, lambda old: not old)
    all_have(engine, lambda files: files.get("/app/a.py") == b"1")
    eventually(lambda: engine.nameless["demo"], lambda left: not left)


def test_a_build_that_fails_leaves_what_runs_and_watching_goes_on(watched: Watched) -> None:
    engine = watched.world.engine
    ids = {one.id for one in containers(engine)}
    engine.failing_builds["web"] = "no space left"
    (watched.world.directory / "lib" / "l.py").write_text("1")
    watched.until("no space left")
    (watched.world.directory / "src" / "a.py").write_text("1")
    all_have(engine, lambda files: files.get("/app/a.py") == b"1")
    assert {one.id for one in containers(engine)} == ids
    assert set(watched.world.states.values()) == {"running"}


def test_a_build_is_let_go_when_watching_ends(watched: Watched) -> None:
    engine = watched.world.engine
    ids = {one.id for one in containers(engine)}
    engine.endless_builds.add("web")
    (watched.world.directory / "lib" / "l.py").write_text("1")
    watched.until("RUN sleep")

    watched.stop()

    assert 'The build was broken off, what ran runs on: ["web"]' in watched.said
    assert {one.id for one in containers(engine)} == ids
    assert set(watched.world.states.values()) == {"running"}


def test_a_container_that_comes_later_gets_what_changed_before(watched: Watched) -> None:
    engine = watched.world.engine
    (watched.world.directory / "src" / "a.py").write_text("1")
    all_have(engine, lambda files: "/app/a.py" in files)
    assert watched.world.run("scale", "web=3") == 0
    all_have(engine, lambda files: files.get("/app/a.py") == b"1", count=3)


def test_a_container_that_stands_still_gets_files_at_once_and_removals_when_it_runs(
    watched: Watched,
) -> None:
    engine, directory = watched.world.engine, watched.world.directory / "src"
    (directory / "a.py").write_text("1")
    all_have(engine, lambda files: "/app/a.py" in files)
    engine.kill("demo-web-1")
    eventually(lambda: engine.containers["demo-web-1"].running, lambda runs: not runs)
    (directory / "a.py").unlink()
    (directory / "b.py").write_text("2")
    stopped = engine.containers["demo-web-1"]
    eventually(lambda: dict(stopped.files), lambda files: "/app/b.py" in files)
    assert "/app/a.py" in stopped.files
    engine.start("demo-web-1")
    eventually(lambda: dict(stopped.files), lambda files: "/app/a.py" not in files)


def test_a_stream_of_events_that_breaks_is_opened_again(watched: Watched) -> None:
    engine = watched.world.engine
    engine.break_streams()
    assert watched.world.run("scale", "web=3") == 0
    (watched.world.directory / "src" / "a.py").write_text("1")
    all_have(engine, lambda files: files.get("/app/a.py") == b"1", count=3)


def test_a_changed_compose_file_is_carried_out(watched: Watched) -> None:
    watched.world.write(FILE.replace("scale: 2", "scale: 1"))
    eventually(lambda: watched.world.states, lambda seen: seen == {"demo-web-1": "running"})


def test_rules_of_a_changed_compose_file_count(watched: Watched) -> None:
    watched.world.write(FILE.replace("target: /app", "target: /other"))
    number = [0]

    def write() -> set[str]:
        number[0] += 1
        (watched.world.directory / "src" / "a.py").write_text(str(number[0]))
        return {path for one in containers(watched.world.engine) for path in one.files}

    eventually(write, lambda paths: "/other/a.py" in paths)


def test_a_broken_compose_file_is_told_at_its_line_and_the_last_good_state_goes_on(
    watched: Watched,
) -> None:
    watched.world.write(FILE.replace("scale: 2", "scales: 2"))
    watched.until("compose.yaml:5:5")
    (watched.world.directory / "src" / "a.py").write_text("1")
    all_have(watched.world.engine, lambda files: files.get("/app/a.py") == b"1")


def test_a_changed_build_is_built(watched: Watched) -> None:
    engine = watched.world.engine
    ids = {one.image_id for one in containers(engine)}
    watched.world.write(FILE.replace("build: .", "build: {context: ., args: {A: b}}"))
    eventually(
        lambda: {one.image_id for one in containers(engine)},
        lambda now: len(now) == 1 and not now & ids,
    )


def test_what_was_removed_is_not_removed_from_what_a_changed_build_makes(
    watched: Watched,
) -> None:
    engine, source = watched.world.engine, watched.world.directory / "src"
    (source / "a.py").write_text("1")
    all_have(engine, lambda files: "/app/a.py" in files)
    (source / "a.py").unlink()
    all_have(engine, lambda files: "/app/a.py" not in files)
    old = {one.id for one in containers(engine)}
    engine.built_files["web"] = {"/app/a.py": b"made"}
    watched.world.write(FILE.replace("build: .", "build: {context: ., args: {A: b}}"))
    eventually(lambda: {one.id for one in containers(engine)}, lambda now: not now & old)
    (source / "b.py").write_text("1")
    all_have(engine, lambda files: files == {"/app/a.py": b"made", "/app/b.py": b"1"})


def test_what_was_removed_stays_so_though_a_build_failed(watched: Watched) -> None:
    engine, source = watched.world.engine, watched.world.directory / "src"
    (source / "a.py").write_text("1")
    all_have(engine, lambda files: "/app/a.py" in files)
    (source / "a.py").unlink()
    all_have(engine, lambda files: "/app/a.py" not in files)
    engine.failing_builds["web"] = "no space left"
    (watched.world.directory / "lib" / "l.py").write_text("1")
    watched.until("no space left")
    engine.built_files["web"] = {"/app/a.py": b"of the old image"}
    assert watched.world.run("scale", "web=3") == 0
    all_have(engine, lambda files: files == {}, count=3)


def test_a_rebuild_that_has_to_wait_goes_by_the_files_as_they_are_then(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = watched.world.engine
    create, build = engine.create_container, engine.build
    begun, go_on, builds = Flag(), Flag(), Flag()

    def slow(*given: Any) -> str:
        begun.set()
        assert go_on.wait(20)
        return create(*given)

    def building(*given: Any) -> None:
        builds.set()
        build(*given)

    def look_slowly(service: Service) -> IgnoreFile | None:
        assert builds.wait(20) or not go_on.is_set()
        return ignore_file(service)

    monkeypatch.setattr(engine, "create_container", slow)
    monkeypatch.setattr(engine, "build", building)
    watched.world.write(FILE.replace("build: .", "build: .\n        labels: {a: b}"))
    assert begun.wait(20)
    engine.sources["web"] = "changed"
    (watched.world.directory / "lib" / "l.py").write_text("1")
    watched.until("Rebuilding service(s)")
    monkeypatch.setattr("composer.actions.watching.ignore_file", look_slowly)
    go_on.set()
    watched.until("successfully built")
    assert [one.labels.get("a") for one in containers(engine)] == ["b", "b"]


def test_without_any_rule_left_it_waits_for_others(watched: Watched) -> None:
    engine, source = watched.world.engine, watched.world.directory / "src"
    watched.world.write(FILE.partition("        develop:")[0])
    watched.until("no service is to be watched any more")
    (source / "a.py").write_text("1")
    watched.world.write(FILE)

    def saved() -> None:
        (source / "b.py").write_text("1")

    eventually(
        lambda: saved() or [one.files for one in containers(engine)],
        lambda found: found == [{"/app/b.py": b"1"}] * 2,
    )


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> list[SimpleQueue[Notice | None]]:
    """What is heard of files is what a test puts into the last of these."""
    deaf: list[SimpleQueue[Notice | None]] = []

    def listen(places: Places, prune: Prune) -> Deaf:
        deaf.append(SimpleQueue())
        return Deaf(deaf[-1])

    monkeypatch.setattr("composer.actions.watch.listen", listen)
    return deaf


def test_what_changes_while_the_files_are_read_anew_is_not_lost(
    world: World, monkeypatch: pytest.MonkeyPatch, deaf: list[SimpleQueue[Notice | None]]
) -> None:
    (world.directory / "src" / "old").write_text("1")
    os.utime(world.directory / "src" / "old", (1, 1))
    watched = Watched(world, monkeypatch)
    watched.start("watch")
    watched.until("Watch enabled")
    (world.directory / "src" / "old").write_text("2")
    os.utime(world.directory / "src" / "old", (2, 2))
    world.write(FILE.replace("scale: 2", "scale: 3"))
    deaf[-1].put(Noticed((str(world.directory / "compose.yaml"),)))
    all_have(world.engine, lambda files: files == {"/app/old": b"2"}, count=3)
    watched.stop()


def test_what_was_missed_is_found_by_comparing(
    world: World, monkeypatch: pytest.MonkeyPatch, deaf: list[SimpleQueue[Notice | None]]
) -> None:
    for name in ("gone", "same", "other"):
        (world.directory / "src" / name).write_text("1")
    watched = Watched(world, monkeypatch)
    watched.start("watch")
    watched.until("Watch enabled")
    (world.directory / "src" / "gone").unlink()
    (world.directory / "src" / "other").write_text("2")
    (world.directory / "src" / "new").write_text("3")
    for one in containers(world.engine):
        one.files["/app/gone"] = b"1"

    deaf[-1].put(Missed())

    all_have(world.engine, lambda files: files == {"/app/other": b"2", "/app/new": b"3"})
    watched.until("3 paths differ")
    watched.stop()


def test_no_up_leaves_what_runs_as_it_is(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert world.run("up", "-d", "--scale", "web=3") == 0
    watched = Watched(world, monkeypatch)
    watched.start("watch", "--no-up")
    watched.until("Watch enabled")
    (world.directory / "src" / "a.py").write_text("2")
    all_have(world.engine, lambda files: files.get("/app/a.py") == b"2", count=3)
    world.write(FILE + "        labels: {a: b}\n")
    eventually(
        lambda: [one.labels.get("a") for one in containers(world.engine)],
        lambda seen: seen == ["b"] * 3,
    )
    watched.stop()


def test_an_initial_sync_gives_containers_everything(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.write(FILE.replace('ignore: ["*.log"]', "initial_sync: true"))
    (world.directory / "src" / "a.py").write_text("1")
    watched = Watched(world, monkeypatch)
    watched.start("watch")
    all_have(world.engine, lambda files: files == {"/app/a.py": b"1"})
    watched.stop()


def test_without_rules_there_is_nothing_to_watch(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.write("services: {web: {image: nginx}}")
    for command in (["watch"], ["up", "--watch"]):
        assert world.run(*command) == 1
        assert "none of the selected services is configured for watch" in capsys.readouterr().err
    assert world.states == {}


def test_a_dry_run_tells_the_rules_and_does_nothing(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert world.run("watch", "--dry-run") == 0
    captured = capsys.readouterr()
    assert "create container demo-web-2" in captured.out + captured.err
    assert captured.err.endswith(
        "watching for web:\n"
        "  ./src -> /app  sync; ignoring .git, editors' files, *.log\n"
        "  ./conf -> /conf  sync+restart; ignoring .git, editors' files\n"
        "  ./lib  rebuild; ignoring .git, editors' files\n"
        "  ./run -> /run  sync+exec; ignoring .git, editors' files\n"
    )
    assert world.states == {}


def test_up_that_watches_does_not_take_its_own_restart_for_an_exit(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(world, monkeypatch)
    said: list[str] = []

    def change() -> None:
        watched.until("⦿ Watch enabled")
        (world.directory / "conf" / "c").write_text("1")
        watched.until('⦿ service(s) ["web"] restarted')
        said.append(watched.said)
        world.engine.become("demo-web-1", exits=3)

    other = Thread(target=change)
    other.start()
    watched.run("up", "--watch", "--abort-on-container-exit")
    other.join()

    assert "exited with code" not in said[0]
    assert watched.code == 3
    assert set(world.states.values()) == {"exited"}
