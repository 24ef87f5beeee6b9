"""Start the server; the database may come later, or go and come back."""

from __future__ import annotations

import os
import signal

# Process 1 of a container has no default for SIGTERM: until a handler is set, a stop
# would take ten seconds.  Hence first of all, and at once: every request is complete
# in the database or not there at all.
signal.signal(signal.SIGTERM, lambda number, frame: os._exit(0))

import logging
import sys
import threading
import time

from app.server import TodoServer
from app.store import DatabaseAway, Store

PORT = 3000


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    store = Store(
        host=os.environ.get("DB_HOST", "localhost"),
        port=int(os.environ.get("DB_PORT", "5432")),
        user=os.environ.get("DB_USERNAME", "postgres"),
        password=os.environ.get("DB_PASSWORD", "postgres"),
        database=os.environ.get("DB_DATABASE", "todo_db"),
    )
    threading.Thread(target=prepare, args=(store,), daemon=True).start()
    logging.info("listening on port %d", PORT)
    TodoServer(("", PORT), store).serve_forever()


def prepare(store: Store) -> None:
    """Create the table as soon as there is a database."""
    pause = 0.1
    while True:
        try:
            store.prepare()
        except DatabaseAway as error:
            logging.info("waiting for the database: %s", error)
            time.sleep(pause)
            pause = min(pause * 2, 2)
        else:
            logging.info("the database is ready")
            return


if __name__ == "__main__":
    main()
