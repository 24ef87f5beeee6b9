from __future__ import annotations

import socket
import threading
from contextlib import closing
from pathlib import Path

import pytest

from composer.engine.docker.address import Address
from composer.engine.docker.flow import json_lines
from composer.engine.docker.wire import Question, Wire
from composer.errors import AnswerLost, Conflict, EngineError, EngineUnavailable, NotFound
from support.lab import Collected, eventually
from support.wire import Handler, Script, chunks, hang_up, listening, refused, response, scripted


def test_a_connection_is_kept_for_the_next_question() -> None:
    script = Script({"GET /info": {"a": 1}})
    with scripted(script) as wire:
        assert [wire.get("/info") for _ in range(3)] == [{"a": 1}] * 3

    assert script.connections == 1
    assert script.seen == ["GET /_ping", *["GET /v1.41/info"] * 3]


def test_a_connection_that_comes_back_after_the_end_is_closed() -> None:
    with scripted(Script({"GET /info": {"a": 1}})) as wire:
        wire.get("/info")
        connections = wire._connections
        late = connections.take()
        wire.close()
        connections.keep(late)

        assert late.sock is None


def test_questions_are_sent_before_the_first_answer_is_read() -> None:
    both = threading.Barrier(2, timeout=10)

    def answer(path: str, plug: socket.socket) -> None:
        both.wait()
        plug.sendall(response(f'"{path}"'))

    with scripted(Script({"GET /one": answer, "GET /two": answer})) as wire:
        assert wire.ask([Question("/one"), Question("/two")]) == ["/v1.41/one", "/v1.41/two"]


def test_answers_come_in_the_order_of_the_questions_and_refusals_among_them() -> None:
    answers = {f"GET /{n}": n for n in range(20)}
    script = Script({**answers, "GET /gone": refused(404, "no such thing")})
    with scripted(script) as wire:
        asked = [Question(f"/{n}") for n in range(20)]
        *found, gone = wire.ask([*asked, Question("/gone")])

    assert found == list(range(20))
    assert isinstance(gone, NotFound)


def test_a_kept_connection_that_the_engine_closed_is_not_used() -> None:
    closes = Script({"GET /info": lambda path, plug: plug.sendall(response("1"))})
    with scripted(closes) as wire:
        for number in range(1, 6):
            assert wire.get("/info") == 1
            eventually(lambda: closes.closed, lambda closed, number=number: closed == number)

    assert closes.connections == 5


@pytest.mark.parametrize(("status", "kind"), [(404, NotFound), (409, Conflict), (500, EngineError)])
def test_a_refusal_names_what_was_asked_for(status: int, kind: type[EngineError]) -> None:
    with (
        scripted(Script({"GET /x": refused(status, "Something is wrong.")})) as wire,
        pytest.raises(kind, match=r"^container web: something is wrong$") as caught,
    ):
        wire.get("/x", asked="container web")

    assert type(caught.value) is kind


def test_a_connection_without_an_answer_is_an_error() -> None:
    with (
        scripted(Script({"POST /x": hang_up})) as wire,
        pytest.raises(EngineError, match="broke off the connection"),
    ):
        wire.post("/x")


def test_an_answer_without_content_is_nothing() -> None:
    with scripted(Script({"POST /x": lambda _, plug: plug.sendall(response("", 204))})) as wire:
        assert wire.post("/x") is None


def test_a_download_yields_what_comes_until_its_end() -> None:
    with scripted(Script({"GET /logs": chunks(b"one", b"two")})) as wire:
        assert b"".join(wire.open("GET", "/logs")) == b"onetwo"


def test_a_download_that_is_cut_is_an_error() -> None:
    with scripted(Script({"GET /logs": chunks(b"one", end=False)})) as wire:
        reading = iter(wire.open("GET", "/logs"))

        assert next(reading) == b"one"
        with pytest.raises(EngineError, match="broke off"):
            next(reading)


def test_a_refused_download_is_an_error_at_once() -> None:
    with (
        scripted(Script({"GET /logs": refused(404, "no such container")})) as wire,
        pytest.raises(NotFound),
    ):
        wire.open("GET", "/logs")


def test_closing_a_download_ends_whoever_reads_it() -> None:
    for_ever = threading.Event()

    def answer(path: str, plug: socket.socket) -> None:
        chunks(b"one", end=False)(path, plug)
        for_ever.wait(10)

    with scripted(Script({"GET /events": answer})) as wire:
        download = wire.open("GET", "/events")
        reader = Collected(download)
        reader.until(bool)

        download.close()

        assert reader.ended() == [b"one"]
        assert reader.error is None
        for_ever.set()


def test_bytes_go_both_ways_after_an_upgrade() -> None:
    def echo(path: str, plug: socket.socket) -> None:
        plug.sendall(b"HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\n\r\nhello ")
        while data := plug.recv(100):
            plug.sendall(data.upper())

    with scripted(Script({"POST /exec/1/start": echo})) as wire:
        hijacked = wire.hijack("/exec/1/start", {"Tty": True})
        hijacked.write(b"you")
        hijacked.close_input()

        assert b"".join(hijacked) == b"hello YOU"


def test_a_refused_upgrade_is_an_error() -> None:
    with (
        scripted(Script({"POST /exec/1/start": refused(409, "is not running")})) as wire,
        pytest.raises(Conflict, match="container web"),
    ):
        wire.hijack("/exec/1/start", {}, asked="container web")


def test_the_older_of_both_apis_is_spoken() -> None:
    with listening(Script({}, api="1.43").serve) as address:
        wire = Wire(address)
        assert wire.api == (1, 43)
        wire.close()
    with listening(Script({}, api="9.99").serve) as address:
        wire = Wire(address)
        assert wire.api < (2, 0)
        wire.close()


def test_the_user_may_name_the_api() -> None:
    with listening(Script({}, api="1.44").serve) as address:
        wire = Wire(Address(address.url, api="1.42"))
        assert wire.api == (1, 42)
        wire.close()


def test_the_user_may_write_it_with_a_v() -> None:
    with listening(Script({}, api="1.44").serve) as address:
        wire = Wire(Address(address.url, api="v1.43"))
        assert wire.api == (1, 43)
        wire.close()


@pytest.mark.parametrize("wish", ["1.24", "1.45", "nonsense", "2"])
def test_an_api_that_one_of_both_does_not_know_is_refused(wish: str) -> None:
    with (
        listening(Script({}, api="1.44").serve) as address,
        pytest.raises(EngineUnavailable) as caught,
    ):
        Wire(Address(address.url, api=wish))

    assert caught.value.message == (
        f"DOCKER_API_VERSION asks for API {wish}; the engine at {address.url} and composer both"
        " know 1.41 to 1.44"
    )


def test_an_engine_that_is_too_new_is_told() -> None:
    def too_new(path: str, plug: socket.socket) -> None:
        said = b'{"message": "client version 1.51 is too old. Minimum supported API version is 2"}'
        head = f"HTTP/1.1 400 Bad Request\r\nContent-Length: {len(said)}\r\n\r\n"
        plug.sendall(head.encode() + said)

    with listening(Script({"GET /info": too_new}, api="1.51").serve) as address:
        wire = Wire(address)
        with pytest.raises(EngineUnavailable, match=r"client version 1.51 is too old") as caught:
            wire.get("/info")
        wire.close()

    assert caught.value.help == "this engine is too new for this composer: update it"


def test_who_wants_to_know_hears_where_the_engine_is_and_what_it_is_asked() -> None:
    heard: list[str] = []
    with listening(Script({"GET /info": {}}, api="1.43").serve) as address:
        wire = Wire(address, trace=heard.append)
        wire.get("/info", {"all": True})
        wire.close()

    assert heard == [f"{address.url} (default), API 1.43", "GET /v1.43/info?all=1"]


def test_an_engine_that_is_too_old_is_refused() -> None:
    with (
        listening(Script({}, api="1.24").serve) as address,
        pytest.raises(EngineUnavailable, match=r"speaks API 1.24; 1.41 is needed"),
    ):
        Wire(address)


def test_a_web_server_without_an_api_is_no_engine() -> None:
    with (
        listening(Script({}, api="").serve) as address,
        pytest.raises(EngineUnavailable, match="is not a Docker Engine: somebody answered with"),
    ):
        Wire(address)


PAGE = "<html><head><title>Log in</title></head><body>to the  proxy</body></html>"


def page(status: int = 200, headers: str = "", body: str = PAGE) -> Handler:
    def answer(path: str, plug: socket.socket) -> None:
        kind = "Content-Type: text/html; charset=utf-8\r\n" if body else ""
        plug.sendall(response(body, status, f"Server: squid/5.7\r\n{kind}{headers}"))

    return answer


@pytest.mark.parametrize("status", [200, 403])
def test_a_page_is_no_answer_and_who_sent_it_is_named(status: int) -> None:
    said = f"squid/5.7 answered with status {status}, text/html: Log in to the proxy"
    answers = {"GET /info": page(status), "GET /events": page(status)}
    with scripted(Script(answers)) as wire:
        for ask in (
            lambda: wire.get("/info"),
            lambda: wire.ask([Question("/info")]),
            lambda: wire.open("GET", "/events"),
        ):
            with pytest.raises(EngineUnavailable) as caught:
                ask()
            assert caught.value.message.endswith(f" (default) is not a Docker Engine: {said}")
            assert caught.value.help is not None
            assert "proxy" in caught.value.help


def test_a_web_server_that_knows_no_engine_is_named() -> None:
    def serve(plug: socket.socket) -> None:
        with plug:
            plug.recv(4096)
            page(404)("/_ping", plug)

    with (
        listening(serve) as address,
        pytest.raises(EngineUnavailable, match="not a Docker Engine: squid/5"),
    ):
        Wire(address)


def test_what_is_said_to_be_elsewhere_is_no_answer() -> None:
    moved = page(302, "Location: https://login.example/\r\n", body="")
    with (
        scripted(Script({"POST /x": moved})) as wire,
        pytest.raises(EngineUnavailable, match="302, no JSON, and leads to https://login"),
    ):
        wire.post("/x")


def test_an_answer_that_is_no_json_is_none() -> None:
    def answer(path: str, plug: socket.socket) -> None:
        plug.sendall(response("hello"))

    with (
        scripted(Script({"GET /info": answer})) as wire,
        pytest.raises(EngineUnavailable, match="somebody answered with status 200, no JSON: hello"),
    ):
        wire.get("/info")


def test_somebody_else_who_answers_is_no_engine() -> None:
    def not_http(plug: socket.socket) -> None:
        with plug:
            plug.recv(1000)
            plug.sendall(b"220 mail ready\r\n")

    with (
        listening(not_http) as address,
        pytest.raises(EngineUnavailable, match="no engine at unix://") as caught,
    ):
        Wire(address)

    assert caught.value.help == "is there an engine, and not something else?"


def test_parameters_are_written_as_the_engine_reads_them() -> None:
    script = Script({"GET /x": 1})
    with scripted(script) as wire:
        wire.get("/x", {"all": True, "v": False, "none": None, "f": {"a": ["b c"]}, "t": (1, 2)})

    assert script.seen[-1] == (
        "GET /v1.41/x?all=1&v=0&f=%7B%22a%22%3A%20%5B%22b%20c%22%5D%7D&t=1&t=2"
    )


def test_a_name_cannot_lead_elsewhere() -> None:
    script = Script({"GET /containers/a%3Fb%23c%20d/json": 1})
    with scripted(script) as wire:
        assert wire.get("/containers/a?b#c d/json") == 1


def test_a_line_that_is_no_json_is_an_error() -> None:
    with pytest.raises(AnswerLost, match=r'in mid-line: \{"b":'):
        list(json_lines([b'{"a": 1}\n{"b": ']))


def test_lines_of_json_may_be_cut_anywhere() -> None:
    assert list(json_lines([b'{"a"', b': 1}\n{"b":2}\r', b'\n\n{"c"', b":3}"])) == [
        {"a": 1},
        {"b": 2},
        {"c": 3},
    ]


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("tcp://127.0.0.1:{port}/prefix", b"127.0.0.1:{port}"),
        ("unix://{path}", b"localhost"),
    ],
)
def test_an_engine_is_called_by_the_name_it_is_reached_at(
    tmp_path: Path, url: str, host: bytes
) -> None:
    unix = url.startswith("unix")
    heads: list[bytes] = []
    with socket.socket(socket.AF_UNIX if unix else socket.AF_INET) as listener:
        listener.bind(str(tmp_path / "e") if unix else ("127.0.0.1", 0))
        listener.listen()
        port = "" if unix else str(listener.getsockname()[1])

        def serve() -> None:
            plug, _ = listener.accept()
            with plug:
                heads.append(plug.recv(4096))
                plug.sendall(response("OK", headers="Api-Version: 1.41\r\nConnection: close\r\n"))

        threading.Thread(target=serve, daemon=True).start()
        with closing(Wire(Address(url.format(port=port, path=tmp_path / "e")))) as wire:
            assert wire.api == (1, 41)

    assert b"\r\nHost: " + host.replace(b"{port}", port.encode()) + b"\r\n" in heads[0]
