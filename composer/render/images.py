"""Images of containers → the columns and fields of `images`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from composer.model.names import full_reference
from composer.render.containers import elapsed
from composer.render.grid import Column
from composer.render.sizes import human_size

if TYPE_CHECKING:
    from composer.actions.images import Used

COLUMNS = (
    Column("CONTAINER"),
    Column("REPOSITORY", "fold"),
    Column("TAG"),
    Column("PLATFORM", drop=1),
    Column("IMAGE ID", drop=3),
    Column("SIZE", right=True),
    Column("CREATED", drop=2),
)

FIELDS = ("ContainerName", "Repository", "Tag", "Platform", "ID", "Size", "LastTagTime")
_NONE = "<none>"
_UNKNOWN = "N/A"
_NEVER = "0001-01-01T00:00:00Z"


def cells(used: Used, now: float) -> tuple[str, ...]:
    """Return the columns; `now` is in seconds since the epoch."""
    repository, tag = name_and_tag(used.container.image)
    image = used.image
    dated = image.dated_at if image else 0
    return (
        used.container.name,
        repository or _NONE,
        tag or _NONE,
        image.platform if image else _UNKNOWN,
        used.container.image_id.rpartition(":")[2][:12],
        human_size(image.size) if image else _UNKNOWN,
        f"{elapsed(now - dated)} ago" if dated else _UNKNOWN,
    )


def fields(used: Used) -> Mapping[str, object]:
    """Return what JSON has, in its order."""
    repository, tag = name_and_tag(used.container.image)
    image = used.image
    return {
        "ID": used.container.image_id,
        "ContainerName": used.container.name,
        "Repository": repository,
        "Tag": tag,
        "Platform": image.platform if image else "",
        "Size": image.size if image else 0,
        "LastTagTime": (image.dated if image else "") or _NEVER,
    }


def name_and_tag(ref: str) -> tuple[str, str]:
    """Return repository and tag, as people write them; nothing of an id."""
    if ref.startswith("sha256:") or (len(ref) == 64 and set(ref) <= set("0123456789abcdef")):
        return "", ""
    plain = ref.partition("@")[0]
    digested = "@" in ref
    name, _, tag = full_reference(plain).rpartition(":")
    for prefix in ("docker.io/library/", "index.docker.io/library/", "docker.io/"):
        if name.startswith(prefix):
            name = name.removeprefix(prefix)
            break
    untagged = digested and plain == name
    return name, "" if untagged else tag
