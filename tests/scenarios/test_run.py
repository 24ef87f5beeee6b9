"""`run`, as a user sees it: on a terminal and through pipes, on a real engine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from threading import Event
from typing import Any

import pytest

from composer.executor.ctrl_c import ONE_PRESS
from support.cli import Folder, docker, run
from support.lab import eventually
from support.peer import docker_compose
from support.terminal import Terminal

pytestmark = pytest.mark.docker

FILE = """
services:
  db:
    image: busybox
    command: sh -c "trap 'exit 0' TERM; echo up; touch /ready; while :; do sleep 0.2; done"
    healthcheck: {test: [CMD, test, -f, /ready], interval: 200ms}
    networks: {default: {}}
  web:
    image: busybox
    command: [echo, usual]
    depends_on: {db: {condition: service_healthy}}
    environment: {A: file}
    ports: ["80"]
    restart: always
    volumes: [data:/data]
    networks: {default: {aliases: [www]}}
    cap_drop: [NET_RAW]
    labels: {kind: web}
    secrets: [word]
    post_start: [{command: [touch, /data/hooked]}]
volumes: {data: }
secrets: {word: {file: ./word}}
"""


@pytest.fixture
def web(folder: Folder) -> Folder:
    folder.write("compose.yaml", FILE)
    folder.write("word", "secret")
    return folder


def start(folder: Folder, *arguments: str, **streams: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        (sys.executable, "-m", "composer", *arguments),
        cwd=folder.path,
        env={**os.environ, **folder.environment},
        **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, **streams},
    )


def once(folder: Folder) -> list[str]:
    """Return the names of the project's one-off containers."""
    found = folder.containers().items()
    return [n for n, one in found if one["Config"]["Labels"]["com.docker.compose.oneoff"] == "True"]


def test_a_command_runs_beside_its_dependencies_and_leaves_nothing(web: Folder) -> None:
    says = 'echo "$A $B $(pwd) $(id -u) $(cat /run/secrets/word)"; ls /mnt; echo err >&2; exit 7'
    flags = ("-e", "B=flag", "-w", "/tmp", "-u", "5", "-v", "./word:/mnt/word:ro")

    ran = web.composer("run", "--rm", *flags, "web", "sh", "-c", says)

    assert ran.code == 7
    assert ran.out == "file flag /tmp 5 secret\nword\n"
    assert ran.err.endswith("err\n")
    assert f" Container {web.name}-db-1  Healthy\n" in ran.err
    assert web.running() == [f"{web.name}-db-1"]
    assert web.volumes() == [f"{web.name}_data"]

    assert web.composer("run", "--rm", "web").ok().err == ""  # everything is there already


def test_its_container_is_the_one_that_docker_compose_makes(web: Folder) -> None:
    """But for what it cannot be: addresses, ids, times, and its slug."""
    flags = ("-d", "--name", f"{web.name}-once", "-e", "A=flag", "-l", "more=1", "-u", "0")
    command = ("run", *flags, "-p", "8000", "--cap-add", "NET_RAW", "web", "sleep", "60")

    def made(*program: str) -> dict[str, Any]:
        ran = run(*program, *command, cwd=web.path, env=web.environment).ok()
        [found] = json.loads(docker("inspect", f"{web.name}-once"))
        assert ran.out == found["Id"] + "\n"
        docker("rm", "-f", f"{web.name}-once")
        labels = found["Config"]["Labels"]
        assert len(labels.pop("com.docker.compose.slug")) == 64
        del found["Config"]["Hostname"]
        [network] = found["NetworkSettings"]["Networks"].values()
        names = set(network["Aliases"]) - {found["Id"][:12]}
        return {"config": found["Config"], "host": found["HostConfig"], "names": names}

    ours, theirs = made(sys.executable, "-m", "composer"), made(docker_compose())

    assert ours["config"] == theirs["config"]
    assert ours["host"] == theirs["host"]
    assert ours["names"] == theirs["names"] == {f"{web.name}-once"}


def test_ports_and_names_of_the_service_are_given_when_asked_for(web: Folder) -> None:
    flags = ("-d", "-P", "--use-aliases", "--no-deps", "--entrypoint", "sleep")
    id = web.composer("run", *flags, "web", "60").ok().out.strip()

    [found] = json.loads(docker("inspect", id))
    [network] = found["NetworkSettings"]["Networks"].values()
    assert {"web", "www"} <= set(network["Aliases"])
    assert found["NetworkSettings"]["Ports"]["80/tcp"]
    assert found["Config"]["Entrypoint"] == ["sleep"]
    assert len(web.containers()) == 1
    hooked = ("docker", "exec", id, "test", "-f", "/data/hooked")
    eventually(lambda: run(*hooked).code, lambda code: code == 0)

    web.composer("down", "-t", "0").ok()
    assert len(web.containers()) == 1  # it is nobody's replica
    web.composer("down", "--remove-orphans", "-v", "-t", "0").ok()
    assert web.containers() == {}
    assert web.networks() == []


def test_fifty_megabytes_come_back_byte_for_byte(web: Folder) -> None:
    content = os.urandom(50 * 1024 * 1024)
    with start(web, "run", "--rm", "-T", "--no-deps", "web", "cat", stdin=subprocess.PIPE) as ran:
        assert ran.communicate(content)[0] == content
        assert ran.returncode == 0


def test_a_process_that_ends_ends_us_although_the_input_is_open(web: Folder) -> None:
    with start(web, "run", "--rm", "--no-deps", "web", "true", stdin=subprocess.PIPE) as ran:
        assert ran.wait(60) == 0


def test_ctrl_c_reaches_the_process_and_its_code_comes_back(web: Folder) -> None:
    trap = "trap 'echo bye; exit 9' INT; echo ready; while :; do sleep 0.1; done"
    terminal = web.on_terminal("run", "--rm", "--no-deps", "-T", "web", "sh", "-c", trap)
    terminal.await_text("ready")

    terminal.type("\x03")

    terminal.await_text("bye")
    assert terminal.end() == 9
    assert web.containers() == {}


def test_who_does_not_hear_ctrl_c_is_killed_by_the_third(web: Folder) -> None:
    deaf = ("sh", "-c", "trap '' INT; echo ready; while :; do sleep 0.1; done")
    terminal = web.on_terminal("run", "--rm", "--no-deps", "-T", "web", *deaf)
    terminal.await_text("ready")
    name = once(web)[0]

    for _ in range(3):
        assert name in web.running()
        Event().wait(ONE_PRESS * 1.5)  # a press of its own, not the echo of the one before
        terminal.type("\x03")

    assert terminal.end() == 137
    assert web.containers() == {}


def test_ctrl_c_before_the_start_leaves_no_container(web: Folder) -> None:
    web.write("compose.yaml", FILE.replace("test, -f, /ready", '"false"'))
    terminal = web.on_terminal("run", "--rm", "web", "true")
    terminal.await_screen("db")
    eventually(web.running, lambda names: names == [f"{web.name}-db-1"])

    terminal.type("\x03")

    assert terminal.end() == 130
    assert once(web) == []


def test_a_reader_who_goes_ends_it(web: Folder) -> None:
    with start(web, "run", "--rm", "--no-deps", "web", "yes") as ran:
        assert ran.stdout is not None
        assert ran.stdout.readline() == b"y\n"
        ran.stdout.close()
        assert ran.wait(60) == 141

    eventually(web.containers, lambda found: found == {})


def test_a_shell_on_a_terminal_has_its_size_its_keys_and_can_be_left(web: Folder) -> None:
    terminal = web.on_terminal("run", "--no-deps", "web", "sh", columns=91, rows=31)
    terminal.await_text("/ # ")
    terminal.type("stty size\r")
    terminal.await_text("31 91")
    terminal.type("sh -c 'echo g$((1))o; exec tail -f /dev/null'\r")
    terminal.await_text("g1o")
    terminal.type("\x03")  # ends the command in there, and not us
    terminal.await_text("^C")
    terminal.type("echo still $((20 + 22))\r")
    terminal.await_text("still 42")

    terminal.type("\x10\x11")

    assert terminal.end() == 0
    assert once(web) == web.running()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_signals_are_passed_on_on_a_terminal_too(
    web: Folder, number: signal.Signals, code: int
) -> None:
    word = number.name.removeprefix("SIG")
    trap = f"trap 'echo told; exit {code}' {word}; echo ready; while :; do sleep 0.1; done"
    terminal: Terminal = web.on_terminal("run", "--rm", "--no-deps", "web", "sh", "-c", trap)
    terminal.await_text("ready")

    terminal.process.send_signal(number)

    terminal.await_text("told")
    assert terminal.end() == code


@pytest.mark.parametrize(
    ("command", "stays"),
    [
        ("trap 'exit 0' HUP; echo ready; while :; do sleep 0.1; done", False),
        ("echo ready; exec sleep 600", True),
        ("while :; do echo ready; sleep 0.01; done", True),
    ],
    ids=["heeds it", "does not", "talks on"],
)
def test_who_loses_the_terminal_leaves_and_the_process_hears_of_it(
    web: Folder, command: str, stays: bool
) -> None:
    terminal = web.on_terminal("run", "--rm", "--no-deps", "web", "sh", "-c", command)
    terminal.await_text("ready")

    os.close(terminal.far)

    assert terminal.process.wait(30) == 129
    eventually(lambda: once(web), lambda found: len(found) == stays)
    assert set(once(web)) <= set(web.running())


@pytest.mark.parametrize("flags", [(), ("--rm",)])
def test_a_command_that_does_not_exist_says_so(web: Folder, flags: tuple[str, ...]) -> None:
    ran = web.composer("run", *flags, "--no-deps", "web", "/no/such/program")

    assert ran.code == 1
    assert "'/no/such/program' does not exist in the image" in ran.err
    assert len(once(web)) == (0 if flags else 1)


def test_images_are_built_before_and_the_output_stays_alone(folder: Folder) -> None:
    build = "services: {tool: {build: {context: ., dockerfile_inline: 'FROM busybox'}}}"
    folder.write("compose.yaml", build)

    ran = folder.composer("run", "--rm", "--build", "--quiet-build", "tool", "echo", "made").ok()

    assert ran.out == "made\n"
    assert folder.containers() == {}
