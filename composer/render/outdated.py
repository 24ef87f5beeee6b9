"""Images beside their registries → the columns and fields of `outdated`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from composer.render.grid import Column
from composer.render.sizes import human_size

if TYPE_CHECKING:
    from composer.actions.outdated import Compared

COLUMNS = (
    Column("IMAGE", "fold"),
    Column("SERVICES", "fold"),
    Column("HERE", drop=2),
    Column("REGISTRY", drop=1),
    Column("DOWNLOAD", right=True),
    Column("STATUS", "fold"),
)
FIELDS = ("Image", "Services", "Here", "Registry", "Download", "Status")


def cells(one: Compared) -> tuple[str, ...]:
    return (
        one.ref,
        ", ".join(one.services),
        _short(one.here),
        _short(one.there),
        human_size(one.size) if one.behind else "",
        status(one),
    )


def fields(one: Compared) -> Mapping[str, object]:
    """Return what JSON has: whole digests, and sizes in bytes."""
    return {
        "Image": one.ref,
        "Services": list(one.services),
        "Here": one.here,
        "Registry": one.there,
        "Download": one.size,
        "Status": status(one),
        "Waiting": list(one.waiting),
    }


def status(one: Compared) -> str:
    """Return how an image stands, in words."""
    if one.failure is not None:
        return "unknown"
    if one.behind:
        return "behind" if one.here else "not pulled"
    if one.waiting:
        return f"pulled, not yet in {', '.join(one.waiting)}"
    return "up to date"


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:12] or "-"
