"""An engine behind an ssh server: as if it were here, and what is told when it is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.cli import Folder, run
from support.journey import travel
from support.lab import Collected
from support.ssh_server import SshServer

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    with SshServer(tmp_path_factory.mktemp("ssh")) as server:
        yield server


@pytest.fixture
def far(folder: Folder, server: SshServer, tmp_path: Path) -> Iterator[Folder]:
    """A folder whose ssh leads to the server, and whose docker has a directory of its own."""
    before = (server.directory / "config").read_text()
    folder.environment |= {**server.variables, "DOCKER_CONFIG": str(tmp_path / "docker")}
    yield folder
    server.write_client(before)


def test_up_logs_exec_and_down_go_through_ssh(far: Folder, server: SshServer) -> None:
    far.environment["DOCKER_HOST"] = server.url

    travel(far, far.running)

    assert far.networks() == []
    assert far.volumes() == [f"{far.name}_data"]


def test_all_connections_of_a_command_are_logged_in_once(far: Folder, server: SshServer) -> None:
    far.write("compose.yaml", "services: {a: {image: busybox, scale: 4}}")
    before = server.log.count("Accepted publickey")

    far.composer("-H", server.url, "up", "-d").ok()

    assert len(far.containers()) == 4
    assert server.log.count("Accepted publickey") == before + 1


def test_what_is_mounted_from_this_machine_is_doubted_before_anything_is_made(
    far: Folder, server: SshServer
) -> None:
    far.write(
        "compose.yaml",
        "services:\n  web:\n    image: busybox\n    command: sleep infinity\n"
        "    stop_grace_period: 0s\n    volumes: [./here:/x, /var:/var:ro]\n",
    )
    plan = far.composer("-H", server.url, "plan").ok()
    up = far.composer("-H", server.url, "up", "-d").ok()

    for said in (plan.err, up.err):
        assert f"warning: service 'web' mounts '{far.path}/here' as the engine's machine" in said
        assert "compose.yaml:6:15" in said
        assert said.count("warning:") == 1
    assert far.running() == [f"{far.name}-web-1"]
    assert far.composer("up", "-d").ok().err.count("warning:") == 0


def test_a_context_and_a_socket_of_another_name_lead_there_too(
    far: Folder, server: SshServer, tmp_path: Path
) -> None:
    link = tmp_path / "engine.sock"
    link.symlink_to("/var/run/docker.sock")
    run("docker", "context", "create", "far", "--docker", f"host={server.url}{link}",
        env=far.environment).ok()  # fmt: skip
    far.write("compose.yaml", "services: {a: {image: busybox, command: sleep infinity}}")

    far.composer("--context", "far", "up", "-d").ok()
    assert far.running() == [f"{far.name}-a-1"]
    run("docker", "context", "use", "far", env=far.environment).ok()
    far.composer("down", "-t", "0").ok()
    assert far.containers() == {}


def test_names_ports_and_keys_are_those_of_the_ssh_configuration(
    far: Folder, server: SshServer
) -> None:
    config = (server.directory / "config").read_text()
    server.write_client(
        f"Host Nearby\n  HostName 127.0.0.1\n  Port {server.port}\n  User {server.user}\n"
        f"Host *\n  {config}"
    )

    assert "NAME" in far.composer("-H", "ssh://Nearby", "ps").ok().out


def refused(far: Folder, url: str) -> str:
    ran = far.composer("-H", url, "ps")
    assert ran.code == 1, ran
    assert ran.out == ""
    assert ran.err.startswith(f"error: no engine at {url} (from --host): ")
    return ran.err


def test_a_key_that_nobody_knows_over_there_is_told(far: Folder, server: SshServer) -> None:
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(far.path / "stranger")).ok()
    config = (server.directory / "config").read_text()
    server.write_client(config.replace(f"{server.directory}/client", f"{far.path}/stranger"))

    said = refused(far, server.url)

    assert "ssh does not let us in" in said
    assert (
        f"does 'ssh -l {server.user} -p {server.port} 127.0.0.1' work without a password?" in said
    )


def test_a_host_that_is_not_known_here_is_told(far: Folder, server: SshServer) -> None:
    config = (server.directory / "config").read_text()
    server.write_client(config.replace("known_hosts", "nobody_knows"))

    assert "its host key is not known" in refused(far, server.url)


def test_an_engine_that_is_not_over_there_is_told(far: Folder, server: SshServer) -> None:
    assert "no engine answers on that machine" in refused(far, f"{server.url}/nowhere.sock")


def test_a_machine_without_docker_is_told(far: Folder, tmp_path: Path) -> None:
    with SshServer(tmp_path / "bare", path="/nowhere") as bare:
        far.environment |= bare.variables
        said = refused(far, bare.url)

    assert "there is no docker program on that machine" in said


def test_nobody_who_listens_is_told(far: Folder, server: SshServer) -> None:
    assert "no ssh server listens there" in refused(far, f"ssh://{server.user}@127.0.0.1:1")


COUNTS = """
services:
  web:
    image: busybox
    command: sh -c "trap 'exit 0' TERM; i=0; while :; do i=$$((i+1)); echo $$i; sleep 0.1; done"
"""


def test_a_login_that_is_cut_off_is_made_anew_and_no_line_is_lost(
    far: Folder, server: SshServer
) -> None:
    far.environment["DOCKER_HOST"] = server.url
    far.write("compose.yaml", COUNTS)
    far.composer("up", "-d").ok()

    with far.start("logs", "-f", "--no-log-prefix") as follower:
        lines = Collected(follower.stdout or ())
        lines.until(lambda seen: len(seen) >= 5)
        server.hang_up()
        cut = len(lines.items)
        lines.until(lambda seen: len(seen) >= cut + 20)
        far.composer("down").ok()
        numbers = [line for line in lines.ended() if line.strip().isdecimal()]

    assert [int(line) for line in numbers] == list(range(1, len(numbers) + 1))


def test_a_command_on_a_terminal_has_it_through_ssh(far: Folder, server: SshServer) -> None:
    far.environment["DOCKER_HOST"] = server.url
    far.write("compose.yaml", "services: {web: {image: busybox, command: sleep infinity}}")
    far.composer("up", "-d").ok()

    terminal = far.on_terminal("exec", "web", "sh", columns=91, rows=23)
    terminal.await_text("# ")
    terminal.type("stty size; exit 3\r")

    assert terminal.end() == 3
    assert "\n23 91\n" in terminal.text
