from __future__ import annotations

import io
import socket
from collections.abc import Iterator

import pytest

from composer.engine.docker.http import HTTPConnection, HTTPException, HTTPResponse


@pytest.fixture
def ends() -> Iterator[tuple[HTTPConnection, socket.socket]]:
    """Our end of a connection, and the engine's."""
    ours, theirs = socket.socketpair()
    connection = HTTPConnection(ours)
    with theirs:
        yield connection, theirs
    connection.close()


def answered(ends: tuple[HTTPConnection, socket.socket], *answer: bytes) -> HTTPResponse:
    connection, engine = ends
    connection.request("GET", "/")
    sent(engine)
    engine.sendall(b"\r\n".join(answer))
    return connection.getresponse()


def sent(engine: socket.socket) -> bytes:
    return engine.recv(1000)


def test_an_answer_is_as_long_as_it_says(ends: tuple[HTTPConnection, socket.socket]) -> None:
    response = answered(ends, b"HTTP/1.1 200 OK", b"content-LENGTH: 2", b"", b"{}rest")

    assert (response.status, response.read()) == (200, b"{}")


def test_chunks_end_with_an_empty_one_and_its_trailers(
    ends: tuple[HTTPConnection, socket.socket],
) -> None:
    head = (b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked", b"")
    response = answered(ends, *head, b"a;x=1", b"0123456789", b"1", b"!", b"0", b"T: 1", b"", b"")

    assert response.read() == b"0123456789!"
    assert answered(ends, b"HTTP/1.1 204 No Content", b"", b"").read() == b""


def test_an_answer_without_a_length_ends_with_its_connection(
    ends: tuple[HTTPConnection, socket.socket],
) -> None:
    response = answered(ends, b"HTTP/1.1 200 OK", b"", b"all of it")
    ends[1].close()

    assert response.read() == b"all of it"
    assert ends[0].sock is None


def test_a_connection_that_the_engine_will_close_is_not_used_again(
    ends: tuple[HTTPConnection, socket.socket],
) -> None:
    head = (b"HTTP/1.1 200 OK", b"Connection: close", b"Content-Length: 1", b"")

    assert answered(ends, *head, b"1").read() == b"1"
    with pytest.raises(HTTPException, match="was closed"):
        ends[0].request("GET", "/")


def test_news_before_the_answer_is_skipped(ends: tuple[HTTPConnection, socket.socket]) -> None:
    response = answered(ends, b"HTTP/1.1 100 Continue", b"", b"HTTP/1.1 404 X", b"", b"")

    assert response.status == 404


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nonly",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nonly",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nonly\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Le",
    ],
    ids=["content", "chunk", "between chunks", "head"],
)
@pytest.mark.parametrize("piecewise", [True, False])
def test_an_answer_that_is_cut_is_an_error(
    answer: bytes, piecewise: bool, ends: tuple[HTTPConnection, socket.socket]
) -> None:
    ends[1].sendall(answer)
    ends[1].shutdown(socket.SHUT_WR)

    with pytest.raises(HTTPException, match="cut short"):
        read(ends[0].getresponse(), piecewise=piecewise)


def test_no_answer_at_all_is_a_connection_that_was_lost(
    ends: tuple[HTTPConnection, socket.socket],
) -> None:
    ends[1].close()
    with pytest.raises(ConnectionResetError):
        ends[0].getresponse()


@pytest.mark.parametrize(
    "answer",
    [
        b"220 mail ready\r\n",
        b"HTTP/1.1 200 OK\r\nno header\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: much\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: 1\r\n" * 300,
        b"HTTP/1.1 200 OK\r\nA: " + b"x" * 70000,
    ],
    ids=["status", "header", "length", "negative length", "many headers", "long header"],
)
def test_what_is_not_http_is_refused(
    answer: bytes, ends: tuple[HTTPConnection, socket.socket]
) -> None:
    ends[1].sendall(answer)
    with pytest.raises(HTTPException):
        ends[0].getresponse()


def test_a_request_says_how_long_it_is(ends: tuple[HTTPConnection, socket.socket]) -> None:
    connection, engine = ends
    connection.request("POST", "/x", "ä", {"User-Agent": "u"})
    assert sent(engine) == (
        b"POST /x HTTP/1.1\r\nHost: localhost\r\nUser-Agent: u\r\nContent-Length: 2\r\n\r\n\xc3\xa4"
    )
    connection.request("POST", "/x")
    assert sent(engine) == b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
    connection.request("DELETE", "/x")
    assert sent(engine) == b"DELETE /x HTTP/1.1\r\nHost: localhost\r\n\r\n"


def test_a_file_is_sent_in_chunks(ends: tuple[HTTPConnection, socket.socket]) -> None:
    connection, engine = ends
    connection.request("PUT", "/x", io.BytesIO(b"content"))

    engine.settimeout(5)
    arrived = b""
    while not arrived.endswith(b"0\r\n\r\n"):
        arrived += sent(engine)
    assert arrived.endswith(b"chunked\r\n\r\n7\r\ncontent\r\n0\r\n\r\n")


def test_a_header_cannot_bring_another_one(ends: tuple[HTTPConnection, socket.socket]) -> None:
    with pytest.raises(HTTPException, match="line break"):
        ends[0].request("GET", "/", headers={"A": "1\r\nB: 2"})


def read(response: HTTPResponse, *, piecewise: bool) -> bytes:
    return b"".join(iter(lambda: response.read1(2), b"")) if piecewise else response.read()
