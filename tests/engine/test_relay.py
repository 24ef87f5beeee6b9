"""TLS in both directions at once."""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from composer.engine.docker.address import Tls
from composer.engine.docker.relay import relayed
from composer.engine.docker.tls import wrap
from support.certificates import Authority, key_of

SECONDS = 30


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    authority.issue("engine")
    return authority


class Echo:
    """Says again what it hears, and hangs up when it hears no more."""

    def __init__(self, authority: Authority) -> None:
        self.hung_up = threading.Event()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate: Path = authority.directory / "engine-cert.pem"
        self._context.load_cert_chain(certificate, key_of(certificate))

    def serve(self, plug: socket.socket) -> None:
        with self._context.wrap_socket(plug, server_side=True) as wrapped:
            try:
                while heard := wrapped.recv(65536):
                    wrapped.sendall(heard)
            except OSError:
                pass
        self.hung_up.set()


@contextmanager
def talking(authority: Authority, echo: Echo) -> Iterator[socket.socket]:
    far, near = socket.socketpair()
    threading.Thread(target=echo.serve, args=(far,), daemon=True).start()
    near.settimeout(SECONDS)
    secure = wrap(near, Tls(ca=str(authority.certificate)), "127.0.0.1")
    assert isinstance(secure, ssl.SSLSocket)
    with relayed(secure) as plain:
        plain.settimeout(SECONDS)
        yield plain


def everything(plug: socket.socket) -> bytes:
    return b"".join(iter(lambda: plug.recv(65536), b""))


def test_much_is_written_while_as_much_is_read_and_one_direction_ends_alone(
    authority: Authority,
) -> None:
    content = os.urandom(20 * 1024 * 1024)

    with talking(authority, Echo(authority)) as plug:

        def write() -> None:
            plug.sendall(content)
            plug.shutdown(socket.SHUT_WR)

        thread = threading.Thread(target=write)
        thread.start()
        assert everything(plug) == content
        thread.join()


def test_who_leaves_is_gone_for_the_engine_too(authority: Authority) -> None:
    echo = Echo(authority)
    with talking(authority, echo) as plug:
        plug.sendall(b"one")
        assert plug.recv(3) == b"one"

    assert echo.hung_up.wait(SECONDS)


def test_an_engine_that_hangs_up_is_the_end(authority: Authority) -> None:
    class Rude(Echo):
        def serve(self, plug: socket.socket) -> None:
            with self._context.wrap_socket(plug, server_side=True) as wrapped:
                wrapped.sendall(b"bye")

    with talking(authority, Rude(authority)) as plug:
        assert everything(plug) == b"bye"


def test_a_reader_who_takes_his_time_costs_nothing_when_the_engine_has_hung_up(
    authority: Authority,
) -> None:
    class Rude(Echo):
        def serve(self, plug: socket.socket) -> None:
            with self._context.wrap_socket(plug, server_side=True) as wrapped:
                wrapped.settimeout(0.2)
                with suppress(TimeoutError):  # when nobody takes any more
                    while True:
                        wrapped.sendall(b"x" * 16 * 1024)
            self.hung_up.set()

    echo = Rude(authority)
    with talking(authority, echo) as plug:
        assert echo.hung_up.wait(SECONDS)
        before = time.process_time()
        threading.Event().wait(0.5)
        assert time.process_time() - before < 0.1
        assert plug.recv(1) == b"x"
