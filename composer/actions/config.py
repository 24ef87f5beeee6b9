"""What the files say, looked at from several sides."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from composer.graph import closure, dependencies_first
from composer.loader.select import only, only_used, without_optional
from composer.loader.unique import has_identities
from composer.model.names import full_reference, image_name
from composer.model.project import Project
from composer.source import Path

_AT_ONCE = 8


def narrowed(project: Project, services: Collection[str], *, used: bool = True) -> Project:
    """Return the project with these services, what they depend on, and what they use.

    Without `used` all networks, volumes and the like stay.
    """
    if not services:
        return project
    chosen = without_optional(only(project, services))
    return only_used(chosen) if used else chosen


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
    """Yield the config hash of each of these services, as `config --hash` prints it."""
    from composer.planner.digest import printed_digest

    for name in services:
        yield name, printed_digest(project.services[name], project.default_platform)


def without_implied_names(tree: Mapping[str, Any], project: Project) -> dict[str, Any]:
    """Return the printed model without names of resources that nobody wrote."""
    shown = dict(tree)
    for section in ("networks", "volumes", "secrets", "configs"):
        if section in shown:
            shown[section] = {
                key: entry
                if (section, key, "name") in project.marks
                else {name: value for name, value in entry.items() if name != "name"}
                for key, entry in shown[section].items()
            }
    return shown


def with_nil(node: Any, path: Path = ()) -> Any:
    """Return a model as it was written with null for empty lists, as Docker Compose's JSON has it.

    Go makes a new list of those whose entries it has looked at, and that is printed.
    """
    if isinstance(node, Mapping):
        return {key: with_nil(one, (*path, key)) for key, one in node.items()}
    if isinstance(node, list):
        if not node and not has_identities(path):
            return None
        return [with_nil(one, (*path, at)) for at, one in enumerate(node)]
    return node


def pinned(tree: Mapping[str, Any], digest_of: Callable[[str], str]) -> dict[str, Any]:
    """Return the printed model with the image of each service by its digest in the registry.

    Services without an image of their own stay as they are.  Raises EngineError for
    an image that no registry has.
    """
    services = tree.get("services") or {}
    from concurrent.futures import ThreadPoolExecutor

    asked = sorted({one["image"] for one in services.values() if one.get("image")})
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = dict(
            zip(asked, pool.map(lambda ref: _digested(ref, digest_of), asked), strict=True)
        )
    shown = {
        name: {**one, "image": found[one["image"]]} if one.get("image") else one
        for name, one in services.items()
    }
    return {**tree, "services": shown} if "services" in tree else dict(tree)


def locked(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Return nothing but the images: what an override file needs to fix them."""
    services = (tree.get("services") or {}).items()
    return {
        "services": {
            name: {"image": one["image"]} if one.get("image") else {} for name, one in services
        }
    }


def _digested(ref: str, digest_of: Callable[[str], str]) -> str:
    name, at, digest = ref.partition("@")
    if at:  # the digest says it all: Docker Compose leaves out the tag
        last = name.rsplit("/", 1)[-1]
        untagged = name.removesuffix(f":{last.partition(':')[2]}")
        return f"{_with_registry(untagged)}@{digest}"
    return f"{_with_registry(full_reference(ref))}@{digest_of(ref)}"


def _with_registry(ref: str) -> str:
    """Return `ref` with what "nginx" leaves out: docker.io/library/nginx."""
    first, slash, _ = ref.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return ref
    return f"docker.io/{ref}" if slash else f"docker.io/library/{ref}"
