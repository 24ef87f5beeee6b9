"""`run` on the fake engine: what it makes, says and returns."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from composer.model.resources import VolumeSpec
from composer.model.service import Port
from support.session import World
from support.world import FakeContainer

FILE = """
    services:
      web:
        image: nginx:alpine
        command: ["sh", "-c", "echo usual; exit 3"]
        ports: ["8080:80"]
        restart: always
        depends_on: [db]
        environment: {COLOUR: blue, SIZE: small}
        labels: {kind: web}
        volumes: [data:/data, /tmp:/shared]
        cap_add: [SYS_TIME]
        cap_drop: [NET_RAW]
        networks: {default: {aliases: [www]}}
        user: "5"
        working_dir: /srv
      db:
        image: postgres:16-alpine
        command: sleep 600
        healthcheck: {test: "true"}
      hooked:
        image: nginx:alpine
        profiles: [never]
        post_start: [{command: [sh, -c, "echo hooked; exit 4"]}]
    volumes:
      data:
      spare:
"""


@pytest.fixture
def world(demo: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A project that nobody has brought up, and an empty stdin."""
    demo.write(FILE)
    with open(os.devnull) as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        yield demo


def once(world: World) -> FakeContainer:
    """Return the one one-off container there is."""
    [found] = [live for live in world.engine.containers.values() if live.spec.one_off]
    return found


def config(world: World, *flags: str) -> Any:
    assert world.run("run", "--name", "once", *flags, "web", "true") == 0
    return once(world).spec.config


def test_only_the_output_is_on_stdout_and_the_exit_code_is_that_of_the_process(
    world: World, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert world.run("run", "web", "sh", "-c", "echo hi; echo no >&2; exit 7") == 7

    captured = capfdbinary.readouterr()
    assert captured.out == b"hi\n"
    assert captured.err.endswith(b"no\n")


def test_without_a_command_it_is_that_of_the_service(
    world: World, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert world.run("run", "web") == 3
    assert capfdbinary.readouterr().out == b"usual\n"


def test_dependencies_come_up_and_the_service_itself_does_not(world: World) -> None:
    world.run("run", "--rm", "web", "true")

    assert world.states == {"demo-db-1": "running"}


def test_without_dependencies_nothing_else_is_made(world: World) -> None:
    world.run("run", "--no-deps", "web", "true")

    assert set(world.states) == {once(world).name}
    assert once(world).labels["com.docker.compose.depends_on"] == ""


def test_a_dependency_that_fails_leaves_no_container_behind(world: World) -> None:
    world.engine.behave("demo-db-1", fails="no room")

    assert world.run("run", "web", "true") == 1
    assert set(world.states) == {"demo-db-1"}


def test_a_container_is_called_by_project_service_and_twelve_digits(world: World) -> None:
    world.run("run", "web", "true")

    live = once(world)
    slug = live.labels["com.docker.compose.slug"]
    assert len(slug) == 64
    assert live.name == f"demo-web-run-{slug[:12]}"
    assert live.labels["com.docker.compose.oneoff"] == "True"
    assert "com.docker.compose.container-number" not in live.labels
    assert "io.composer.settled-digest" not in live.labels


def test_no_port_is_published_and_nothing_restarts_it(world: World) -> None:
    found = config(world)

    assert found.ports == ()
    assert found.restart.name == ""


def test_the_ports_of_the_service_are_published_when_asked_for(world: World) -> None:
    assert [port.published for port in config(world, "-P").ports] == ["8080"]


def test_ports_are_written_as_in_a_file(world: World) -> None:
    ports = config(world, "-p", "127.0.0.1:9000:90/udp", "-p", "91").ports

    assert ports == (
        Port(mode="ingress", host_ip="127.0.0.1", target=90, published="9000", protocol="udp"),
        Port(mode="ingress", target=91, protocol="tcp"),
    )


def test_variables_come_from_flags_then_files_then_the_service(world: World) -> None:
    world.setenv("FROM_SHELL", "shell")
    world.write("SIZE=file\nCOLOUR=file\nONE=${COLOUR}", "one.env")
    world.write("ONE=two\nTWO=2", "two.env")
    found = config(
        world,
        *("-e", "COLOUR=flag", "-e", "FROM_SHELL", "-e", "NOWHERE"),
        *("--env-from-file", "one.env", "--env-from-file", "two.env"),
    )

    assert found.environment == {
        "COLOUR": "flag", "SIZE": "file", "FROM_SHELL": "shell", "ONE": "flag", "TWO": "2",
    }  # fmt: skip


def test_mounts_are_written_as_in_a_file_and_win_at_their_targets(world: World) -> None:
    found = config(world, "-v", "./here:/here:ro", "-v", "spare:/data", "-v", "foreign:/x")
    mounts = {mount.target: (mount.type, mount.source, mount.read_only) for mount in found.mounts}

    assert mounts == {
        "/shared": ("bind", "/tmp", False),
        "/here": ("bind", str(world.directory / "here"), True),
        "/data": ("volume", "demo_spare", False),
        "/x": ("volume", "foreign", False),
    }


def test_a_volume_that_comes_of_a_name_alone_is_told(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert world.run("run", "-v", "spaer:/x", "-v", "spare:/y", "web", "true") == 0
    assert capsys.readouterr().err.endswith(
        "warning: --volume spaer:…: a volume called 'spaer' was made, which is not the project's\n"
        "   = help: did you mean 'spare'?\n"
    )

    world.engine.create_volume(VolumeSpec(key="there", name="there"))
    assert world.run("run", "-v", "there:/x", "web", "true") == 0
    assert "was made" not in capsys.readouterr().err


def test_a_capability_that_is_added_is_not_dropped_and_the_other_way_round(world: World) -> None:
    found = config(world, "--cap-add", "NET_RAW", "--cap-drop", "SYS_TIME")

    assert (found.cap_add, found.cap_drop) == (("NET_RAW",), ("SYS_TIME",))


def test_user_directory_and_labels_are_those_of_the_flags(world: World) -> None:
    found = config(world, "-u", "7", "-w", "/tmp", "-l", "kind=once", "-l", "more=1")

    assert (found.user, found.working_dir) == ("7", "/tmp")
    assert found.labels == {"kind": "once", "more": "1"}


@pytest.mark.parametrize(
    ("flag", "command", "expected"),
    [
        ("sh -c 'echo other'", (), (("sh", "-c", "echo other"), ())),
        ("echo", ("x",), (("echo",), ("x",))),
        ("", ("true",), ((), ("true",))),
    ],
)
def test_an_entrypoint_takes_the_command_with_it(
    world: World, flag: str, command: tuple[str, ...], expected: object
) -> None:
    world.run("run", "--entrypoint", flag, "web", *command)

    found = once(world).spec.config
    assert (found.entrypoint, found.command) == expected


@pytest.mark.parametrize("flags", [(), ("--use-aliases",)])
def test_it_answers_to_the_names_of_its_service_only_when_asked_to(
    world: World, flags: tuple[str, ...]
) -> None:
    world.run("run", *flags, "web", "true")

    spec = once(world).spec
    assert spec.one_off is not None
    assert spec.one_off.aliased is bool(flags)


def test_in_the_background_its_id_is_printed(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    assert world.run("run", "-d", "web", "sleep", "9") == 0

    assert capfd.readouterr().out == once(world).id + "\n"
    assert once(world).running


def test_progress_tells_of_dependencies_and_not_of_the_container_itself(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    world.run("run", "web", "true")
    assert " Container demo-db-1  Started\n" in (err := capfd.readouterr().err)
    assert "-run-" not in err

    world.run("down", "--remove-orphans")
    capfd.readouterr()
    world.run("run", "-q", "web", "true")
    assert "Container" not in capfd.readouterr().err


def test_input_and_its_end_reach_the_process(
    world: World, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, sink = os.pipe()
    os.write(sink, b"some \0 input")
    os.close(sink)
    with os.fdopen(source) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        assert world.run("run", "--rm", "web", "cat") == 0
    assert capfdbinary.readouterr().out == b"some \0 input"


def test_post_start_hooks_run_and_one_that_fails_is_told(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    assert world.run("run", "-d", "hooked", "sleep", "9") == 1
    assert "post_start[0] of service 'hooked' ended with code 4" in capfd.readouterr().err


def test_a_paused_replica_keeps_nobody_from_running(world: World) -> None:
    world.run("up", "-d")
    world.engine.become("demo-web-1", status="paused")

    assert world.run("run", "--rm", "web", "true") == 0


def test_what_would_be_done_is_shown_and_not_done(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    assert world.run("--dry-run", "run", "--name", "once", "web", "true") == 0

    out = capfd.readouterr().out
    assert "once" in out
    assert "demo-db-1" in out
    assert world.states == {}


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ("-P -p 80:80 web", "--service-ports and --publish cannot be combined"),
        ("-t -T web", "--tty and --no-tty cannot be combined"),
        ("-t web", "the input device is not a terminal"),
        ("--pull sometimes web", "--pull: 'sometimes' is no policy"),
        ("-l kind web", "--label takes KEY=VALUE, not 'kind'"),
        ("-p x:y:z:80 web", "service 'web': "),
        ("-v a:b:c:d web", "service 'web': volume 'a:b:c:d' has more parts"),
        ("nope", "no such service: nope"),
        ("", "SERVICE is missing"),
    ],
)
def test_what_cannot_run_is_refused_before_anything_is_touched(
    world: World, capfd: pytest.CaptureFixture[str], argv: str, message: str
) -> None:
    assert world.run("run", *argv.split()) == 1

    assert capfd.readouterr().err.startswith(f"error: {message}")
    assert world.states == {}


def test_a_service_that_somebody_provides_cannot_be_run(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    world.write("services: {other: {provider: {type: cloud}}}")

    assert world.run("run", "other", "true") == 1
    assert "error: service 'other' is provided by 'cloud'" in capfd.readouterr().err


def test_a_job_is_run_by_its_name_with_what_it_depends_on(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    job = """
    jobs:
      backup:
        image: nginx:alpine
        command: ["sh", "-c", "echo $$FROM_FILE"]
        env_file: [job.env]
        depends_on: [db]
        triggers: {manual: true}
      nightly:
        image: nginx:alpine
        triggers: {schedule: [{cron: "0 0 * * *"}]}
    """
    world.write(FILE + job)
    world.write("FROM_FILE=saved", "job.env")

    assert world.run("run", "--rm", "backup") == 0
    assert capfd.readouterr().out == "saved\n"
    assert world.states == {"demo-db-1": "running"}


def test_containers_that_ran_once_are_no_orphans_until_they_are_to_go(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    world.run("run", "web", "true")
    world.run("run", "-d", "--name", "runs", "web", "sleep", "9")
    ended = next(name for name in world.states if "-run-" in name)
    capfd.readouterr()

    world.run("up", "-d", "db")
    assert "orphan" not in capfd.readouterr().err
    assert ended in world.states

    world.run("up", "-d", "--remove-orphans", "db")
    assert set(world.states) == {"demo-db-1", "runs"}
