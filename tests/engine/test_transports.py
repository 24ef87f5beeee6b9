"""TLS and ssh carry everything that the unix socket carries."""

from __future__ import annotations

import socket
import ssl
import stat
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from composer.engine.docker.address import Address, resolve
from composer.engine.docker.wire import Wire
from support.certificates import Authority
from support.lab import Collected
from support.sockets import listening_on_tcp, with_tls
from support.wire import Handler, Script, chunks, listening


def echo(path: str, plug: socket.socket) -> None:
    plug.sendall(b"HTTP/1.1 101 UPGRADED\r\n\r\n")
    while data := plug.recv(100):
        plug.sendall(data.upper())


def for_ever(path: str, plug: socket.socket) -> None:
    chunks(b"one", end=False)(path, plug)
    plug.recv(1)


ANSWERS: dict[str, Handler | object] = {
    "GET /info": {"a": 1},
    "POST /exec/1/start": echo,
    "GET /events": for_ever,
}


def assert_it_carries_everything(address: Address) -> None:
    with closing(Wire(address)) as wire:
        assert [wire.get("/info") for _ in range(2)] == [{"a": 1}] * 2

        hijacked = wire.hijack("/exec/1/start", {})
        hijacked.write(b"hello")
        hijacked.close_input()
        assert b"".join(hijacked) == b"HELLO"

        download = wire.open("GET", "/events")
        reader = Collected(download)
        reader.until(bool)
        download.close()
        assert reader.ended() == [b"one"]
        assert reader.error is None


# TLS


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with ca.pem, cert.pem and key.pem for 127.0.0.1."""
    directory = tmp_path_factory.mktemp("certificates")
    return Authority(directory).for_client(directory)


@pytest.fixture
def port(certificates: Path) -> Iterator[int]:
    """The port of an engine that wants TLS and a certificate of the client."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "cert.pem", certificates / "key.pem")
    context.load_verify_locations(certificates / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    context.options |= ssl.OP_IGNORE_UNEXPECTED_EOF  # as Go does, in which engines are written
    with listening_on_tcp(with_tls(context, Script(ANSWERS).serve)) as port:
        yield port


def variables(port: int, certificates: Path) -> dict[str, str]:
    return {
        "DOCKER_HOST": f"tcp://127.0.0.1:{port}",
        "DOCKER_TLS_VERIFY": "1",
        "DOCKER_CERT_PATH": str(certificates),
    }


def test_tls_carries_everything(port: int, certificates: Path) -> None:
    assert_it_carries_everything(resolve(variables(port, certificates)))


def test_an_engine_may_be_below_a_path() -> None:
    def ping(path: str, plug: socket.socket) -> None:
        plug.sendall(b"HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 0\r\n\r\n")

    asked: dict[str, Handler | object] = {
        "GET /engine/_ping": ping,
        "GET /engine/v1.41/info": {"a": 1},
        "POST /engine/v1.41/exec/1/start": echo,
    }
    with (
        listening_on_tcp(Script(asked).serve) as port,
        closing(Wire(resolve({"DOCKER_HOST": f"tcp://127.0.0.1:{port}/engine/"}))) as wire,
    ):
        assert wire.get("/info") == {"a": 1}
        hijacked = wire.hijack("/exec/1/start", {})
        hijacked.close_input()
        assert b"".join(hijacked) == b""


# ssh


PROGRAM = """\
#!{python}
import os, socket, sys, threading
assert sys.argv[-4:] == ["far", "docker", "system", "dial-stdio"], sys.argv
assert sys.argv[sys.argv.index("-p") + 1] == "2222", sys.argv
assert sys.argv[sys.argv.index("-l") + 1] == "me", sys.argv
plug = socket.socket(socket.AF_UNIX)
plug.connect(os.environ["TEST_ENGINE"])
def upwards():
    while data := os.read(0, 1000):
        plug.sendall(data)
    plug.shutdown(socket.SHUT_WR)
threading.Thread(target=upwards, daemon=True).start()
while data := plug.recv(1000):
    os.write(1, data)
"""


def install_ssh(directory: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = directory / "ssh"
    program.write_text(text)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{directory}:/usr/bin:/bin")


def test_ssh_carries_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_ssh(tmp_path, PROGRAM.format(python=sys.executable), monkeypatch)
    with listening(Script(ANSWERS).serve) as engine:
        monkeypatch.setenv("TEST_ENGINE", engine.rest)

        assert_it_carries_everything(Address("ssh://me@far:2222"))
