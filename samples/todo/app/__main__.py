"""Start the server; the database may come later, or go and come back."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from types import FrameType

from app.server import TodoServer
from app.store import DatabaseAway, Store

PORT = 3000


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    signal.signal(signal.SIGTERM, leave)
    store = Store(
        host=os.environ.get("DB_HOST", "localhost"),
        port=int(os.environ.get("DB_PORT", "5432")),
        user=os.environ.get("DB_USERNAME", "postgres"),
        password=os.environ.get("DB_PASSWORD", "postgres"),
        database=os.environ.get("DB_DATABASE", "todo_db"),
    )
    threading.Thread(target=prepare, args=(store,), daemon=True).start()
    logging.info("listening on port %d", PORT)
    try:
        TodoServer(("", PORT), store).serve_forever()
    except KeyboardInterrupt:
        logging.info("stopping")


def leave(number: int, frame: FrameType | None) -> None:
    """Python as process 1 ignores SIGTERM by default, and a stop would take ten seconds."""
    raise KeyboardInterrupt


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
