"""All advice: a table of rules by the names of their warnings.

A rule yields problems without a name; it is the table that names them.  To add one,
write the function, a row here, a line in warning_names.py and a section in
docs/check.md; the tests compare the three.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final

from composer.errors import Problem
from composer.loader.advice import exposure, files, images, secrets, texts, waiting
from composer.loader.advice.scene import At, Scene
from composer.record import replace

OF_A_SERVICE: Final[Mapping[str, Callable[[At], Iterator[Problem]]]] = {
    "anonymous-data": images.anonymous_data,
    "database-not-awaited": waiting.database_not_awaited,
    "database-port": exposure.database_port,
    "database-without-password": images.database_without_password,
    "dead-ports": exposure.dead_ports,
    "desktop-only-host": files.desktop_only_host,
    "disabled-healthcheck": waiting.disabled_healthcheck,
    "docker-socket": exposure.docker_socket,
    "eaten-dollar": texts.eaten_dollar,
    "host-root": exposure.host_root,
    "latest-tag": images.latest_tag,
    "localhost-database": files.localhost_database,
    "missing-bind-file": files.missing_bind_file,
    "mysql-root-user": images.mysql_root_user,
    "never-completes": waiting.never_completes,
    "no-healthcheck": waiting.no_healthcheck,
    "no-shell": texts.no_shell,
    "obsolete-links": files.obsolete_links,
    "password-in-url": secrets.password_in_url,
    "postgres-mount": images.postgres_mount,
    "privileged": exposure.privileged,
    "quoted-value": texts.quoted_value,
    "secret-in-build-args": secrets.secret_in_build_args,
    "secret-in-command": secrets.secret_in_command,
    "secret-in-environment": secrets.secret_in_environment,
    "unheard-reload": files.unheard_reload,
    "yaml-spelling": texts.yaml_spelling,
}

OF_THE_PROJECT: Final[Mapping[str, Callable[[Scene], Iterator[Problem]]]] = {
    "missing-file": files.missing_file,
    "port-conflict": exposure.port_conflict,
    "refused-by-up": files.refused_by_up,
    "unused-resource": files.unused_resource,
}


def give(scene: Scene, services: Collection[str]) -> list[Problem]:
    """Return all advice on these services, and on the project as a whole."""
    found = [
        replace(problem, name=name)
        for service in scene.services.values()
        if service.name in services
        for name, rule in OF_A_SERVICE.items()
        for problem in rule(At(scene, service))
    ]
    for name, look in OF_THE_PROJECT.items():
        found += (replace(problem, name=name) for problem in look(scene))
    return found
