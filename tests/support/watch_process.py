"""`composer watch` as a user runs it, and files that change under it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from support.cli import Folder
from support.lab import eventually

STAY = "[sh, -c, \"trap 'exit 0' TERM; while :; do sleep 0.2; done\"]"


class Watch:
    """A command that watches, and what it has said so far."""

    def __init__(self, folder: Folder, *arguments: str) -> None:
        self.process = folder.start(*arguments)
        self._said: list[str] = []
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._said.append(line)

    @property
    def said(self) -> str:
        return "".join(self._said)

    def until(self, text: str) -> None:
        eventually(lambda: self.said, lambda said: text in said or self.process.poll() is not None)
        assert text in self.said, self.said

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(120)
        self._reader.join(10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        assert "Traceback" not in self.said, self.said
        return code


@contextmanager
def watching(folder: Folder, *arguments: str) -> Iterator[Watch]:
    watch = Watch(folder, *(arguments or ("watch",)))
    try:
        watch.until("Watch enabled")
        yield watch
    finally:
        code = watch.end()
    assert code == 130


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
