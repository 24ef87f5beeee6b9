"""TLS and ssh carry everything that the unix socket carries."""

from __future__ import annotations

import shutil
import socket
import ssl
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from composer.engine.docker.address import Address, Tls, resolve
from composer.engine.docker.wire import Wire
from composer.errors import EngineError, EngineUnavailable
from support.lab import Collected
from support.wire import Handler, Script, chunks, listening

OPENSSL = shutil.which("openssl")


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
    """A directory with ca.pem, cert.pem and key.pem for 127.0.0.1, and other.pem."""
    if OPENSSL is None:
        pytest.skip("openssl is not installed")
    directory = tmp_path_factory.mktemp("certificates")
    for key, certificate in (("key.pem", "cert.pem"), ("other-key.pem", "other.pem")):
        subprocess.run(
            [
                *(OPENSSL, "req", "-x509", "-newkey", "ec", "-pkeyopt"),
                *("ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=test"),
                *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate),
            ],
            cwd=directory,
            check=True,
            capture_output=True,
        )
    shutil.copy(directory / "cert.pem", directory / "ca.pem")
    return directory


@pytest.fixture
def port(certificates: Path) -> Iterator[int]:
    """The port of an engine that wants TLS and a certificate of the client."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "cert.pem", certificates / "key.pem")
    context.load_verify_locations(certificates / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    context.options |= ssl.OP_IGNORE_UNEXPECTED_EOF  # as Go does, in which engines are written
    script = Script(ANSWERS)

    def serve(plug: socket.socket) -> None:
        try:
            wrapped = context.wrap_socket(plug, server_side=True)
        except OSError:
            plug.close()
            return
        script.serve(wrapped)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, args=(listener, serve), daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def accept(listener: socket.socket, serve) -> None:  # type: ignore[no-untyped-def]
    while True:
        try:
            plug, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=serve, args=(plug,), daemon=True).start()


def variables(port: int, certificates: Path) -> dict[str, str]:
    return {
        "DOCKER_HOST": f"tcp://127.0.0.1:{port}",
        "DOCKER_TLS_VERIFY": "1",
        "DOCKER_CERT_PATH": str(certificates),
    }


def test_tls_carries_everything(port: int, certificates: Path) -> None:
    assert_it_carries_everything(resolve(variables(port, certificates)))


def test_another_certificate_bundle_does_not_disturb(
    port: int, certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(certificates / "other.pem"))

    with closing(Wire(resolve(variables(port, certificates)))) as wire:
        assert wire.get("/info") == {"a": 1}


def test_an_engine_with_another_certificate_is_not_believed(port: int, certificates: Path) -> None:
    tls = Tls(ca=str(certificates / "other.pem"))

    with pytest.raises(EngineUnavailable, match=r"TLS failed \(self.signed certificate\)"):
        Wire(Address(f"tcp://127.0.0.1:{port}", tls))


def test_an_engine_under_another_name_is_not_believed(port: int, certificates: Path) -> None:
    address = resolve({**variables(port, certificates), "DOCKER_HOST": f"tcp://localhost:{port}"})

    with pytest.raises(EngineUnavailable, match="TLS failed"):
        Wire(address)


def test_without_verification_any_engine_is_believed(port: int, certificates: Path) -> None:
    environment = variables(port, certificates) | {"DOCKER_TLS": "1", "DOCKER_TLS_VERIFY": ""}
    environment["DOCKER_HOST"] = f"tcp://localhost:{port}"

    with closing(Wire(resolve(environment))) as wire:
        assert wire.get("/info") == {"a": 1}


def test_an_engine_that_speaks_plainly_is_told_from_tls(certificates: Path) -> None:
    def serve(plug: socket.socket) -> None:
        with plug:
            plug.recv(1000)
            plug.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, args=(listener, serve), daemon=True).start()
        address = resolve(variables(listener.getsockname()[1], certificates))

        with pytest.raises(EngineUnavailable, match="TLS failed"):
            Wire(address)
        listener.shutdown(socket.SHUT_RDWR)


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


def test_an_ssh_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_ssh(tmp_path, "#!/bin/sh\nexit 255\n", monkeypatch)

    with pytest.raises(EngineUnavailable, match="no engine at ssh://far") as caught:
        Wire(Address("ssh://far"))

    assert caught.value.help == "does 'ssh far docker version' work without a password?"


def test_without_an_ssh_client_there_is_no_ssh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(EngineUnavailable, match="the ssh client did not run"):
        Wire(Address("ssh://far"))


@pytest.mark.parametrize("url", ["ssh://", "tcp://", "unix://", "tcp://x:port"])
def test_an_address_names_somebody(url: str) -> None:
    with pytest.raises(EngineError, match="is not complete"):
        resolve({}, host=url)
