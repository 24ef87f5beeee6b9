"""Both directions of a TLS connection at once, which TLS itself cannot be asked for.

Its state may be used by one thread at a time.  So one thread passes bytes between it and a
plain socket, and whoever has that one may read and write as they like, and end one
direction alone: of that the engine is told by the end of TCP's, which TLS would take for
the end of both.
"""

from __future__ import annotations

import select
import socket
import ssl
from contextlib import suppress
from threading import Thread

_AT_ONCE = 64 * 1024


def relayed(secure: ssl.SSLSocket) -> socket.socket:
    """Return a plain socket for what is said over `secure`, which is closed with it."""
    ours, theirs = socket.socketpair()
    relay = _Relay(theirs, secure)
    Thread(target=relay.run, name="composer-relay", daemon=True).start()
    return ours


class _Relay:
    """Passes bytes from `near` to `far` and back; holds what one side does not take yet."""

    def __init__(self, near: socket.socket, far: ssl.SSLSocket) -> None:
        self._near = near
        self._far = far
        self._going = b""
        self._coming = b""
        self._listening = True
        self._hearing = True

    def run(self) -> None:
        self._near.setblocking(False)
        self._far.setblocking(False)
        with suppress(OSError), self._near, self._far:
            while self._hearing or self._coming:
                if self._is_left(self._await()):
                    return
                self._pass_on()
                self._bring_back()

    def _await(self) -> int:
        """Sleep until something can be done; return what is the matter with the near side."""
        poll = select.poll()
        near = select.POLLIN * (self._listening and not self._going)
        poll.register(self._near, near | select.POLLOUT * bool(self._coming))
        far = select.POLLIN * (self._hearing and not self._coming)
        far |= select.POLLOUT * bool(self._going)
        if far:  # else an engine that has hung up would wake us over and over
            poll.register(self._far, far)
        waiting = self._far.pending() and not self._coming
        happened = dict(poll.poll(0 if waiting else None))
        return happened.get(self._near.fileno(), 0)

    def _is_left(self, events: int) -> bool:
        """Say whether nobody is there any more; who only says nothing any more still listens."""
        return bool(events & select.POLLHUP) and not events & select.POLLIN

    def _pass_on(self) -> None:
        if self._listening and not self._going:
            with suppress(BlockingIOError):
                self._going = self._near.recv(_AT_ONCE)
                if not self._going:
                    self._listening = False
                    socket.socket.shutdown(self._far, socket.SHUT_WR)
        if self._going:
            with suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
                self._going = self._going[self._far.send(self._going) :]

    def _bring_back(self) -> None:
        if self._hearing and not self._coming:
            with suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
                self._coming = self._far.recv(_AT_ONCE)
                if not self._coming:
                    self._hearing = False
        if self._coming:
            with suppress(BlockingIOError):
                self._coming = self._coming[self._near.send(self._coming) :]
