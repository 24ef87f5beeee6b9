"""Is what has the name already just what was to be created?  Pure.

So it is when the answer to a create was lost, or when somebody else brings the
same project up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from composer.model.names import Label

Json = Mapping[str, Any]


def is_twin(live: Mapping[str, Any], body: Json) -> bool:
    """Say whether an inspected container is what `body` asks for.

    The labels tell: project, service, number and the hash of the configuration are
    among them, but not which anonymous volumes it inherited.  Whom it replaces, and
    why, depends on who looked when.
    """
    config, host = live["Config"], live["HostConfig"]
    labels = {
        name: value
        for name, value in (body.get("Labels") or {}).items()
        if name not in (Label.REPLACE, Label.REPLACED_BECAUSE)
    }
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
