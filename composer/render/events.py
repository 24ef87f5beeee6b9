"""Events of the engine, word for word as Docker Compose prints them; attributes by name."""

from __future__ import annotations

import time

from composer.model.names import Label
from composer.model.observed import EngineEvent
from composer.model.units import SECOND
from composer.render.template import go_json

_OWN = "com.docker.compose."


def as_text(happened: EngineEvent) -> str:
    """Return one line, and the empty line that Docker Compose leaves behind it."""
    seconds, rest = divmod(happened.time, SECOND)
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
    attributes = ", ".join(f"{key}={value}" for key, value in _attributes(happened).items())
    return (
        f"{when}.{rest // 1000:06} container {happened.action}"
        f" {happened.container} ({attributes})\n\n"
    )


def as_json(happened: EngineEvent) -> str:
    """Return a line with an object."""
    told = {
        "action": happened.action,
        "attributes": _attributes(happened),
        "id": happened.container,
        "service": happened.labels.get(Label.SERVICE, ""),
        "time": _rfc3339(happened.time),
        "type": "container",
    }
    return go_json(told) + "\n"


def _attributes(happened: EngineEvent) -> dict[str, str]:
    return {
        key: value for key, value in sorted(happened.labels.items()) if not key.startswith(_OWN)
    }


def _rfc3339(nanoseconds: int) -> str:
    """Return local time as Go writes it into JSON: without zeros at the end."""
    seconds, rest = divmod(nanoseconds, SECOND)
    local = time.localtime(seconds)
    fraction = f".{rest:09}".rstrip("0").rstrip(".")
    zone = time.strftime("%z", local)
    shown = "Z" if zone in ("+0000", "") else f"{zone[:3]}:{zone[3:]}"
    return time.strftime("%Y-%m-%dT%H:%M:%S", local) + fraction + shown
