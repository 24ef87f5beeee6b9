"""Which services are meant: profiles, names, and the resources they use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from composer.errors import InvalidProject, Problem, did_you_mean, service_meant
from composer.graph import closure
from composer.model.project import Project
from composer.model.service import Service
from composer.record import replace

T = TypeVar("T")


def with_profiles(project: Project, profiles: Iterable[str], named: Iterable[str] = ()) -> Project:
    """Return `project` with only the services of `profiles` active; "*" is every profile.

    Naming a service switches its profiles on.  Raises InvalidProject for a name
    that no service has.
    """
    known = {**project.services, **project.disabled}
    refuse_unknown(known, named)
    active = set(profiles)
    for name in named:
        if not _is_active(known[name], active):
            active.update(known[name].profiles)
    services = {name: one for name, one in known.items() if _is_active(one, active)}
    disabled = {name: one for name, one in known.items() if name not in services}
    jobs = {name: one for name, one in project.jobs.items() if _is_active(one.container, active)}
    return replace(project, services=services, disabled=disabled, jobs=jobs)


def with_jobs(project: Project, named: Iterable[str]) -> Project:
    """Return `project` with the jobs that are `named` among its services, and no others."""
    called = {name: project.jobs[name].container for name in named if name in project.jobs}
    return replace(project, services={**called, **project.services}, jobs={})


def unknown_profiles(project: Project, profiles: Iterable[str]) -> Iterator[Problem]:
    """Yield a warning for each profile asked for that no service has: it switches nothing on."""
    services = (*project.services.values(), *project.disabled.values())
    known = {profile for service in services for profile in service.profiles}
    for profile in profiles:
        if profile not in known and profile not in ("", "*"):
            hint = f"profiles are {', '.join(sorted(known))}" if known else None
            yield Problem(
                f"no service has the profile {profile!r}",
                help=did_you_mean(profile, known) or hint,
                severity="warning",
                name="unknown-profile",
            )


def without_optional(project: Project) -> Project:
    """Return `project` without dependencies on disabled services that are not required."""
    services = {name: _without_optional(one, project) for name, one in project.services.items()}
    return replace(project, services=services)


def only(project: Project, names: Iterable[str], *, dependencies: bool = True) -> Project:
    """Return `project` with only the services `names` active, all of them if it is empty.

    With `dependencies` what they depend on stays too.  Raises InvalidProject for
    a name that no service has.
    """
    chosen = frozenset(names)
    refuse_unknown(project.services, names)
    if not chosen:
        return project
    if dependencies:
        edges = {name: tuple(one.depends_on) for name, one in project.services.items()}
        chosen = closure(edges, chosen)
    kept = {name: one for name, one in project.services.items() if name in chosen}
    rest = {name: one for name, one in project.services.items() if name not in chosen}
    return replace(project, services=kept, disabled={**project.disabled, **rest}, jobs={})


def only_used(project: Project) -> Project:
    """Return `project` with only the resources that an active service or a job uses."""
    services = [*project.services.values(), *(job.container for job in project.jobs.values())]
    return replace(
        project,
        networks=_kept(project.networks, (key for one in services for key in one.networks)),
        volumes=_kept(project.volumes, (key for one in services for key in _volumes(one))),
        secrets=_kept(project.secrets, (key for one in services for key in _secrets(one))),
        configs=_kept(project.configs, (key.source for one in services for key in one.configs)),
        models=_kept(project.models, (key for one in services for key in one.models)),
    )


def refuse_unknown(known: Mapping[str, Service], names: Iterable[str]) -> None:
    """Raise InvalidProject for the names that no service has."""
    problems = [
        Problem(f"no such service: {name}", help=service_meant(name, known))
        for name in names
        if name not in known
    ]
    if problems:
        raise InvalidProject(problems)


def _is_active(service: Service, profiles: set[str]) -> bool:
    return not service.profiles or "*" in profiles or not profiles.isdisjoint(service.profiles)


def _without_optional(service: Service, project: Project) -> Service:
    kept = {
        name: dependency
        for name, dependency in service.depends_on.items()
        if dependency.required or name not in project.disabled
    }
    return service if len(kept) == len(service.depends_on) else replace(service, depends_on=kept)


def _kept(entries: Mapping[str, T], used: Iterable[str]) -> dict[str, T]:
    names = frozenset(used)
    return {key: entry for key, entry in entries.items() if key in names}


def _volumes(service: Service) -> Iterator[str]:
    return (mount.source for mount in service.volumes if mount.type == "volume" and mount.source)


def _secrets(service: Service) -> Iterator[str]:
    yield from (reference.source for reference in service.secrets)
    if service.build is not None:
        yield from (secret.source for secret in service.build.secrets)
