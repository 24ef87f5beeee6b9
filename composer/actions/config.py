"""What the files say, looked at from several sides."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from composer.engine.port import Reader
from composer.errors import NotFound
from composer.graph import closure, dependencies_first
from composer.loader.select import only, only_used
from composer.model.names import full_reference, image_name
from composer.model.project import Project
from composer.planner.digest import service_digests


def narrowed(project: Project, services: Collection[str]) -> Project:
    """Return the project with these services, what they depend on, and what they use."""
    return only_used(only(project, services)) if services else project


def service_names(project: Project) -> tuple[str, ...]:
    """Return the active services, dependencies before dependents, else by name."""
    edges = {name: tuple(project.services[name].depends_on) for name in sorted(project.services)}
    return dependencies_first(edges)


def profile_names(project: Project) -> tuple[str, ...]:
    services = [*project.services.values(), *project.disabled.values()]
    return tuple(sorted({profile for service in services for profile in service.profiles}))


def image_names(project: Project, services: Collection[str] = ()) -> Iterator[str]:
    """Yield the image of each service; with names, of those and of what they depend on."""
    edges = {name: tuple(service.depends_on) for name, service in project.services.items()}
    wanted = closure(edges, services) if services else frozenset(project.services)
    for name, service in sorted(project.services.items()):
        if name in wanted:
            yield service.image or image_name(project.name, name, project.separator)


def hashes(project: Project, services: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the config hash of each of these services."""
    for name in services:
        yield name, service_digests(project.services[name])[0]


def pinned(project: Project, engine: Reader) -> Mapping[str, str]:
    """Return the image of each service with its digest, as the engine knows it.

    Services without an image of their own are left out.  Raises NotFound for an
    image that is not on the engine, or that no registry has given a digest.
    """
    found = {}
    for name, service in sorted(project.services.items()):
        if service.image is None:
            continue
        ref = full_reference(service.image)
        found[name] = ref if "@" in ref else f"{ref}@{_digest(ref, engine)}"
    return found


def _digest(ref: str, engine: Reader) -> str:
    image = engine.image(ref)
    if image is None:
        raise NotFound(f"image {ref!r} is not on this engine", help="run: composer pull")
    for known in image.digests:
        return known.partition("@")[2]
    raise NotFound(
        f"image {ref!r} has no digest: it came from no registry",
        help="push it, or name an image of a registry",
    )
