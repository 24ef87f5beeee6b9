"""Who listens and what can be read, seen in a /proc and a directory made for it."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from composer.engine.docker.address import Address
from composer.engine.docker.machine import machine
from composer.engine.vicinity import listening, look_around
from composer.model.vicinity import Listener, Machine, Wants
from support.engine import FakeEngine

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  inode\n"
REST = "00000000:00000000 00:00000000 00000000     0        0"


def sockets(proc: Path, kind: str, *lines: str) -> None:
    """Let process 7 see sockets such as "0100007F:1538 0A 41": address, state, inode."""
    net = proc / "7" / "net"
    net.mkdir(parents=True, exist_ok=True)
    rows = [line.split() for line in lines]
    text = "".join(f"   0: {at} 00000000:0000 {st} {REST} {inode}\n" for at, st, inode in rows)
    (net / kind).write_text(HEAD + text)


def owner(proc: Path, pid: int, name: str, inode: int, group: str = "/user.slice") -> None:
    directory = proc / str(pid)
    (directory / "fd").mkdir(parents=True)
    (directory / "fd" / "3").symlink_to(f"socket:[{inode}]")
    (directory / "comm").write_text(f"{name}\n")
    (directory / "cgroup").write_text(f"0::{group}\n")


def seen(proc: Path, *ports: tuple[int, str]) -> list[Listener]:
    return list(listening(7, frozenset(ports), str(proc)))


POSTGRES = (5432, "tcp")


def test_a_listener_is_named_by_the_process_that_holds_its_socket(tmp_path: Path) -> None:
    sockets(tmp_path, "tcp", "0100007F:1538 0A 41")
    owner(tmp_path, 812, "postgres", 41)
    assert seen(tmp_path, POSTGRES) == [
        Listener(port=5432, protocol="tcp", address="127.0.0.1", process="postgres", pid=812)
    ]


def test_a_listener_in_a_container_bears_its_id(tmp_path: Path) -> None:
    sockets(tmp_path, "tcp", "00000000:1538 0A 41")
    owner(tmp_path, 812, "postgres", 41, f"/system.slice/docker-{'c' * 64}.scope")
    [listener] = seen(tmp_path, POSTGRES)
    assert (listener.address, listener.container) == ("0.0.0.0", "c" * 64)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("00000000000000000000000000000000", "::"),
        ("00000000000000000000000001000000", "::1"),
        ("0000000000000000FFFF00000100007F", "127.0.0.1"),
    ],
)
def test_addresses_of_ipv6_are_read(tmp_path: Path, address: str, shown: str) -> None:
    sockets(tmp_path, "tcp6", f"{address}:1538 0A 41")
    [listener] = seen(tmp_path, POSTGRES)
    assert (listener.address, listener.pid, listener.process) == (shown, 0, "")


def test_who_is_connected_or_at_another_port_does_not_listen(tmp_path: Path) -> None:
    sockets(tmp_path, "tcp", "0100007F:1538 01 41", "0100007F:1539 0A 42", "0100007F:1538 06 0")
    sockets(tmp_path, "udp", "00000000:1538 07 43")
    assert seen(tmp_path, POSTGRES) == []
    assert [one.protocol for one in seen(tmp_path, (5432, "udp"))] == ["udp"]


def test_the_engines_proxy_for_a_container_is_nobody_else(tmp_path: Path) -> None:
    sockets(tmp_path, "tcp", "00000000:1538 0A 41")
    owner(tmp_path, 99, "docker-proxy", 41)
    assert seen(tmp_path, POSTGRES) == []


def test_without_a_proc_nobody_is_seen(tmp_path: Path) -> None:
    assert seen(tmp_path, POSTGRES) == []


@pytest.mark.skipif(not Path("/proc/self/net/tcp").exists(), reason="there is no /proc")
def test_a_socket_of_ours_is_found_where_it_really_is() -> None:
    with socket.create_server(("127.0.0.1", 0)) as plug:
        port = plug.getsockname()[1]
        [listener] = listening(os.getpid(), {(port, "tcp")})
    assert (listener.address, listener.port, listener.pid) == ("127.0.0.1", port, os.getpid())


def unusable(directory: Path, where: Machine, **wanted: str) -> dict[str, str]:
    engine = FakeEngine()
    engine.where = where
    paths = {kind: frozenset([str(directory / name)]) for kind, name in wanted.items()}
    found = look_around(engine, Wants(**paths)).unusable  # type: ignore[arg-type]
    return {Path(path).name: why for path, why in found.items()}


LOCAL = Machine(files=True, builds=True)


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    (tmp_path / "key.txt").write_text("secret")
    assert unusable(tmp_path, LOCAL, files="gone") == {"gone": "does not exist"}
    assert unusable(tmp_path, LOCAL, files="key.txt/below") == {"below": "does not exist"}
    assert unusable(tmp_path, LOCAL, files="key.txt") == {}


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_told_unless_the_engine_may(tmp_path: Path) -> None:
    (tmp_path / "key.txt").touch(0o000)
    denied = {"key.txt": "cannot be read by you"}
    assert unusable(tmp_path, LOCAL, files="key.txt") == denied
    assert unusable(tmp_path, Machine(files=True, superuser=True), files="key.txt") == {}
    root = Machine(builds=True, superuser=True)
    assert unusable(tmp_path, root, contexts="key.txt") == denied


def test_files_of_an_engine_elsewhere_are_not_looked_for_here(tmp_path: Path) -> None:
    remote = Machine(remote="ssh://server", builds=True)
    assert unusable(tmp_path, remote, files="gone") == {}
    assert unusable(tmp_path, remote, contexts="gone") == {"gone": "does not exist"}


@pytest.mark.parametrize(
    ("url", "remote"),
    [
        ("ssh://me@server", "ssh://me@server"),
        ("ssh://localhost", "ssh://localhost"),
        ("tcp://server:2375", "tcp://server:2375"),
        ("tcp://127.0.0.1:2375", ""),
        ("tcp://localhost:2375", ""),
    ],
)
def test_an_engine_behind_a_network_is_on_another_machine_or_nobody_knows(
    url: str, remote: str
) -> None:
    assert machine(Address(url)) == Machine(remote=remote, builds=True)


def test_a_socket_that_another_program_has_opened_may_lead_anywhere(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as plug:
        plug.bind(str(tmp_path / "s"))
        plug.listen()
        assert machine(Address(f"unix://{tmp_path}/s")) == Machine(builds=True)
