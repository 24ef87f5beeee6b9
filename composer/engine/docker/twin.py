"""Is what has the name already just what was to be created?  Pure.

So it is when the answer to a create was lost, or when somebody else brings the
same project up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]


def is_twin(live: Mapping[str, Any], body: Json) -> bool:
    """Say whether an inspected container is what `body` asks for.

    The labels tell: project, service, number and the hash of the configuration are
    among them, but not which anonymous volumes it inherited.
    """
    config, host = live["Config"], live["HostConfig"]
    labels = body.get("Labels") or {}
    return (
        labels.items() <= (config.get("Labels") or {}).items()
        and bool(labels)
        and body["Image"] == config["Image"]
        and _mounted(body["HostConfig"]) == _mounted(host)
    )


def _mounted(host: Json) -> tuple[list[str], list[tuple[object, object]]]:
    """Return the mounts of a container, each with its source."""
    others = [(mount.get("Source") or "", mount["Target"]) for mount in host.get("Mounts") or ()]
    return list(host.get("Binds") or ()), others
