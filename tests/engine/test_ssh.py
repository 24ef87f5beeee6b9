"""What is asked of the ssh program, and what its words mean."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from composer.engine.docker.address import Address
from composer.engine.docker.ssh import command, explained
from composer.engine.docker.url import Place, split
from composer.engine.docker.wire import Wire
from composer.errors import EngineError, EngineUnavailable


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ssh://Far", "-- Far docker system dial-stdio"),
        ("ssh://me@far:2222", "-l me -p 2222 -- far docker system dial-stdio"),
        ("ssh://far/run/x.sock", "-- far docker --host=unix:///run/x.sock system dial-stdio"),
        ("ssh://far/a%20b", "-- far docker '--host=unix:///a b' system dial-stdio"),
        ("ssh://far/a;b", "-- far docker '--host=unix:///a;b' system dial-stdio"),
    ],
)
def test_dockers_own_command_is_run_over_there(url: str, words: str) -> None:
    assert (
        " ".join(command(split(url)))
        == f"ssh -T -o ConnectTimeout=10 -o ServerAliveInterval=10 {words}"
    )


@pytest.mark.parametrize(
    ("said", "why", "help"),
    [
        (
            "me@far: Permission denied (publickey,password).",
            "ssh does not let us in",
            "does 'ssh -l me far' work without a password? The key belongs into the agent",
        ),
        (
            "No ED25519 host key is known for far and you have requested strict checking.\r\n"
            "Host key verification failed.\r\n",
            "its host key is not known",
            "run 'ssh -l me far' once",
        ),
        (
            "@@@@@@@@@\r\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r\n"
            "@@@@@@@@@\r\nHost key verification failed.\r\n",
            "it has another host key than the one that is known"
            " (WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!)",
            "ssh-keygen -R far",
        ),
        (
            "ssh: Could not resolve hostname far: Name or service not known",
            "the host is not known",
            "~/.ssh/config",
        ),
        (
            "ssh: connect to host far port 22: Connection refused",
            "connection refused: no ssh server listens there",
            "is the port right?",
        ),
        (
            "ssh: connect to host far port 22: Connection timed out",
            "the host does not answer",
            "firewall",
        ),
        (
            "bash: line 1: docker: command not found",
            "there is no docker program on that machine",
            "command -v docker",
        ),
        ("sh: 1: docker: not found", "there is no docker program on that machine", "install one"),
        (
            "docker: 'dial-stdio' is not a docker command.",
            "the docker program on that machine is too old",
            "18.09",
        ),
        (
            "Got permission denied while trying to connect to the Docker daemon socket at"
            " unix:///var/run/docker.sock: Get x: dial unix /var/run/docker.sock: connect:"
            " permission denied",
            "the user over there may not use its engine",
            "usermod -aG docker",
        ),
        (
            "Cannot connect to the Docker daemon at unix:///x.sock. Is the docker daemon running?",
            "no engine answers on that machine",
            "ssh://HOST/path/to/docker.sock",
        ),
        (
            "/root/.ssh/config: line 1: Bad configuration option: nonsense",
            "ssh ended with exit code 255 (/root/.ssh/config: line 1: Bad configuration",
            "does 'ssh -l me far docker version' work, without asking for a password?",
        ),
        ("", "ssh ended with exit code 255", "does 'ssh -l me far docker version' work"),
    ],
)
def test_what_ssh_says_is_told_with_what_to_do(said: str, why: str, help: str) -> None:
    told, advice = explained(255, said, Place("far", user="me"))

    assert told.startswith(why)
    assert help in advice


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Install a program called ssh, which is a line of shell."""

    def install(line: str) -> None:
        program = tmp_path / "ssh"
        program.write_text(f"#!/bin/sh\n{line}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    return install


def test_an_ssh_that_fails_is_told(ssh: Callable[[str], None]) -> None:
    ssh("echo 'me@far: Permission denied (publickey).' >&2; exit 255")

    with pytest.raises(EngineUnavailable) as caught:
        Wire(Address("ssh://far", origin="from DOCKER_HOST"))

    assert caught.value.message == (
        "no engine at ssh://far (from DOCKER_HOST): ssh does not let us in"
        " (me@far: Permission denied (publickey).)"
    )


def test_a_server_that_has_too_many_at_its_door_is_asked_again(
    ssh: Callable[[str], None], tmp_path: Path
) -> None:
    ssh(
        f"echo x >> {tmp_path}/asked; "
        "echo 'kex_exchange_identification: read: Connection reset by peer' >&2; exit 255"
    )

    with pytest.raises(EngineError, match="kex_exchange_identification"):
        Wire(Address("ssh://far"))

    assert (tmp_path / "asked").read_text() == "x\n" * 4


def test_a_shell_that_greets_is_told(ssh: Callable[[str], None]) -> None:
    ssh("echo 'Welcome to far'; exec cat > /dev/null")

    with pytest.raises(EngineUnavailable) as caught:
        Wire(Address("ssh://far"))

    assert "is not from an engine: 'Welcome to far'" in caught.value.message
    assert ".bashrc" in (caught.value.help or "")


def test_without_an_ssh_program_there_is_no_ssh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(EngineUnavailable, match="there is no ssh program on this machine"):
        Wire(Address("ssh://far"))
