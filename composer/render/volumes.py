"""Volumes → the fields that the Docker CLI knows of them."""

from __future__ import annotations

from collections.abc import Mapping

from composer.model.observed import ObservedVolume
from composer.render.gotemplate.values import Row

RAW = "name: {{.Name}}\ndriver: {{.Driver}}\n"

HEADERS: Mapping[str, str] = {
    "Availability": "AVAILABILITY",
    "Driver": "DRIVER",
    "Group": "GROUP",
    "ID": "ID",
    "Labels": "LABELS",
    "Links": "LINKS",
    "Mountpoint": "MOUNTPOINT",
    "Name": "VOLUME NAME",
    "Scope": "SCOPE",
    "Size": "SIZE",
    "Status": "STATUS",
}

_UNKNOWN = "N/A"
"""Of volumes of a cluster, and of what takes long to measure."""


def row(volume: ObservedVolume) -> Row:
    return Row(
        {
            "Availability": _UNKNOWN,
            "Driver": volume.driver,
            "Group": _UNKNOWN,
            "Label": lambda name: volume.labels.get(name, ""),
            "Labels": ",".join(f"{key}={value}" for key, value in sorted(volume.labels.items())),
            "Links": _UNKNOWN,
            "Mountpoint": volume.mountpoint,
            "Name": volume.name,
            "Scope": volume.scope,
            "Size": _UNKNOWN,
            "Status": _UNKNOWN,
        }
    )
