from __future__ import annotations

import json

import pytest

from support.session import World

RUNNING = {"demo-db-1": "running", "demo-web-1": "running"}


def test_up_detached_creates_and_starts_everything(demo: World) -> None:
    assert demo.run("up", "-d") == 0

    assert demo.states == RUNNING
    assert "demo_default" in demo.engine.networks
    assert "demo_data" in demo.engine.volumes


def test_progress_is_told_line_by_line_on_stderr(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.run("up", "-d", "db")

    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert lines[:4] == [
        " Image postgres:16-alpine  Pulling",
        " Image postgres:16-alpine  Pulled",
        " Network demo_default  Creating",
        " Volume demo_data  Creating",
    ]
    assert sorted(lines[4:6]) == [  # both at once, so in any order
        " Network demo_default  Created",
        " Volume demo_data  Created",
    ]
    assert lines[6:] == [
        " Container demo-db-1  Creating",
        " Container demo-db-1  Created",
        " Container demo-db-1  Starting",
        " Container demo-db-1  Started",
    ]


def test_a_second_up_says_that_there_is_nothing_to_do(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.run("up", "-d")
    capsys.readouterr()

    assert demo.run("up", "-d") == 0
    assert capsys.readouterr().err == "demo: up to date, 2 containers running, nothing to do\n"


def test_a_changed_value_replaces_one_container(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.run("up", "-d")
    text = (demo.directory / "compose.yaml").read_text()
    demo.write(text.replace("PASSWORD: a", "PASSWORD: b"))
    capsys.readouterr()

    assert demo.run("up", "-d") == 0

    assert [line for line in capsys.readouterr().err.splitlines() if "Recreat" in line] == [
        " Container demo-db-1  Recreate",
        " Container demo-db-1  Recreated",
    ]
    assert demo.states == RUNNING


def test_no_start_creates_only(demo: World) -> None:
    assert demo.run("up", "--no-start") == 0
    assert demo.states == {"demo-db-1": "created", "demo-web-1": "created"}


def test_scale_decides_how_many_containers_there_are(demo: World) -> None:
    demo.write("services: {web: {image: nginx:alpine, command: sleep 9}}")

    assert demo.run("up", "-d", "--scale", "web=3") == 0
    assert list(demo.states) == ["demo-web-1", "demo-web-2", "demo-web-3"]


def test_no_deps_leaves_dependencies_alone(demo: World) -> None:
    assert demo.run("up", "-d", "--no-deps", "web") == 0
    assert demo.states == {"demo-web-1": "running"}


def test_a_dry_run_prints_the_plan_and_does_nothing(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.run("up", "-d", "--dry-run") == 0

    assert "create container demo-web-1" in capsys.readouterr().out
    assert demo.states == {}


def test_down_takes_away_what_up_made_and_keeps_volumes(demo: World) -> None:
    demo.run("up", "-d")

    assert demo.run("down") == 0
    assert demo.states == {}
    assert "demo_default" not in demo.engine.networks
    assert "demo_data" in demo.engine.volumes


def test_down_without_a_file_goes_by_the_labels(demo: World) -> None:
    demo.run("up", "-d")
    (demo.directory / "compose.yaml").unlink()

    assert demo.run("-p", "demo", "down", "-v") == 0
    assert demo.states == {}
    assert "demo_data" not in demo.engine.volumes


def test_a_dry_run_of_down_removes_nothing(demo: World, capsys: pytest.CaptureFixture[str]) -> None:
    demo.run("up", "-d", "db")  # made first, else they are made at once
    demo.run("up", "-d")
    capsys.readouterr()

    assert demo.run("--dry-run", "down") == 0
    assert demo.states == RUNNING
    assert capsys.readouterr().out == (
        "demo:\n"
        "\n"
        "  1. < stop demo-web-1              asked for by down\n"
        "  2. < stop demo-db-1               asked for by down\n"
        "  3. - remove demo-web-1            asked for by down\n"
        "  4. - remove demo-db-1             asked for by down\n"
        "  5. - remove network demo_default  asked for by down\n"
        "\n"
        "3 to remove\n"
    )


@pytest.mark.parametrize(
    "argv",
    [
        "--build --no-build",
        "--force-recreate --no-recreate",
        "--no-recreate --renew-anon-volumes",
        "--always-recreate-deps --no-recreate",
        "-d --abort-on-container-exit",
        "-d --abort-on-container-failure",
        "-d --attach web",
        "-d --attach-dependencies",
        "-d --watch",
        "-d --exit-code-from web",
        "--wait --abort-on-container-exit",
        "--abort-on-container-exit --abort-on-container-failure",
        "--attach web --attach-dependencies",
        "--wait-timeout -1",
        "--watch --no-build",
        "--pull sometimes",
        "--scale web",
        "--scale nope=2",
        "--attach nope",
        "nope",
    ],
)
def test_flags_that_do_not_go_together_are_refused(demo: World, argv: str) -> None:
    assert demo.run("up", *argv.split()) == 1
    assert demo.states == {}


def test_switching_the_menu_off_is_accepted(demo: World) -> None:
    assert demo.run("up", "-d", "--menu=false") == 0


def test_orphans_are_removed_when_the_environment_says_so(demo: World) -> None:
    demo.run("up", "-d")
    demo.write("services: {db: {image: postgres:16-alpine}}")
    demo.setenv("COMPOSE_REMOVE_ORPHANS", "1")

    assert demo.run("up", "-d") == 0
    assert list(demo.states) == ["demo-db-1"]


def test_plan_prints_steps_with_reasons_and_a_sum(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.run("plan", "db", "--exit-code") == 2

    assert capsys.readouterr().out == (
        "demo:\n"
        "\n"
        "  1. + pull image postgres:16-alpine  not on this engine\n"
        "  2. + create network demo_default    missing\n"
        "  3. + create volume demo_data        missing\n"
        "  4. + create container demo-db-1     no container yet\n"
        "  5. > start demo-db-1                new container\n"
        "\n"
        "services:\n"
        "  db  new container\n"
        "\n"
        "1 to pull, 3 to create\n"
    )
    assert demo.states == {}


def test_plan_shows_what_changes_where(demo: World, capsys: pytest.CaptureFixture[str]) -> None:
    demo.run("up", "-d")
    text = (demo.directory / "compose.yaml").read_text()
    demo.write(text.replace("PASSWORD: a", "PASSWORD: b"))
    capsys.readouterr()

    demo.run("plan")
    out = capsys.readouterr().out
    assert "environment.PASSWORD: 'a' → 'b'   compose.yaml:10:17   replacement\n" in out
    assert "\n  db   replacement: environment.PASSWORD\n  web  nothing\n" in out
    assert out.endswith("\n1 to replace\n")


def test_an_empty_plan_has_exit_code_0(demo: World, capsys: pytest.CaptureFixture[str]) -> None:
    demo.run("up", "-d")
    capsys.readouterr()

    assert demo.run("plan", "--exit-code") == 0
    assert capsys.readouterr().out == "demo: nothing to do\n"


def test_plan_as_json_holds_steps_changes_and_order(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.run("plan", "db", "--json")

    tree = json.loads(capsys.readouterr().out)
    assert tree["project"] == "demo"
    assert tree["steps"][4] == {
        "id": "start demo-db-1",
        "kind": "Start",
        "reason": "new container",
        "after": ["create container demo-db-1", "create network demo_default"],
        "directly_after": ["create container demo-db-1", "create network demo_default"],
        "changes": [],
    }
    assert tree["summary"]["create"] == 3
