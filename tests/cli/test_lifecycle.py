"""The commands for containers that exist, from argv to the state of the engine."""

from __future__ import annotations

import pytest

from support.session import World

WEB, DB = "demo-web-1", "demo-db-1"


@pytest.fixture
def up(demo: World) -> World:
    assert demo.run("up", "-d") == 0
    assert demo.states == {DB: "running", WEB: "running"}
    return demo


def test_stop_and_start(up: World) -> None:
    ids = {name: live.id for name, live in up.engine.containers.items()}
    assert up.run("stop", "-t", "1") == 0
    assert up.states == {DB: "exited", WEB: "exited"}
    assert up.run("start") == 0
    assert up.states == {DB: "running", WEB: "running"}
    assert {name: live.id for name, live in up.engine.containers.items()} == ids


def test_a_service_starts_with_what_it_depends_on(up: World) -> None:
    up.run("stop")
    assert up.run("start", "db") == 0
    assert up.states == {DB: "running", WEB: "exited"}
    up.run("stop")
    assert up.run("start", "web") == 0
    assert up.states == {DB: "running", WEB: "running"}


def test_start_without_containers_says_so(demo: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.run("start") == 1
    err = capsys.readouterr().err
    assert "service 'db' has no container to start" in err
    assert "'composer up' makes one" in err


def test_start_wait_fails_with_what_comes_up_badly(
    up: World, capsys: pytest.CaptureFixture[str]
) -> None:
    up.run("stop")
    up.engine.behave(WEB, exits=4, output=["oh no"])
    assert up.run("start", "--wait") == 1
    err = capsys.readouterr().err
    assert f"container {WEB} exited (4)" in err
    assert "oh no" in err


def test_start_wait_has_a_timeout(up: World, capsys: pytest.CaptureFixture[str]) -> None:
    up.run("stop")
    up.engine.behave(WEB, health_after_start="starting")
    assert up.run("start", "--wait", "--wait-timeout", "1") == 1
    assert (
        f"application not healthy after 1s: container {WEB} is starting" in capsys.readouterr().err
    )


def test_a_negative_timeout_is_refused(demo: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.run("start", "--wait", "--wait-timeout", "-1") == 1
    assert "--wait-timeout must not be negative" in capsys.readouterr().err


def test_restart_runs_everything_anew(up: World) -> None:
    before = {name: live.state.started_at for name, live in up.engine.containers.items()}
    assert up.run("restart", "-t", "1", "web") == 0
    after = {name: live.state.started_at for name, live in up.engine.containers.items()}
    assert after[WEB] > before[WEB]
    assert after[DB] == before[DB]


def test_pause_and_unpause(up: World) -> None:
    assert up.run("pause", "db") == 0
    assert up.states == {DB: "paused", WEB: "running"}
    assert up.run("pause") == 0
    assert up.states == {DB: "paused", WEB: "paused"}
    assert up.run("unpause") == 0
    assert up.states == {DB: "running", WEB: "running"}


def test_kill_sends_a_signal(up: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert up.run("kill", "-s", "TERM") == 0
    assert up.states == {DB: "running", WEB: "running"}
    assert up.run("kill") == 0
    assert up.states == {DB: "exited", WEB: "exited"}
    capsys.readouterr()
    assert up.run("kill") == 0
    assert capsys.readouterr().err == "no container to kill\n"


def test_kill_reaches_orphans_when_asked(up: World) -> None:
    up.write("services: {web: {image: 'nginx:alpine'}}\n")
    assert up.run("kill") == 0
    assert up.states == {DB: "running", WEB: "exited"}
    assert up.run("kill", "--remove-orphans") == 0
    assert up.states == {DB: "exited", WEB: "exited"}


def test_rm_removes_what_stands_still(up: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert up.run("rm", "-f") == 0
    assert capsys.readouterr().err.endswith("No stopped containers\n")
    up.run("stop", "web")
    assert up.run("rm", "-f") == 0
    assert "Going to remove demo-web-1" in capsys.readouterr().out
    assert up.states == {DB: "running"}
    assert up.run("rm", "-f", "-s") == 0
    assert up.states == {}


@pytest.mark.parametrize(("answer", "left"), [("n\n", 2), ("", 2), ("y\n", 0)])
def test_rm_asks(up: World, monkeypatch: pytest.MonkeyPatch, answer: str, left: int) -> None:
    from io import StringIO

    up.run("stop")
    monkeypatch.setattr("sys.stdin", StringIO(answer))
    assert up.run("rm") == 0
    assert len(up.states) == left


def test_create_makes_containers_and_starts_none(demo: World) -> None:
    assert demo.run("create") == 0
    assert demo.states == {DB: "created", WEB: "created"}
    for policy in ("build", "if_not_present"):
        assert demo.run("create", "--scale", "db=2", "--pull", policy) == 0
    assert demo.states == {DB: "created", "demo-db-2": "created", WEB: "created"}


def test_create_refuses_what_contradicts_itself(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.run("create", "--build", "--no-build") == 1
    assert "--build and --no-build cannot be combined" in capsys.readouterr().err


def test_scale_brings_a_service_to_as_many_containers(up: World) -> None:
    assert up.run("scale", "db=2") == 0
    assert up.states == {DB: "running", "demo-db-2": "running", WEB: "running"}
    assert up.run("scale", "db=1") == 0
    assert up.states == {DB: "running", WEB: "running"}


def test_scale_brings_up_what_a_service_depends_on_unless_told_not_to(demo: World) -> None:
    demo.write(
        "services:\n  web: {image: 'nginx:alpine', depends_on: [db]}\n"
        "  db: {image: 'postgres:16-alpine'}\n"
    )
    assert demo.run("scale", "--no-deps", "web=2") == 0
    assert demo.states == {WEB: "running", "demo-web-2": "running"}
    assert demo.run("scale", "web=2") == 0
    assert demo.states == {DB: "running", WEB: "running", "demo-web-2": "running"}


@pytest.mark.parametrize("word", ["web", "web=x", "=2", "nobody=2"])
def test_scale_refuses_what_says_nothing(
    demo: World, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.run("scale", word) == 1
    assert word.partition("=")[0] in capsys.readouterr().err
    assert demo.states == {}


def test_scale_without_a_number_says_how_to_write_it(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.run("scale", "web") == 1
    assert capsys.readouterr().err == (
        "error: scale takes SERVICE=N, not 'web'\n   = help: say how many: composer scale web=2\n"
    )


COMMANDS = ("start", "stop", "restart", "kill", "pause", "unpause", "rm")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_service_that_does_not_exist_is_refused(
    up: World, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert up.run(command, "nobody") == 1
    assert "no such service: nobody" in capsys.readouterr().err
    assert up.run("-p", "demo", command, "nobody") == 1
    assert "no such service: nobody" in capsys.readouterr().err
    assert up.states == {DB: "running", WEB: "running"}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_dry_run_prints_the_plan_and_does_nothing(
    up: World, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    up.run("stop", "web")
    up.run("pause", "db") if command == "unpause" else None
    before = up.states
    capsys.readouterr()
    asked = "web" if command in ("start", "rm") else "db"
    assert up.run("--dry-run", command, asked) == 0
    out = capsys.readouterr().out
    verb = "remove" if command == "rm" else command
    assert f"{verb} demo-{asked}-1  asked for by {command}" in out
    assert up.states == before


def test_a_variable_removes_orphans_for_up_and_down_only(demo: World) -> None:
    assert demo.run("up", "-d") == 0
    demo.setenv("COMPOSE_REMOVE_ORPHANS", "1")
    demo.write("services: {web: {image: 'nginx:alpine'}}")

    assert demo.run("create") == 0
    assert "demo-db-1" in demo.states
    assert demo.run("up", "-d") == 0
    assert "demo-db-1" not in demo.states


def test_start_needs_a_container_of_the_project(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.run("-p", "nothere", "start") == 1

    assert "no container found for project 'nothere'" in capsys.readouterr().err


def test_the_labels_are_enough_without_the_file(up: World) -> None:
    (up.directory / "compose.yaml").unlink()
    alone = ("-p", "demo")
    assert up.run(*alone, "stop") == 0
    assert up.states == {DB: "exited", WEB: "exited"}
    assert up.run(*alone, "start", "web") == 0
    assert up.states == {DB: "running", WEB: "running"}
    assert up.run(*alone, "pause") == 0
    assert up.run(*alone, "unpause") == 0
    assert up.run(*alone, "restart") == 0
    assert up.run(*alone, "kill") == 0
    assert up.run(*alone, "rm", "-f") == 0
    assert up.states == {}


@pytest.mark.parametrize("command", ["create", "scale"])
def test_what_makes_containers_needs_the_file(demo: World, command: str) -> None:
    (demo.directory / "compose.yaml").unlink()
    words = ("web=1",) if command == "scale" else ()
    assert demo.run("-p", "demo", command, *words) == 1


@pytest.mark.parametrize("command", ["stop", "restart", "pause", "kill", "rm"])
def test_orphans_are_left_alone_where_there_is_a_file(up: World, command: str) -> None:
    up.write("services: {web: {image: 'nginx:alpine'}}\n")
    assert up.run(command, *(("-f", "-s") if command == "rm" else ())) == 0
    assert up.states[DB] == "running"


def test_naming_a_service_switches_its_profile_on(demo: World) -> None:
    demo.write(
        "services:\n  web: {image: 'nginx:alpine'}\n"
        "  db: {image: 'postgres:16-alpine', profiles: [tools]}\n"
    )
    assert demo.run("--profile", "tools", "up", "-d") == 0
    assert demo.run("stop") == 0
    assert demo.states == {DB: "running", WEB: "exited"}
    assert demo.run("stop", "db") == 0
    assert demo.states == {DB: "exited", WEB: "exited"}


def test_an_optional_dependency_that_fails_is_told_of(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.write(
        "services:\n"
        "  web:\n    image: nginx:alpine\n"
        "    depends_on: {db: {condition: service_completed_successfully, required: false}}\n"
        "  db: {image: 'postgres:16-alpine'}\n"
    )
    demo.engine.behave(DB, exits=3, output=["bad luck"])
    assert demo.run("up", "-d") == 0
    assert demo.states == {DB: "exited", WEB: "running"}
    warning = "warning: optional dependency 'db' failed: demo-db-1 exited (3)\n"
    assert f"{warning}   last lines of demo-db-1:\n     bad luck\n" in capsys.readouterr().err
