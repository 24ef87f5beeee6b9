"""What an engine tells while a test runs: of what is past it keeps the last 256 events only."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_HEARD = ("type=container", "type=volume", "event=create", "event=mount")


@contextmanager
def nameless_volumes() -> Iterator[Callable[[str], set[str]]]:
    """Yield what tells the volumes without a name that containers of a project have had."""
    filters = [word for one in _HEARD for word in ("--filter", one)]
    command = ("docker", "events", "--since", str(time.time()), "--format", "{{json .}}", *filters)
    with tempfile.TemporaryFile() as said:
        listener = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.DEVNULL
        )

        def told(project: str) -> set[str]:
            # The listener writes where the file stands: who moves that would have it write over.
            text = os.pread(said.fileno(), os.fstat(said.fileno()).st_size, 0)
            whole = text[: text.rfind(b"\n") + 1]
            return _mounted([json.loads(one) for one in whole.splitlines()], project)

        try:
            yield told
        finally:
            listener.kill()
            listener.wait()


def _mounted(events: list[dict[str, Any]], project: str) -> set[str]:
    actors = [(one["Action"], one["Actor"]["ID"], one["Actor"]["Attributes"]) for one in events]
    label = "com.docker.compose.project"
    containers = {id for _, id, attributes in actors if attributes.get(label) == project}
    return {
        id
        for action, id, attributes in actors
        if action == "mount" and attributes.get("container") in containers and len(id) == 64
    }
