from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from composer.engine.docker.address import Address, resolve
from composer.engine.docker.dial import dial, unavailable
from composer.errors import EngineUnavailable


def explained(error: OSError, url: str = "unix:///run/docker.sock") -> tuple[str, str | None]:
    told = unavailable(Address(url, origin="the default"), error)
    return told.message, told.help


def test_a_missing_socket_is_told_with_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.path.exists", lambda path: False)
    path = tmp_path / "none.sock"

    with pytest.raises(EngineUnavailable) as caught:
        dial(resolve({"DOCKER_HOST": f"unix://{path}"}))

    assert caught.value.message == f"no engine at unix://{path} (from DOCKER_HOST): no such socket"
    assert caught.value.help is not None
    assert "start Docker" in caught.value.help


def test_a_socket_in_another_known_place_is_pointed_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    there = str(tmp_path / ".docker" / "run" / "docker.sock")
    monkeypatch.setattr("os.path.exists", lambda path: path == there)

    with pytest.raises(EngineUnavailable) as caught:
        dial(Address(f"unix://{tmp_path}/none.sock"))

    assert caught.value.help == f"there is a socket at {there}: DOCKER_HOST=unix://{there}"


def test_a_socket_where_nobody_listens_refuses(tmp_path: Path) -> None:
    path = tmp_path / "dead.sock"
    with socket.socket(socket.AF_UNIX) as plug:
        plug.bind(str(path))

    with pytest.raises(EngineUnavailable, match="connection refused: nothing listens there"):
        dial(Address(f"unix://{path}"))


def test_who_names_a_dead_port_of_this_machine_is_told_of_the_socket_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.path.exists", lambda path: path == "/var/run/docker.sock")

    with pytest.raises(EngineUnavailable) as refused:
        dial(Address("tcp://127.0.0.1:1"))

    assert "unix:///var/run/docker.sock" in str(refused.value.help)


def test_a_port_where_nobody_listens_refuses() -> None:
    with socket.socket() as plug:
        plug.bind(("127.0.0.1", 0))
        port = plug.getsockname()[1]

    with pytest.raises(EngineUnavailable, match="connection refused"):
        dial(Address(f"tcp://127.0.0.1:{port}"))


def test_who_may_not_is_told_of_the_group_and_of_sudo() -> None:
    message, help = explained(PermissionError(13, "Permission denied"))

    assert message == "no engine at unix:///run/docker.sock (the default): permission denied"
    assert help is not None
    assert "usermod -aG docker" in help
    assert "sudo" in help


def test_an_unknown_host_is_told() -> None:
    error = socket.gaierror(-2, "Name or service not known")

    message, _ = explained(error, "tcp://nohost:2375")

    assert message.endswith("the host is not known (Name or service not known)")


def test_a_silent_host_is_told() -> None:
    assert explained(TimeoutError(), "tcp://192.0.2.1:2375")[0].endswith(
        "no answer within 10 seconds"
    )


def test_a_relative_path_is_found_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("here.sock")
        listener.listen()
        dial(Address(f"unix://{os.getcwd()}/here.sock")).close()


@pytest.mark.parametrize("url", ["tcp://my..host:2375", "ssh://a%00b@host"])
def test_what_cannot_be_a_host_name_is_told(url: str) -> None:
    with pytest.raises(EngineUnavailable, match="that cannot be a host name or a user"):
        dial(Address(url))


def test_an_ssh_that_cannot_be_started_is_not_taken_for_none() -> None:
    missing, _ = explained(FileNotFoundError(2, "No such file"), "ssh://host")
    message, _ = explained(OSError(24, "Too many open files"), "ssh://host")

    assert missing.endswith("there is no ssh program on this machine")
    assert message.endswith("ssh cannot be started (too many open files)")
