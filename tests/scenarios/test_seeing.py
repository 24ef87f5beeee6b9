"""What a person sees of a project on a terminal, on a real engine."""

from __future__ import annotations

import os
import termios
from collections.abc import Iterator

import pytest

from support.cli import Folder, docker, eventually, free_port

pytestmark = pytest.mark.docker

FILE = """
volumes: {{data: {{}}}}
services:
  web:
    image: busybox
    command: [sleep, infinity]
    stop_grace_period: 0s
    mem_limit: 64m
    cpus: 0.5
    ports: ["{port}:80"]
    volumes: [data:/data]
  busy:
    image: busybox
    command: [sh, -c, "while :; do :; done"]
    stop_grace_period: 0s
    cpus: 0.2
  sick:
    image: busybox
    command: [sleep, infinity]
    stop_grace_period: 0s
    healthcheck: {{test: "echo no answer; exit 3", interval: 100ms, retries: 2}}
  gone:
    image: busybox
    command: [tail, /dev/zero]
    mem_limit: 20m
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folder]:
    """A project with something to see.  Who changes it leaves it as it was."""
    folder = Folder(tmp_path_factory.mktemp("seeing"))
    folder.write("compose.yaml", FILE.format(port=free_port()))
    folder.composer("up", "-d").ok()
    eventually(lambda: states(folder)["gone"] == "exited")
    eventually(lambda: health(folder, "sick") == "unhealthy")
    yield folder
    folder.remove()


def states(folder: Folder) -> dict[str, str]:
    return {name.split("-")[1]: one["State"]["Status"] for name, one in folder.containers().items()}


def health(folder: Folder, service: str) -> str:
    return str(folder.containers()[f"{folder.name}-{service}-1"]["State"]["Health"]["Status"])


def test_ps_tells_a_person_what_is_wrong_and_who_is_an_orphan(project: Folder) -> None:
    text = (project.path / "compose.yaml").read_text()
    project.write("fewer.yaml", text[: text.index("  gone:")])

    terminal = project.on_terminal("-f", "fewer.yaml", "ps", "-a", columns=90)
    assert terminal.end() == 0
    shown = "\n".join(terminal.screen)

    assert all(len(line) <= 90 for line in terminal.screen)
    assert f"{project.name}-gone-1: its service is not in the file" in shown
    assert "exited (137): killed by SIGKILL, out of memory: its limit is 20 MiB" in shown
    assert f"{project.name}-sick-1: unhealthy:" in shown
    assert "no answer" in shown
    assert "->80/tcp" in shown


def test_stats_follows_containers_that_come_and_go_until_ctrl_c(project: Folder) -> None:
    terminal = project.on_terminal("stats", columns=140)
    before = termios.tcgetattr(terminal.far)
    terminal.await_screen("PIDS")
    row = f"{project.name}-busy-1"
    terminal.await_screen(row)
    terminal.await_screen("50%")

    docker("rm", "-f", row)
    while any(line.startswith(row) for line in terminal.screen):
        assert terminal.read()
    project.composer("up", "-d", "busy").ok()
    terminal.await_screen(row)

    assert any("64MiB" in line for line in terminal.screen)
    assert termios.tcgetattr(terminal.far) == before
    assert b"\x1b[2J" not in terminal.bytes
    terminal.type("\x03")
    assert terminal.end() == 130
    assert states(project)["web"] == "running"


def test_stats_once_tells_who_is_busy_and_against_which_limit(project: Folder) -> None:
    template = "{{.Name}} {{.CPUPerc}} {{.MemUsage}}"
    lines = project.composer("stats", "--no-stream", "--format", template).ok().out.splitlines()
    found = {line.split("-")[1]: line.split(" ", 2)[1:] for line in lines}

    assert set(found) == {"busy", "sick", "web"}
    assert 5 < float(found["busy"][0][:-1]) < 40 > float(found["web"][0][:-1])
    assert found["web"][1].endswith(" / 64MiB")


def test_stats_in_a_pipe_is_lines_without_codes_for_a_terminal(project: Folder) -> None:
    with project.start("stats", "--format", "{{.Name}} {{.CPUPerc}}", "web") as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(2)]
        process.kill()

    assert all(line.startswith(f"{project.name}-web-1 ") for line in lines)
    assert not any("\x1b" in line or "--" in line for line in lines)


def test_lists_hold_what_was_asked_for(project: Folder) -> None:
    made = project.containers()
    ended = sorted(one["Id"] for one in made.values() if one["State"]["Status"] == "exited")
    [place] = made[f"{project.name}-web-1"]["NetworkSettings"]["Ports"]["80/tcp"][:1]
    image = made[f"{project.name}-web-1"]["Image"].partition(":")[2]

    def listed(*words: str) -> list[str]:
        return project.composer(*words).ok().out.splitlines()

    assert listed("ps", "-q", "--status", "exited") == ended
    assert listed("ps", "-q", "--filter", "status=exited") == ended
    assert listed("ps", "-a", "--services", "--status", "running", "--status", "paused") == (
        ["busy", "sick", "web"]
    )
    assert listed("images", "-q") == [image]
    assert listed("volumes", "-q") == project.volumes() == [f"{project.name}_data"]
    assert listed("volumes", "--format", "{{.Name}} {{.Driver}}") == [f"{project.name}_data local"]
    assert listed("ls", "-a", "-q", "--filter", f"name={project.name}") == [project.name]
    assert listed("port", "--index", "1", "--protocol", "tcp", "web", "80") == (
        [f"{place['HostIp']}:{place['HostPort']}"]
    )
    assert project.composer("port", "--protocol", "udp", "web", "80").code == 1


def test_tables_fit_into_a_narrow_terminal(project: Folder) -> None:
    for command in ("ps", "ls", "images", "volumes", "top"):
        terminal = project.on_terminal(command, columns=60)
        assert terminal.end() == 0
        assert all(len(line) <= 60 for line in terminal.screen), command
        assert len(terminal.screen) > 1 or command == "volumes"


def test_the_graph_is_drawn_without_an_engine(folder: Folder) -> None:
    folder.write("compose.yaml", FILE.format(port=8080))
    folder.environment["DOCKER_HOST"] = f"unix://{folder.path}/nobody"

    assert "8080→80/tcp" in folder.composer("viz").ok().out
    folder.composer("viz", "-o", "graph.svg").ok()
    assert (folder.path / "graph.svg").read_text().startswith("<svg ")
    assert os.path.getsize(folder.path / "graph.svg") > 1000
