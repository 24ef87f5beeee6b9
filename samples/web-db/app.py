"""Count visits in PostgreSQL: the old example of a web service and its database."""

from __future__ import annotations

import os
import signal
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg

GREETING = "Hello! This page was visited {} times.\n"


def database() -> psycopg.Connection[tuple[int]]:
    return psycopg.connect(
        host=os.environ["DB_HOST"],
        password=os.environ["DB_PASSWORD"],
        user="postgres",
        dbname="postgres",
        connect_timeout=3,
    )


def prepare() -> None:
    """Create the table as soon as the database answers."""
    while True:
        try:
            with database() as connection:
                connection.execute("CREATE TABLE IF NOT EXISTS visits (at timestamptz)")
            return
        except psycopg.OperationalError:
            print("waiting for the database")
            time.sleep(0.5)


def visit() -> int:
    with database() as connection:
        connection.execute("INSERT INTO visits VALUES (now())")
        row = connection.execute("SELECT count(*) FROM visits").fetchone()
    assert row is not None
    return row[0]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path != "/":
            self.send_error(404)
            return
        try:
            status, text = 200, GREETING.format(visit())
        except psycopg.OperationalError:
            status, text = 503, "The database is away.\n"
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def leave(*_: object) -> None:
    raise SystemExit(0)  # process 1 ignores SIGTERM unless told otherwise


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, leave)
    prepare()
    print("listening on port 80")
    server = ThreadingHTTPServer(("", 80), Handler)
    server.daemon_threads = True
    server.serve_forever()
