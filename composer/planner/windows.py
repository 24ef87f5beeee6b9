"""What of a file is for engines that run Windows containers: named pipes, credential specs.

Docker Compose has the engine refuse the first, and forgets the second everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from composer.errors import Problem
from composer.model.project import Project
from composer.model.service import CredentialSpec, Mount, Service
from composer.record import replace


def wants_windows(project: Project) -> bool:
    """Say whether it matters to `project` what the engine runs."""
    return any(
        service.credential_spec is not None or any(_pipes(service))
        for service in project.services.values()
    )


def on_windows(project: Project) -> tuple[Project, list[Problem]]:
    """Return the project with its credential specs as options of security, and what is wrong."""
    services, problems = dict(project.services), []
    for name, service in services.items():
        if service.credential_spec is None:
            continue
        option = _option(service.credential_spec)
        if option is None:
            problems.append(
                Problem(
                    f"credential_spec of service {name!r} is a config: only a swarm takes it "
                    "from there",
                    project.mark("services", name, "credential_spec"),
                    help="say 'file' or 'registry'",
                )
            )
        else:
            services[name] = replace(service, security_opt=(*service.security_opt, option))
    return replace(project, services=services), problems


def elsewhere(project: Project) -> list[Problem]:
    """Return what an engine without Windows containers does with it: errors and warnings."""
    return [
        problem
        for service in project.services.values()
        for problem in (*_refused(project, service), *_ignored(project, service))
    ]


def _option(spec: CredentialSpec) -> str | None:
    if spec.file:
        return f"credentialspec=file://{spec.file}"
    if spec.registry:
        return f"credentialspec=registry://{spec.registry}"
    return None


def _pipes(service: Service) -> Iterator[tuple[int, Mount]]:
    return ((index, one) for index, one in enumerate(service.volumes) if one.type == "npipe")


def _refused(project: Project, service: Service) -> Iterator[Problem]:
    for index, mount in _pipes(service):
        yield Problem(
            f"service {service.name!r} mounts {mount.source!r}, a pipe of Windows: "
            "this engine has none",
            project.mark("services", service.name, "volumes", index, "type"),
        )


def _ignored(project: Project, service: Service) -> Iterator[Problem]:
    if service.credential_spec is not None:
        yield Problem(
            f"credential_spec of service {service.name!r} has no effect: "
            "this engine runs no Windows containers",
            project.mark("services", service.name, "credential_spec"),
            severity="warning",
        )
