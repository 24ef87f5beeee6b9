"""Lines of containers as JSON, an object for each: for programs."""

from __future__ import annotations

import json
from typing import Any

from composer.actions.levels import LEVELS, fields_of, level_of
from composer.model.events import STDERR, LogBatch


def objects(container: str, service: str, batch: LogBatch) -> list[bytes]:
    """Return a line with an object for each of `batch`.

    It has the time, service, container and stream, the line itself, its level if it says
    one, and the fields of one that is JSON or logfmt.
    """
    triples = zip(batch.times, batch.texts, batch.streams, strict=True)
    return [
        _line(container, service, time.decode(errors="replace"), text, stream)
        for time, text, stream in triples
    ]


def _line(container: str, service: str, time: str, text: bytes, stream: int) -> bytes:
    told: dict[str, Any] = {
        "time": time,
        "service": service,
        "container": container,
        "stream": "stderr" if stream == STDERR else "stdout",
    }
    level = level_of(text)
    if level is not None:
        told["level"] = LEVELS[level]
    told["line"] = text.decode(errors="backslashreplace")
    fields = fields_of(text)
    if fields is not None:
        told["fields"] = fields
    try:
        return json.dumps(told, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:  # halves of characters, which JSON can hold and UTF-8 cannot
        return json.dumps(told).encode() + b"\n"
