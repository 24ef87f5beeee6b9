"""A way to a registry that breaks: a proxy that cuts connections when it is told to."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from support.sockets import accept

_CHUNK = 64 * 1024


class CutRegistry:
    """Passes on what goes to the registry at `upstream`, as long as it does not cut it.

    The next `resets` connections are cut before an answer; of the next answers, those that
    are longer than `limit` bytes are cut there, `cuts` times.  One that `dies` refuses
    everything from the first cut on.  `seconds` is how long each 64 KiB take; `passed` how many
    bytes of answers went through.
    """

    def __init__(self, upstream: str) -> None:
        host, _, port = upstream.rpartition(":")
        self._upstream = (host, int(port))
        self.resets = 0
        self.cuts = 0
        self.limit = 0
        self.dies = False
        self.was_cut = 0
        self.seconds = 0.0
        self.passed = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        accept(self._listener, self._serve)

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self, plug: socket.socket) -> None:
        with plug, suppress(OSError), socket.create_connection(self._upstream) as upstream:
            if self.resets:
                plug.recv(_CHUNK)
                self.resets -= 1
                self.was_cut += 1
                return
            sender = threading.Thread(target=_pass_on, args=(plug, upstream), daemon=True)
            sender.start()
            passed = 0
            while chunk := upstream.recv(_CHUNK):
                passed += len(chunk)
                if self.cuts and passed > self.limit:
                    self.cuts -= 1
                    self.was_cut += 1
                    if self.dies:
                        self.close()
                    break
                plug.sendall(chunk)
                self.passed += len(chunk)
                time.sleep(self.seconds * len(chunk) / _CHUNK)
            for end in (plug, upstream):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(_CHUNK):
            target.sendall(chunk)


@contextmanager
def cut_registry(upstream: str) -> Iterator[CutRegistry]:
    made = CutRegistry(upstream)
    try:
        yield made
    finally:
        made.close()
