"""Advice on images, and on the databases among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from composer.errors import Problem
from composer.loader.advice import databases
from composer.loader.advice.scene import At
from composer.loader.template import expressions

_POSTGRES: Final = ("postgres", "postgis/postgis", "pgvector/pgvector")
_OLD_PGDATA: Final = "/var/lib/postgresql/data"
_PGDATA: Final = "/var/lib/postgresql"

_DATA: Final[Mapping[str, str]] = {
    **dict.fromkeys(("mysql", "mariadb", "percona"), "/var/lib/mysql"),
    "mongo": "/data/db",
}
"""Where official images keep their data.  Postgres moved it with version 18."""

_MYSQL: Final = tuple(
    f"MYSQL_{name}"
    for name in (
        "ROOT_PASSWORD",
        "ROOT_PASSWORD_FILE",
        "ALLOW_EMPTY_PASSWORD",
        "RANDOM_ROOT_PASSWORD",
    )
)
_MARIADB: Final = tuple(name.replace("MYSQL", "MARIADB") for name in _MYSQL)
_PASSWORDS: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(
        _POSTGRES, ("POSTGRES_PASSWORD", "POSTGRES_PASSWORD_FILE", "POSTGRES_HOST_AUTH_METHOD")
    ),
    "mysql": _MYSQL,
    "mariadb": (*_MARIADB, *_MYSQL, "MARIADB_ROOT_PASSWORD_HASH"),
}
"""Variables of which an official image wants one, its favourite first."""


def latest_tag(at: At) -> Iterator[Problem]:
    service = at.service
    if service.image is None or service.pull_policy == "never":
        return
    parts = databases.image(service.image)
    if parts.digest or parts.tag not in ("", "latest") or _tag_is_given(at):
        return
    if service.image in at.scene.built:
        return
    what = "is" if parts.tag else "has no tag, which means latest:"
    yield at.say(
        f"image {service.image!r} {what} another one from day to day",
        "image",
        help=f"name a version: {service.image.removesuffix(':latest')}:VERSION",
    )


def _tag_is_given(at: At) -> bool:
    """Say whether a variable may give the image its tag."""
    text, end, rest = at.original("image"), 0, ""
    for found in expressions(text):
        if found.start >= end:  # not inside another
            rest += text[end : found.start] + "\0"
            end = found.start + len(found.text)
    return "\0" in (rest + text[end:]).rpartition("/")[2]


def anonymous_data(at: At) -> Iterator[Problem]:
    image = databases.official(at.service)
    directory = _data_directory(at, image)
    if image is None or directory is None:
        return
    targets = {mount.target.rstrip("/"): at for at, mount in enumerate(at.service.volumes)}
    index = targets.get(directory)
    help = f"mount a named volume: NAME:{directory}"
    if index is not None:
        mount = at.service.volumes[index]
        if mount.type == "volume" and mount.source is None:
            message = "this volume has no name: after `down` nobody finds the data again"
            yield at.say(message, "volumes", index, help=help)
        return
    mounted = [*targets, *(entry.partition(":")[0].rstrip("/") for entry in at.service.tmpfs)]
    if not at.service.volumes_from and not any(_touches(one, directory) for one in mounted):
        yield at.say(
            f"nothing is mounted at {directory}: after `down` nobody finds the data again",
            "image",
            help=help,
        )


def postgres_mount(at: At) -> Iterator[Problem]:
    image = databases.official(at.service)
    if image is None or image.name not in _POSTGRES or "PGDATA" in at.service.environment:
        return
    targets = {mount.target.rstrip("/"): at for at, mount in enumerate(at.service.volumes)}
    if (image.major or 0) >= 18 and _OLD_PGDATA in targets:
        yield at.say(
            f"postgres {image.major} does not start with a mount at {_OLD_PGDATA}",
            *("volumes", targets[_OLD_PGDATA]),
            help=f"from 18 on it belongs at {_PGDATA}; older data wants pg_upgrade first",
        )
    if 0 < (image.major or 0) < 18 and _PGDATA in targets and _OLD_PGDATA not in targets:
        yield at.say(
            f"postgres {image.major} does not keep its data at {_PGDATA}",
            *("volumes", targets[_PGDATA]),
            help=f"up to 17 it is {_OLD_PGDATA}",
        )


def _data_directory(at: At, image: databases.Image | None) -> str | None:
    """Return where the image keeps its data; None if unknown, or moved by a variable."""
    if image is None:
        return None
    if image.name not in _POSTGRES:
        return _DATA.get(image.name)
    if "PGDATA" in at.service.environment:
        return None
    return _OLD_PGDATA if image.major is not None and image.major < 18 else _PGDATA


def _touches(one: str, other: str) -> bool:
    """Say whether one directory is the other, or lies in it."""
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def mysql_root_user(at: At) -> Iterator[Problem]:
    image = databases.official(at.service)
    if image is None or image.name != "mysql":
        return
    if at.service.environment.get("MYSQL_USER") == "root":
        yield at.say(
            f"{at.service.image!r} stops at its first start: root is there already",
            *("environment", "MYSQL_USER"),
            help="leave MYSQL_USER out; MYSQL_ROOT_PASSWORD is root's password",
        )


def database_without_password(at: At) -> Iterator[Problem]:
    image = databases.official(at.service)
    wanted = _PASSWORDS.get(image.name) if image else None
    if wanted is None or at.service.env_file:
        return
    if not any(at.service.environment.get(name) for name in wanted):
        yield at.say(
            f"{at.service.image!r} wants a password, and stops at its first start without one",
            "image",
            help=f"set {wanted[0]} or {wanted[1]}",
        )
