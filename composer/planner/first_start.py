"""What the images of databases read at their first start only.

A new container with another password does not change that of the database whose data it
finds, so the application that has the new one is not let in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from composer.errors import Problem
from composer.model.observed import MountPoint, Observed
from composer.model.operations import CreateContainer
from composer.model.plan import Change, Loss, Step

_DATA: Final = {
    "/var/lib/postgresql": ("POSTGRES_DB", "POSTGRES_PASSWORD", "POSTGRES_USER"),
    "/var/lib/mysql": tuple(
        f"{image}_{name}"
        for image in ("MARIADB", "MYSQL")
        for name in ("DATABASE", "PASSWORD", "ROOT_PASSWORD", "USER")
    ),
    "/data/db": ("MONGO_INITDB_ROOT_PASSWORD", "MONGO_INITDB_ROOT_USERNAME"),
}
"""Where an image keeps its data, and what it looks at only while there is none."""


def unread(steps: Iterable[Step], observed: Observed, losses: Iterable[Loss]) -> Iterator[Problem]:
    """Yield a warning for each variable that changes and has no effect on the data that stay."""
    lost = {one.volume for one in losses}
    for step in steps:
        if not isinstance(step.operation, CreateContainer) or not step.changes:
            continue
        spec = step.operation.spec
        for old in observed.containers:
            if (old.service, old.number) == (spec.service, spec.number) and not old.oneoff:
                kept = [one for one in old.mounts if one.name is None or one.name not in lost]
                yield from _ineffective(step.changes, kept)


def _ineffective(changes: Iterable[Change], mounts: Iterable[MountPoint]) -> Iterator[Problem]:
    read_once = {
        f"environment.{name}": point
        for point in mounts
        for directory, names in _DATA.items()
        if f"{point.target}/".startswith(f"{directory}/")
        for name in names
    }
    for change in changes:
        if point := read_once.get(change.field):
            where = f"volume {point.name!r}" if point.name else repr(point.source)
            yield Problem(
                f"{change.field.removeprefix('environment.')} is read when a database is made, "
                f"and {where} holds one already: that stays as it is",
                change.mark,
                help="change it in the database too; 'composer down -v' deletes the data, and "
                "then it counts",
                severity="warning",
            )
