"""What watching leaves alone in containers: mounts, directories of theirs, what a build makes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from support.lab import eventually
from support.session import World
from support.watched import Watched, all_have, containers

Start = Callable[..., AbstractContextManager[Watched]]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    world = World(tmp_path, monkeypatch)

    @contextmanager
    def start(watch: str, rest: str = "") -> Iterator[Watched]:
        world.write(
            f"""
            name: demo
            services:
              web:
                build: .
                command: [sleep, inf]
                develop: {{watch: [{watch}]}}
                {rest}
            volumes: {{data: {{}}}}
            """
        )
        world.write("FROM scratch", "Dockerfile")
        watched = Watched(world, monkeypatch)
        watched.start("watch")
        watched.until("Watch enabled")
        yield watched
        watched.stop()

    return start


def write(watched: Watched, name: str, text: str = "1") -> Path:
    path = watched.world.directory / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def arrives(watched: Watched, target: str) -> None:
    all_have(watched.world.engine, lambda files: target in files, count=1)


def files(watched: Watched) -> dict[str, bytes]:
    (one,) = containers(watched.world.engine)
    with watched.world.engine.changed:
        return one.files


def test_without_rm_nothing_is_removed_and_what_changes_arrives(start: Start) -> None:
    with start("{path: ., target: /app, action: sync}", "volumes: ['data:/app/db']") as watched:
        (one,) = containers(watched.world.engine)
        one.lacks = frozenset({"rm"})
        gone = write(watched, "gone")
        arrives(watched, "/app/gone")
        files(watched)["/app/db/rows"] = b"precious"
        one.directories.add("/app/run")
        gone.unlink()
        watched.until("no rm")
        write(watched, "new")
        arrives(watched, "/app/new")
        assert files(watched)["/app/gone"] == b"1"
        assert files(watched)["/app/db/rows"] == b"precious"
        assert "/app/run" in one.directories
        assert "--force-recreate" in watched.said


def test_without_rm_what_never_arrived_is_no_trouble(start: Start) -> None:
    with start("{path: ./src, target: /app, action: sync}") as watched:
        (one,) = containers(watched.world.engine)
        one.lacks = frozenset({"rm"})
        gone = write(watched, "src/gone")
        arrives(watched, "/app/gone")
        one.forget("/app/gone")
        gone.unlink()
        write(watched, "src/new")
        arrives(watched, "/app/new")
        assert "no rm" not in watched.said


def test_what_a_bind_mount_shows_is_not_sent_over_itself(start: Start) -> None:
    with start("{path: ., target: /app, action: sync}", "volumes: ['./data:/app/data']") as watched:
        write(watched, "data/mine")
        write(watched, "new")
        arrives(watched, "/app/new")
        assert "/app/data/mine" not in files(watched)
        assert "not sent" not in watched.said


def test_what_would_go_into_a_bind_mount_of_something_else_is_told_once(start: Start) -> None:
    with start("{path: ./src, target: /app, action: sync}", "volumes: ['./o:/app/d']") as watched:
        (watched.world.directory / "src" / "d").mkdir(parents=True)
        for name in ("x", "y"):
            write(watched, f"src/d/{name}")
            write(watched, f"src/{name}")
            arrives(watched, f"/app/{name}")
        assert not {"/app/d/x", "/app/d/y"} & files(watched).keys()
        assert watched.said.count("web: /app/d is a bind mount") == 1


@pytest.mark.parametrize("volume", ["data:/app/data", "/app/data"])
def test_nothing_goes_into_a_volume_that_no_rule_names(start: Start, volume: str) -> None:
    with start("{path: ., target: /app, action: sync}", f"volumes: ['{volume}']") as watched:
        files(watched)["/app/data/rows"] = b"precious"
        for name in ("rows", "others"):
            write(watched, f"data/{name}", "from here")
        watched.until("/app/data is a volume: what changes here is not sent there")
        write(watched, "new")
        arrives(watched, "/app/new")
        write(watched, "data/rows", "again")
        write(watched, "newer")
        arrives(watched, "/app/newer")
        assert files(watched)["/app/data/rows"] == b"precious"
        assert "/app/data/others" not in files(watched)
        assert watched.said.count("/app/data is a volume") == 1


def test_a_volume_is_not_emptied_when_its_place_goes_here(start: Start) -> None:
    with start("{path: ., target: /app, action: sync}", "volumes: ['data:/app/data']") as watched:
        place = watched.world.directory / "data"
        place.mkdir()
        files(watched)["/app/data/rows"] = b"precious"
        write(watched, "first")
        arrives(watched, "/app/first")
        place.rmdir()
        watched.until("/app/data is a volume: what is gone here is not removed there")
        write(watched, "new")
        arrives(watched, "/app/new")
        assert files(watched)["/app/data/rows"] == b"precious"


def test_what_holds_a_volume_is_not_removed(start: Start) -> None:
    with start("{path: ., target: /app, action: sync}", "volumes: ['data:/app/a/d']") as watched:
        (watched.world.directory / "a").mkdir()
        files(watched)["/app/a/d/rows"] = b"precious"
        write(watched, "first")
        arrives(watched, "/app/first")
        (watched.world.directory / "a").rmdir()
        watched.until("/app/a/d is a volume")
        assert files(watched)["/app/a/d/rows"] == b"precious"


def test_a_file_does_not_take_the_place_of_a_volume(start: Start) -> None:
    with start("{path: ., target: /app, action: sync}", "volumes: ['data:/app/data']") as watched:
        files(watched)["/app/data/rows"] = b"precious"
        write(watched, "data")
        watched.until("/app/data is a volume")
        write(watched, "new")
        arrives(watched, "/app/new")
        assert files(watched)["/app/data/rows"] == b"precious"


def test_from_a_volume_that_a_rule_names_what_goes_here_is_removed(start: Start) -> None:
    with start("{path: ./v, target: /v/in, action: sync}", "volumes: ['data:/v']") as watched:
        gone = write(watched, "v/x")
        arrives(watched, "/v/in/x")
        gone.unlink()
        eventually(lambda: files(watched), lambda found: "/v/in/x" not in found)


def test_a_removal_that_fails_holds_nothing_else_up(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    with start("{path: ./src, target: /app, action: sync}") as watched:
        gone = write(watched, "src/gone")
        arrives(watched, "/app/gone")
        containers(watched.world.engine)[0].busy = "rm: busy"
        gone.unlink()
        watched.until("rm: busy")
        write(watched, "src/new")
        arrives(watched, "/app/new")


def test_a_file_goes_into_the_directory_that_its_target_ends_with(start: Start) -> None:
    with start("{path: ./one, target: /app/, action: sync}") as watched:
        files(watched)["/app/other"] = b"theirs"
        gone = write(watched, "one")
        arrives(watched, "/app/one")
        gone.unlink()
        eventually(lambda: files(watched), lambda found: found == {"/app/other": b"theirs"})


def test_a_file_does_not_take_the_place_of_a_directory_that_its_rule_names(start: Start) -> None:
    rules = "{path: ./one, target: /app, action: sync}, {path: ./src, target: /srv, action: sync}"
    with start(rules) as watched:
        files(watched)["/app/other"] = b"theirs"
        gone = write(watched, "one")
        watched.until("web: /app is a directory")
        gone.unlink()
        write(watched, "src/new")
        arrives(watched, "/srv/new")
        assert files(watched) == {"/app/other": b"theirs", "/srv/new": b"1"}


def test_what_a_rebuild_makes_is_not_removed_for_what_was_removed_before(start: Start) -> None:
    rules = "{path: ./src, target: /app, action: sync}, {path: ./lib, action: rebuild}"
    with start(rules) as watched:
        engine = watched.world.engine
        write(watched, "src/made").unlink()
        gone = write(watched, "src/gone")
        arrives(watched, "/app/gone")
        gone.unlink()
        eventually(lambda: files(watched), lambda found: "/app/gone" not in found)
        old = containers(engine)[0].id
        engine.sources["web"] = "changed"
        engine.built_files["web"] = {"/app/gone": b"made"}
        write(watched, "lib/l")
        eventually(
            lambda: [one.id for one in containers(engine)], lambda now: now and old not in now
        )
        write(watched, "src/new")
        arrives(watched, "/app/new")
        assert files(watched)["/app/gone"] == b"made"
