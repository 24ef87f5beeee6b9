"""Images of containers → the columns and fields of `images`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from composer.model.names import full_reference
from composer.render.containers import elapsed
from composer.render.grid import Column
from composer.render.sizes import human_size

if TYPE_CHECKING:
    from composer.actions.images import Used

COLUMNS: tuple[Column, ...] = (
    Column("CONTAINER"),
    Column("REPOSITORY", "fold"),
    Column("TAG"),
    Column("PLATFORM", drop=1),
    Column("IMAGE ID", drop=3),
    Column("SIZE", right=True),
    Column("CREATED", drop=2),
)

FIELDS: tuple[str, ...] = (
    "ContainerName",
    "Repository",
    "Tag",
    "Platform",
    "ID",
    "Size",
    "LastTagTime",
)
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


def with_digests(
    found: Sequence[Used],
    rows: Sequence[tuple[str, ...]],
    values: Sequence[Mapping[str, object]],
) -> tuple[tuple[Column, ...], tuple[str, ...], list[tuple[str, ...]], list[Mapping[str, object]]]:
    """Return columns, fields, rows and values with the digest of each image behind its tag."""
    digests = [digest(used) for used in found]
    at = FIELDS.index("Tag") + 1
    told = [{**value, "Digest": one} for value, one in zip(values, digests, strict=True)]
    return (
        (*COLUMNS[:at], Column("DIGEST", "cut", drop=4), *COLUMNS[at:]),
        (*FIELDS[:at], "Digest", *FIELDS[at:]),
        [(*row[:at], one or _NONE, *row[at:]) for row, one in zip(rows, digests, strict=True)],
        [*told],
    )


def digest(used: Used) -> str:
    """Return the digest of an image in the repository that its container names, "" for none."""
    repository, _ = name_and_tag(used.container.image)
    for one in used.image.digests if used.image else ():
        name, _, found = one.partition("@")
        if name_and_tag(name)[0] == repository:
            return found
    return ""


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
