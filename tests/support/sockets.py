"""Who listens on this machine while a test runs: a function for connections, or for requests."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Serve = Callable[[socket.socket], None]
Answer = Callable[[BaseHTTPRequestHandler], tuple[int, Mapping[str, str], bytes]]
"""From a request, whose body may be read, to status, headers and content."""


def accept(listener: socket.socket, serve: Serve) -> None:
    """Have `serve` get each connection on a thread of its own, until the listener is shut down."""
    threading.Thread(target=_accept, args=(listener, serve), daemon=True).start()


def _accept(listener: socket.socket, serve: Serve) -> None:
    while True:
        try:
            plug, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=serve, args=(plug,), daemon=True).start()


@contextmanager
def listening_on_tcp(serve: Serve) -> Iterator[int]:
    """Yield a port; `serve` gets each connection on a thread of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        accept(listener, serve)
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def with_tls(context: ssl.SSLContext, serve: Serve) -> Serve:
    """Return how to serve who speaks TLS; who does not is hung up on."""

    def wrapped(plug: socket.socket) -> None:
        try:
            secured = context.wrap_socket(plug, server_side=True)
        except OSError:
            plug.close()
            return
        serve(secured)

    return wrapped


@contextmanager
def web_server(answer: Answer, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Yield the host and port of a server that answers each request as it is told."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, content = answer(self)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_HEAD = do_POST = do_PUT = do_GET

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
