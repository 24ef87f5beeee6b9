"""Advice on paths of the machine, on resources, and on names that lead elsewhere."""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterator
from typing import Final

from composer.errors import Problem
from composer.loader import carried_out, select
from composer.loader.advice import databases
from composer.loader.advice.scene import At, Scene
from composer.loader.files import shorter_name
from composer.model.project import Project
from composer.model.reload import KEY, RELOAD, said_in
from composer.model.service import Service
from composer.record import replace
from composer.source import Path

_FILE: Final = re.compile(
    r".*\.(?:acl|cert|cfg|cnf|conf|config|crt|css|csv|db|env|hcl|html?|ini|js|json|key|list|log"
    r"|lua|md|pem|php|properties|pub|py|rules|service|sh|sql|sqlite|tmpl|toml|ts|txt|vcl|xml"
    r"|ya?ml|zip)|\.env|\.htpasswd|Caddyfile|Dockerfile|Makefile",
    re.DOTALL,
)
"""Names that a file has rather than a directory."""

_DESKTOP: Final = "host.docker.internal"

_HOST: Final = re.compile(
    r"(?:.*_)?(?:DB|DATABASE|POSTGRES|POSTGRESQL|PG|MYSQL|MARIADB|MONGO|MONGODB|REDIS|CACHE"
    r"|ELASTICSEARCH|MSSQL|CLICKHOUSE)_?(?:HOST|HOSTNAME|SERVER)"
)
_LOCAL_ADDRESS: Final = re.compile(
    r"(?P<scheme>[a-z]{1,20})(?:\+[a-z0-9]{1,20})?://(?:[^\s/@]*@)?(?:localhost|127\.0\.0\.1)\b"
)
_SCHEMES: Final = {
    **{kind: kind for kind in databases.KINDS},
    "mariadb": "mysql",
    "mongodb": "mongo",
    "postgresql": "postgres",
    "rediss": "redis",
    "sqlserver": "mssql",
}


def unheard_reload(at: At) -> Iterator[Problem]:
    service = at.service
    if said_in(service.extensions) and not service.configs and not service.secrets:
        yield at.say(
            f"service {service.name!r} has no config and no secret to reload",
            *(KEY, RELOAD),
            help="only their content is watched: a bind mount changes by itself",
        )
    elif service.read_only and (place := next(_reloads(service), None)):
        yield at.say(
            f"service {service.name!r} is read_only, so no file in it can be written while it "
            "runs: it is replaced instead",
            *place,
            help=f"remove {RELOAD}, or read_only",
        )


def _reloads(service: Service) -> Iterator[Path]:
    """Yield where a service says that it reloads."""
    if said_in(service.extensions):
        yield KEY, RELOAD
    for section in ("configs", "secrets"):
        for index, reference in enumerate(getattr(service, section)):
            if said_in(reference.extensions):
                yield section, index, KEY, RELOAD


def missing_bind_file(at: At) -> Iterator[Problem]:
    for index, mount in enumerate(at.service.volumes):
        source = mount.source or ""
        if mount.type != "bind" or at.scene.exists(source):
            continue
        written = at.original("volumes", index, "source")
        names = (os.path.basename(source), os.path.basename(mount.target))
        if written.startswith((".", "~")) and all(map(_FILE.fullmatch, names)):
            yield at.say(
                f"{_shown(at.scene, source)!r} does not exist, "
                "and the engine makes a directory of that name",
                *("volumes", index),
                help="make the file before `up`",
            )


def missing_file(scene: Scene) -> Iterator[Problem]:
    for section, kind in (("configs", "config"), ("secrets", "secret")):
        for key, entry in getattr(_used(scene), section).items():
            if entry.file is not None and not scene.exists(entry.file):
                yield Problem(
                    f"{_shown(scene, entry.file)!r}, the content of {kind} {key!r}, does not exist",
                    scene.project.mark(section, key, "file"),
                    help="create it, or correct the path",
                    severity="warning",
                )
    for service in scene.services.values():
        yield from _build(At(scene, service))


def _build(at: At) -> Iterator[Problem]:
    build = at.service.build
    if build is None or not os.path.isabs(build.context):
        return  # an address has no files here
    shown = _shown(at.scene, build.context)
    if not at.scene.exists(build.context):
        yield at.say(f"there is no directory {shown!r} to build", "build", "context")
    elif build.dockerfile:
        path = os.path.join(build.context, build.dockerfile)
        if not at.scene.exists(path):
            message = f"there is no {_shown(at.scene, path)!r} to build {at.service.name!r} with"
            yield at.say(message, "build", "dockerfile")


def _shown(scene: Scene, path: str) -> str:
    return shorter_name(path, scene.project.directory)


def unused_resource(scene: Scene) -> Iterator[Problem]:
    project = scene.project
    if ("jobs",) in project.marks:
        return
    used = _used(scene)
    for section in ("networks", "volumes", "configs", "secrets"):
        for key in getattr(project, section):
            if key not in getattr(used, section):
                yield Problem(
                    f"{section.removesuffix('s')} {key!r} is used by no service, and has no effect",
                    project.mark(section, key),
                    help="remove it, or name it in a service",
                    severity="warning",
                    path=(section, key),
                )


def _used(scene: Scene) -> Project:
    """Return the project with the resources that some service uses, switched off or not."""
    return select.only_used(replace(scene.project, services=scene.services))


def obsolete_links(at: At) -> Iterator[Problem]:
    if at.service.links:
        alias = any(":" in link for link in at.service.links)
        yield at.say(
            "links are not needed: services of one network find each other by name",
            "links",
            help="write depends_on for the order"
            + (", and networks.NAME.aliases for other names" if alias else ""),
        )


def localhost_database(at: At) -> Iterator[Problem]:
    if at.service.network_mode is not None:
        return
    for entry in at.entries("environment"):
        database = _other_database(at, _kinds(entry.key, entry.value))
        if database is not None:
            yield at.say(
                f"localhost in {entry.key!r} is the container of {at.service.name!r} itself",
                *entry.path,
                help=f"the name of the other one is {database.name!r}",
            )


def desktop_only_host(at: At) -> Iterator[Problem]:
    if any(host.startswith(_DESKTOP) for host in at.service.extra_hosts):
        return
    for entry in at.entries("environment"):
        if re.search(rf"\b{re.escape(_DESKTOP)}\b", entry.value):
            yield at.say(
                f"{_DESKTOP!r} in {entry.key!r} is a name that only Docker Desktop knows",
                *entry.path,
                help=f'for an engine on Linux add extra_hosts: ["{_DESKTOP}:host-gateway"]',
            )


def _kinds(key: str, value: str) -> tuple[str, ...]:
    """Return the kinds of database that a variable looks for on localhost."""
    address = _LOCAL_ADDRESS.search(value) if "://" in value else None
    if address is not None and address["scheme"] in _SCHEMES:
        return (_SCHEMES[address["scheme"]],)
    if value not in ("localhost", "127.0.0.1") or not _HOST.fullmatch(key):
        return ()
    words = key.lower().split("_")
    named = tuple(_SCHEMES[word] for word in words if word in _SCHEMES)
    return named or tuple(kind for kind in databases.KINDS if kind not in databases.CACHES)


def _other_database(at: At, kinds: tuple[str, ...]) -> Service | None:
    """Return a service with a database of one of `kinds`, other than this one itself."""
    found = (other for kind in kinds for other in at.scene.databases.get(kind, ()))
    return next((other for other in found if other is not at.service), None)


def refused_by_up(scene: Scene) -> Iterator[Problem]:
    for problem in carried_out.problems(scene.project):
        help = problem.help or "`config` prints it; `plan` and `up` refuse it"
        yield replace(problem, severity="warning", help=help)
