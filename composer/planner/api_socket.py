"""`use_api_socket`: a container that may talk to the engine, with the user's credentials.

No engine knows it.  It becomes a bind of the engine's socket, a file with credentials
and a variable that names its directory, as Docker Compose does it, before anything else
looks at the service: so the hash that it writes is that of these.
"""

from __future__ import annotations

from collections.abc import Iterator

from composer.errors import Problem
from composer.model.project import FileObject, Project
from composer.model.resources import ApiSocket
from composer.model.service import FileReference, Mount, Service
from composer.record import replace

CREDENTIALS = "#apisocket"
"""Docker Compose's name for the config that holds them; no file can have it."""

_SOCKET = "/var/run/docker.sock"
_DIRECTORY = "/run/secrets/docker"


def uses_api_socket(project: Project) -> bool:
    return any(service.use_api_socket for service in project.services.values())


def with_api_socket(project: Project, access: ApiSocket) -> Project:
    """Return the project with what `use_api_socket` means written out."""
    services = {
        name: _equipped(service, access) if service.use_api_socket else service
        for name, service in project.services.items()
    }
    credentials = FileObject(name=CREDENTIALS, content=access.config)
    return replace(
        project, services=services, configs={**project.configs, CREDENTIALS: credentials}
    )


def without_api_socket(project: Project, why: str, help: str | None) -> Iterator[Problem]:
    """Yield a problem for each service that wants a socket which there is not."""
    for name, service in project.services.items():
        if service.use_api_socket:
            mark = project.mark("services", name, "use_api_socket")
            yield Problem(f"service {name!r} cannot use the API socket: {why}", mark, help=help)


def _equipped(service: Service, access: ApiSocket) -> Service:
    """Return `service` with the socket; who sets DOCKER_CONFIG keeps it."""
    mount = Mount(type="bind", source=access.path, target=_SOCKET)
    file = FileReference(source=CREDENTIALS, target=f"{_DIRECTORY}/config.json")
    return replace(
        service,
        volumes=(*service.volumes, mount),
        configs=(*service.configs, file),
        environment={"DOCKER_CONFIG": _DIRECTORY, **service.environment},
    )
