"""HTTP: a page that works without JavaScript, and a JSON API.

    GET    /                   the page                 GET  /healthz  200, or 503 without database
    GET    /api/todos          all of them
    POST   /api/todos          {"title": "..."}                     -> 201
    PATCH  /api/todos/<id>     {"title": "...", "done": true}, either or both
    DELETE /api/todos/<id>                                          -> 204
"""

from __future__ import annotations

import json
import logging
import re
from dataclasses import asdict
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from app import page
from app.store import DatabaseAway, Store

_LONGEST_BODY = 64 * 1024
_LONGEST_TITLE = 200


class TodoServer(ThreadingHTTPServer):
    daemon_threads = True  # a request on its way does not hold up the end
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], store: Store) -> None:
        super().__init__(address, Handler)
        self.store = store


class Refused(Exception):
    """The request cannot be carried out, and it is the client's doing."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Handler(BaseHTTPRequestHandler):
    server: TodoServer
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        self._answer()

    do_HEAD = do_POST = do_PATCH = do_DELETE = do_GET

    def _answer(self) -> None:
        path = urlsplit(self.path).path
        api = path.startswith("/api/") or path == "/healthz"
        try:
            body = self._body()
            if api:
                self._api(path, body)
            else:
                self._page(path, body)
        except Refused as error:
            self._send_json(error.status, {"error": str(error)})
        except DatabaseAway as error:
            logging.info("the database is away: %s", error)
            if api:
                self._send_json(HTTPStatus.SERVICE_UNAVAILABLE, {"error": "the database is away"})
            else:
                self._send(HTTPStatus.SERVICE_UNAVAILABLE, "text/html", page.waiting())

    def _api(self, path: str, body: bytes) -> None:
        store = self.server.store
        number = _number(r"/api/todos/(\d+)", path)
        match self.command, path:
            case "GET" | "HEAD", "/healthz":
                store.check()
                self._send_json(HTTPStatus.OK, {"status": "ok"})
            case "GET" | "HEAD", "/api/todos":
                self._send_json(HTTPStatus.OK, [asdict(todo) for todo in store.all()])
            case "POST", "/api/todos":
                todo = store.add(_title(_json_object(body).get("title")))
                self._send_json(HTTPStatus.CREATED, asdict(todo))
            case "PATCH", _ if number is not None:
                wanted = _json_object(body)
                title = _title(wanted["title"]) if "title" in wanted else None
                changed = store.change(number, title, _done(wanted.get("done")))
                if changed is None:
                    raise Refused(HTTPStatus.NOT_FOUND, f"there is no todo {number}")
                self._send_json(HTTPStatus.OK, asdict(changed))
            case "DELETE", _ if number is not None:
                if not store.remove(number):
                    raise Refused(HTTPStatus.NOT_FOUND, f"there is no todo {number}")
                self._send(HTTPStatus.NO_CONTENT, None, "")
            case _:
                raise Refused(HTTPStatus.NOT_FOUND, f"{self.command} {path} is not known")

    def _page(self, path: str, body: bytes) -> None:
        """The forms of the page: HTML knows no PATCH or DELETE, hence the paths."""
        store = self.server.store
        form = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
        number = _number(r"/todos/(\d+)/(?:done|open|delete)", path)
        match self.command, path.rpartition("/")[2]:
            case "GET" | "HEAD", "" if path == "/":
                self._send(HTTPStatus.OK, "text/html", page.todo_list(store.all()))
                return
            case "POST", "todos" if path == "/todos":
                if form.get("title", "").strip():
                    store.add(_title(form["title"]))
            case "POST", "delete" if number is not None:
                store.remove(number)
            case "POST", "done" | "open" as state if number is not None:
                store.change(number, None, state == "done")
            case _:
                raise Refused(HTTPStatus.NOT_FOUND, f"{self.command} {path} is not known")
        self._send(HTTPStatus.SEE_OTHER, None, "", Location="/")

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > _LONGEST_BODY:
            self.close_connection = True  # the unread rest would be taken for a request
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body is too long")
        return self.rfile.read(int(length))

    def _send_json(self, status: HTTPStatus, value: object) -> None:
        self._send(status, "application/json", json.dumps(value, ensure_ascii=False) + "\n")

    def _send(self, status: HTTPStatus, kind: str | None, text: str, **headers: str) -> None:
        content = text.encode()
        self.send_response(status)
        if kind:
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
        if status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        if self.path != "/healthz":
            logging.info("%s %s", self.address_string(), format % args)


def _number(pattern: str, path: str) -> int | None:
    found = re.fullmatch(pattern, path)
    # bigint ends at 19 digits
    return int(found[1]) if found and len(found[1]) < 19 else None


def _json_object(body: bytes) -> dict[str, object]:
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise Refused(HTTPStatus.BAD_REQUEST, "the body is not a JSON object")
    return value


def _title(value: object) -> str:
    title = value.strip().replace("\0", "") if isinstance(value, str) else ""
    if not title or len(title) > _LONGEST_TITLE:
        reason = f"title: a text of 1 to {_LONGEST_TITLE} characters"
        raise Refused(HTTPStatus.BAD_REQUEST, reason)
    return title


def _done(value: object) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise Refused(HTTPStatus.BAD_REQUEST, "done: true or false")
