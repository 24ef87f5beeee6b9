"""What is known of database images, by the names under which they are published."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from composer.model.service import Service
from composer.record import dataclass

KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "postgres": ("postgres", "postgresql", "postgis", "timescaledb", "timescaledb-ha", "pgvector"),
    "mysql": ("mysql", "mysql-server", "mariadb", "percona", "percona-server"),
    "mongo": ("mongo", "mongodb", "mongodb-community-server"),
    "redis": ("redis", "redis-stack", "redis-stack-server", "valkey", "keydb", "dragonfly"),
    "memcached": ("memcached",),
    "elasticsearch": ("elasticsearch", "opensearch"),
    "mssql": ("mssql/server", "azure-sql-edge"),
    "cassandra": ("cassandra", "scylla"),
    "clickhouse": ("clickhouse", "clickhouse-server"),
    "cockroach": ("cockroach",),
    "couchdb": ("couchdb",),
    "influxdb": ("influxdb",),
    "neo4j": ("neo4j",),
    "oracle": ("oracle-free", "oracle-xe"),
}
"""Kinds of databases, and the last part of the names of their images."""

CACHES: Final = ("memcached", "redis")
"""Kinds that are ready at once and may lose what they hold."""

PORTS: Final[Mapping[int, str]] = {
    1433: "mssql",
    3306: "mysql",
    5432: "postgres",
    6379: "redis",
    9200: "elasticsearch",
    11211: "memcached",
    27017: "mongo",
}
"""Ports that are a database's whatever the image is called."""

_BY_NAME: Final = {name: kind for kind, names in KINDS.items() for name in names}
_OWN_SERVER: Final = ("-", "postgres", "mysqld", "mariadbd", "mongod", "docker-entrypoint")


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A reference taken apart.  `name` is without registry: "library/x" is "x"."""

    name: str
    tag: str = ""
    digest: str = ""

    @property
    def major(self) -> int | None:
        """The first number of the tag."""
        found = re.match(r"v?(\d{1,4})(?![\da-z])", self.tag)
        return int(found[1]) if found else None


def image(ref: str) -> Image:
    """Return the parts of `ref`."""
    rest, _, digest = ref.partition("@")
    head, slash, last = rest.rpartition("/")
    last, _, tag = last.partition(":")
    parts = [*head.split("/"), last] if slash else [last]
    if len(parts) > 1 and (re.search("[.:]", parts[0]) or parts[0] == "localhost"):
        parts = parts[1:]
    if len(parts) > 1 and parts[0] == "library":
        parts = parts[1:]
    return Image(name="/".join(parts), tag=tag, digest=digest)


def kind(service: Service) -> str | None:
    """Return the kind of database that a service runs, None if it is none that is known."""
    if service.image is None:
        return None
    parts = image(service.image).name.split("/")
    return _BY_NAME.get("/".join(parts[-2:])) or _BY_NAME.get(parts[-1])


def official(service: Service) -> Image | None:
    """Return the image of a service that starts the image's own server, unchanged."""
    if service.image is None or service.build is not None or service.entrypoint is not None:
        return None
    if service.command and not service.command[0].startswith(_OWN_SERVER):
        return None
    return image(service.image)
